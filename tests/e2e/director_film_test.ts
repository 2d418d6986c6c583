import assert from "node:assert/strict";
import {
  codeOf,
  confirm,
  createFilmProject,
  proposeBy,
  talk,
  untilStage,
  useTool,
} from "./director.ts";
import { createProject, ledgerOf, setFault, signUp, uniqueWord } from "./studio.ts";

Deno.test("director reads cast, shots, stale marks and films under way, and changes them with the user's rights", async () => {
  const user = await signUp();
  const { project, frames, characters } = await createFilmProject(user, ["A kite rises"]);
  const place = { projectId: project.id, page: "frames" as const };
  const before = await useTool(user, place, "read_project", {});
  assert.deepEqual(before.output["characters"], [
    {
      name: "Grandfather",
      description: "An old man with a stick",
      is_cut: false,
      voice: null,
      has_picture: true,
      is_confirmed: false,
    },
    {
      name: "Mina",
      description: "A girl in a yellow coat",
      is_cut: false,
      voice: null,
      has_picture: true,
      is_confirmed: false,
    },
  ]);
  const shotOf = (output: Record<string, unknown>) =>
    (output["scenes"] as { shots: Record<string, unknown>[] }[])[0]?.shots[0];
  assert.deepEqual(shotOf(before.output), {
    shot: 1,
    action: "Mina flies a kite",
    duration_sec: null,
    picture: "ready",
    clip: "none",
  });
  assert.deepEqual(before.output["productions"], []);
  const rewritten = await useTool(user, { ...place, page: "characters" }, "rewrite_character", {
    character: "Mina",
    description: "A girl in a red coat",
  });
  assert.deepEqual(rewritten.output, { name: "Mina", description: "A girl in a red coat" });
  const stale = await useTool(user, place, "read_project", {});
  assert.equal(shotOf(stale.output)?.["picture"], "stale");
  const { output: shot } = await useTool(user, place, "rewrite_shot", {
    scene: 1,
    shot: 1,
    camera: "close",
    video_prompt: "The kite dances",
  });
  assert.deepEqual(shot, {
    scene: 1,
    shot: 1,
    camera: "close",
    action: "Mina flies a kite",
    video_prompt: "The kite dances",
  });
  const portrait = characters.find(({ name }) => name === "Grandfather");
  const { data: pictures } = await user.studio.supabase.from("image_assets").select("id")
    .eq("character_id", portrait?.id ?? "").throwOnError();
  await useTool(user, place, "pick_shot_picture", {
    scene: 1,
    shot: 1,
    picture_id: pictures[0]?.id,
  });
  const { output: scene } = await useTool(user, place, "read_scene", { scene: 1 });
  const [read] = scene["shots"] as Record<string, unknown>[];
  assert.deepEqual([read?.["camera"], read?.["characters"]], ["close", ["Mina"]]);
  const chosen = (read?.["pictures"] as Record<string, unknown>[])
    .filter(({ is_chosen }) => is_chosen === true);
  assert.deepEqual(chosen, [
    { picture_id: pictures[0]?.id, status: "ready", is_chosen: true, is_stale: false },
  ]);
  const { output: mina } = await useTool(user, { ...place, page: "characters" }, "read_character", {
    character: "Mina",
  });
  assert.deepEqual([mina["description"], mina["has_picture"]], ["A girl in a red coat", true]);
  for (
    const [name, args] of [
      ["rewrite_shot", { scene: 1, shot: 2, action: "x" }],
      ["pick_shot_picture", { scene: 1, shot: 1, picture_id: frames[0]?.id }],
      ["read_character", { character: "Nobody" }],
      ["read_scene", { scene: 9 }],
    ] as const
  ) {
    assert.equal(codeOf((await useTool(user, place, name, args)).output), "NOT_FOUND", name);
  }
});

