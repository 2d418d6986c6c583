import assert from "node:assert/strict";
import { direct, talk } from "./director.ts";
import { as, createProject, post, setFault, signUp, type TestUser, uniqueWord } from "./studio.ts";

/** Has the model call one tool, and gives what the tool said to it. */
async function use(user: TestUser, projectId: string, name: string, args: Record<string, unknown>) {
  const word = uniqueWord();
  await direct({
    matching: word,
    steps: [{ calls: [{ name, args }] }, { text: ["Done."] }],
  });
  const { outputs, errors, text, proposals } = await talk(
    user,
    { projectId, page: name === "pick_main_picture" ? "frames" : "project" },
    `Please ${word}`,
  );
  assert.deepEqual(errors, []);
  assert.equal(text, "Done.");
  return { output: outputs[0] as Record<string, unknown>, proposals };
}

const codeOf = (output: Record<string, unknown>) =>
  (output["error"] as { code: string } | undefined)?.code;

async function scenesOf(user: TestUser, projectId: string) {
  const { data } = await user.studio.supabase.from("scenes").select("id, index, title, text, plot")
    .eq("project_id", projectId).order("index").throwOnError();
  return data;
}

Deno.test("director's tools read the project, and one scene in full", async () => {
  const user = await signUp();
  const long = "A boat. ".repeat(200).trim();
  const { project } = await createProject(user, [long, "A storm"]);
  const { output } = await use(user, project.id, "read_project", {});
  const scenes = output["scenes"] as { scene: number; text: string; is_cut: boolean }[];
  assert.deepEqual(scenes.map(({ scene, is_cut }) => [scene, is_cut]), [[1, true], [2, false]]);
  assert.equal(scenes[0]?.text.length, 500);
  assert.equal(output["balance"], 500);
  assert.ok(!JSON.stringify(output).includes(user.id), "no ids of people");
  const { output: scene } = await use(user, project.id, "read_scene", { scene: 1 });
  assert.equal(scene["text"], long);
});

Deno.test("director's tools rewrite a scene and leave the other fields and scenes alone", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn", "A storm"]);
  const { output } = await use(user, project.id, "rewrite_scene", {
    scene: 2,
    title: "Thunder",
    text: "The storm \u0007breaks.",
  });
  assert.deepEqual(output, {
    scene: 2,
    title: "Thunder",
    text: "The storm breaks.",
    plot: "A storm",
  });
  const scenes = await scenesOf(user, project.id);
  assert.deepEqual(scenes.map(({ title, text }) => [title, text]), [
    ["", "A boat at dawn"],
    ["Thunder", "The storm breaks."],
  ]);
  for (const args of [{ scene: 3, title: "x" }, { scene: 1 }, { scene: 1, text: "" }]) {
    const word = uniqueWord();
    await direct({
      matching: word,
      steps: [{ calls: [{ name: "rewrite_scene", args }] }, { text: ["Sorry."] }],
    });
    assert.deepEqual((await talk(user, { projectId: project.id }, word)).errors, []);
  }
  assert.deepEqual(await scenesOf(user, project.id), scenes, "nothing else was written");
});

Deno.test("director's tools reorder scenes only when all of them are named once", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["one", "two", "three"]);
  const texts = async () => (await scenesOf(user, project.id)).map(({ text }) => text);
  await use(user, project.id, "reorder_scenes", { order: [3, 1, 2] });
  assert.deepEqual(await texts(), ["three", "one", "two"]);
  for (const order of [[1, 2], [1, 1, 2], [1, 2, 4], [1, 2, 3, 3]]) {
    const { output } = await use(user, project.id, "reorder_scenes", { order });
    assert.equal(codeOf(output), "VALIDATION_FAILED", JSON.stringify(order));
  }
  assert.deepEqual(await texts(), ["three", "one", "two"]);
});

Deno.test("director's tools change tone and language of the project, and the user's style and voice", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["one"]);
  await use(user, project.id, "change_style", {
    tone: "dark",
    language: "ko-KR",
    image_style: "ink on paper",
    voice: "ko-KR-Neural2-A",
  });
  const { data } = await user.studio.supabase.from("projects").select("tone, language")
    .eq("id", project.id).single().throwOnError();
  assert.deepEqual(data, { tone: "dark", language: "ko-KR" });
  const { data: settings } = await user.studio.supabase.from("settings")
    .select("default_image_style, default_tts_voice").single().throwOnError();
  assert.deepEqual(settings, {
    default_image_style: "ink on paper",
    default_tts_voice: "ko-KR-Neural2-A",
  });
});

Deno.test("director's tools pick a main picture, list jobs, and say what something costs", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["A boat at dawn"]);
  const { image_assets, jobs } = await user.studio.call("generate-image", {
    scene_id: scenes[0]?.id ?? "",
    num_images: 2,
  });
  await user.studio.watch(jobs.map(({ id }) => id), { intervalMs: 100 });
  const second = image_assets[1]?.id;
  await use(user, project.id, "pick_main_picture", { picture_id: second });
  const { data } = await user.studio.supabase.from("image_assets").select("id")
    .eq("is_main", true).throwOnError();
  assert.deepEqual(data, [{ id: second }]);
  const { output: listed } = await use(user, project.id, "list_jobs", { state: "succeeded" });
  const found = listed["jobs"] as Record<string, unknown>[];
  assert.equal(found.length, 2);
  assert.ok(found.every((job) => !("payload" in job)));
  const { output: price } = await use(user, project.id, "estimate", { what: "clips" });
  assert.deepEqual([price["operation"], price["credits"], price["job_count"]], [
    "generate-video",
    20,
    1,
  ]);
  const { output: early } = await use(user, project.id, "estimate", { what: "film" });
  assert.equal(codeOf(early), "STATE_CONFLICT");
});

Deno.test("director's tools explain a failure by the contract's cause and what to do next", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`A boat ${word}`]);
  await setFault({ provider: "fal", kind: "nsfw", matching: word });
  await setFault({ provider: "fal", kind: "refuse", matching: word });
  const answer = await post("generate-image", { scene_id: scenes[0]?.id }, as(user));
  const job = answer.json["job"] as { id: string };
  const [ended] = await user.studio.watch([job.id], { intervalMs: 100 });
  assert.equal(ended?.state, "failed");
  const { output } = await use(user, project.id, "explain_failure", {});
  assert.equal(output["job_id"], job.id);
  assert.deepEqual(output["may_help_to_retry"], false);
  assert.match(String(output["what_next"]), /Change the scene's plot/);
  assert.equal((output["error"] as { code: string }).code, "CONTENT_REFUSED");
});

Deno.test("director's tools suggest shots that are shown and stored nowhere", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn"]);
  const word = uniqueWord();
  const shots = [{ camera: "Wide, slow push", action: "The boat leaves", duration_sec: 5 }];
  await direct({
    matching: word,
    steps: [{ calls: [{ name: "suggest_shots", args: { scene: 1, shots } }] }, { text: ["So."] }],
  });
  const { outputs } = await talk(user, { projectId: project.id, page: "scenes" }, word);
  assert.deepEqual(outputs, [{ scene: 1, title: "", shots, stored: false }]);
  const { data } = await user.studio.supabase.from("jobs").select("id").throwOnError();
  assert.deepEqual(data, []);
});