Deno.test("director lets a film go on only by a person's yes to its cast, and its price is what it spends", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["Mina builds a kite", "It flies"]);
  const place = { projectId: project.id, page: "film" as const };
  const asked = await talk(user, place, "Make the film, please");
  assert.deepEqual(asked.proposals.map(({ operation }) => operation), ["make-film"], asked.text);
  const film = await proposeBy(user, place, "start", {
    what: "whole_film",
    character_count: 1,
    stop_at: "frames",
  });
  assert.equal(film.operation, "make-film");
  assert.equal((await ledgerOf(user.id)).charges, 0);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => confirm(user, film.proposal_id)),
  );
  const begun = answers.filter(({ status }) => status === 202);
  assert.ok(begun.length >= 1, JSON.stringify(answers.map(({ text }) => text)));
  assert.ok(
    answers.every(({ status, json }) =>
      status === 202 || json["code"] === "IDEMPOTENCY_IN_PROGRESS"
    ),
    JSON.stringify(answers.map(({ text }) => text)),
  );
  const { data: productions } = await user.studio.supabase.from("jobs").select("id")
    .eq("kind", "production").throwOnError();
  assert.equal(productions.length, 1, "one proposal is one film");
  const jobId = productions[0]?.id ?? "";
  await untilStage(user, jobId, "confirmation");
  const { output: state } = await useTool(user, place, "read_project", {});
  const [told] = state["productions"] as Record<string, unknown>[];
  assert.deepEqual([told?.["job_id"], told?.["stage"]], [jobId, "confirmation"]);
  const { output: refused } = await useTool(user, place, "reorder_scenes", { order: [2, 1] });
  assert.equal(codeOf(refused), "STATE_CONFLICT", "a film would make it anew");
  const [{ name } = { name: "" }] = state["characters"] as { name: string }[];
  const { output: rewritten } = await useTool(
    user,
    { ...place, page: "characters" },
    "rewrite_character",
    {
      character: name,
      description: "Somebody else",
    },
  );
  assert.equal(
    rewritten["description"],
    "Somebody else",
    "while it waits for them, they may change",
  );
  const again = await useTool(user, place, "start", { what: "whole_film" });
  assert.equal(codeOf(again.output), "STATE_CONFLICT");
  const yes = await proposeBy(user, place, "confirm_characters", {});
  assert.deepEqual([yes.operation, yes.credits], ["confirm-characters", 0]);
  assert.match(yes.title, /^Let the film go on with this cast: “/);
  const { data: cast } = await user.studio.supabase.from("characters").select("confirmed_at")
    .throwOnError();
  assert.deepEqual(cast, [{ confirmed_at: null }], "proposing confirms nobody");
  const confirmed = await confirm(user, yes.proposal_id);
  assert.equal(confirmed.status, 200, confirmed.text);
  assert.deepEqual(Object.keys(confirmed.json), ["characters"]);
  assert.equal((await confirm(user, yes.proposal_id)).text, confirmed.text, "once and for all");
  const [made] = await user.studio.watch([jobId], { signal: AbortSignal.timeout(60_000) });
  assert.equal(made?.state, "succeeded", JSON.stringify(made?.error));
  assert.equal(500 - (await ledgerOf(user.id)).balance, film.credits);
});

Deno.test("director proposes to stop a film and to go on with it; each waits for a person", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project } = await createProject(user, [`A kite ${word}`]);
  const place = { projectId: project.id, page: "film" as const };
  await setFault({ provider: "fal", kind: "endless", matching: word });
  const { job } = await user.studio.call("make-film", {
    project_id: project.id,
    stop_at: "images",
    options: { target_length: 10 },
  });
  const jobId = job?.id ?? "";
  await untilStage(user, jobId, "images");
  const stop = await proposeBy(user, place, "cancel_job", { job_id: jobId });
  assert.match(stop.title, /^Stop making the film, at the stage "images"$/);
  assert.equal((await user.studio.jobs([jobId]))[0]?.finished_at, null);
  const stopped = await confirm(user, stop.proposal_id);
  assert.equal(stopped.status, 200, stopped.text);
  assert.equal((await user.studio.jobs([jobId]))[0]?.state, "cancelled");
  const { output: why } = await useTool(user, place, "explain_failure", { job_id: jobId });
  assert.match(String(why["what_next"]), /only what is missing is made/);
  await user.studio.supabase.from("scenes").update({ plot: "A kite" }).eq("project_id", project.id)
    .throwOnError();
  await user.studio.supabase.from("frames").update({ action: "A kite" }).eq(
    "project_id",
    project.id,
  )
    .throwOnError();
  const again = await proposeBy(user, place, "start", { what: "retry", job_id: jobId });
  assert.equal(again.operation, "retry-job");
  assert.ok(again.credits > 0);
  const before = (await ledgerOf(user.id)).balance;
  const answer = await confirm(user, again.proposal_id);
  assert.equal(answer.status, 202, answer.text);
  const { id } = answer.json["job"] as { id: string };
  const [made] = await user.studio.watch([id], { signal: AbortSignal.timeout(60_000) });
  assert.equal(made?.state, "succeeded", JSON.stringify(made?.error));
  assert.equal(before - (await ledgerOf(user.id)).balance, again.credits);
});

Deno.test("a film keeps its look and voice until it is started with others, and change_style says so", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A kite rises"]);
  const place = { projectId: project.id };
  const { job } = await user.studio.call("make-film", {
    project_id: project.id,
    stop_at: "images",
    options: { target_length: 10 },
  });
  const [made] = await user.studio.watch([job?.id ?? ""], { signal: AbortSignal.timeout(60_000) });
  assert.equal(made?.state, "succeeded", JSON.stringify(made?.error));
  const { output } = await useTool(user, place, "change_style", { image_style: "ink on paper" });
  assert.match(String(output["note"]), /keeps its look and voice.*start whole_film/);
  const film = { what: "whole_film", stop_at: "images", target_length: 10 };
  const same = await proposeBy(user, place, "start", film);
  assert.equal(same.credits, 0, "nothing is missing");
  const look = { style: "ink on paper", voice_id: "en-US-Neural2-A" };
  const other = await proposeBy(user, place, "start", { ...film, ...look });
  assert.deepEqual(other.body["options"], { target_length: 10, ...look });
  assert.ok(other.credits > 0);
  const plain = await useTool(user, place, "change_style", { tone: "dark" });
  assert.equal(plain.output["note"], undefined, "the next film has it");
});

Deno.test("a film that can't be paid, or not within its budget, is not proposed: cheaper ones are told", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A kite rises", "It flies"]);
  const place = { projectId: project.id };
  for (
    const [wish, code] of [
      [{ target_length: 60, budget_credits: 60 }, "BUDGET_EXCEEDED"],
      [{ target_length: 300, video_model: "veo-3.1" }, "INSUFFICIENT_CREDITS"],
    ] as const
  ) {
    const { output, proposals } = await useTool(user, place, "start", {
      what: "whole_film",
      ...wish,
    });
    assert.equal(codeOf(output), code, JSON.stringify(output));
    assert.deepEqual(proposals, []);
    const { details } = output["error"] as { details: { options?: unknown[] } };
    assert.ok(Array.isArray(details.options));
  }
  const { output: alien } = await useTool(user, place, "start", {
    what: "characters",
    budget_credits: 5,
  });
  assert.equal(codeOf(alien), "VALIDATION_FAILED", "a limit that would be passed over is refused");
  const { output: models } = await useTool(user, place, "list_models", { kind: "video" });
  assert.ok((models["models"] as unknown[]).length > 1);
});

Deno.test("a confirmed film is asked what the operation asks: moderation refuses, and nothing is charged", async () => {
  const user = await signUp();
  const { project } = await createFilmProject(user, ["A kite rises"]);
  const place = { projectId: project.id };
  const film = await proposeBy(user, place, "start", { what: "whole_film", stop_at: "audio" });
  const picture = await proposeBy(user, place, "start", { what: "picture", character: "Mina" });
  const before = await ledgerOf(user.id);
  const { supabase } = user.studio;
  await supabase.from("settings").update({ default_image_style: "a bloodbath" })
    .not("user_id", "is", null).throwOnError();
  for (const { proposal_id } of [film, picture]) {
    const answer = await confirm(user, proposal_id);
    assert.deepEqual([answer.status, answer.json["code"]], [422, "CONTENT_REFUSED"], answer.text);
  }
  assert.deepEqual(await ledgerOf(user.id), before);
});
