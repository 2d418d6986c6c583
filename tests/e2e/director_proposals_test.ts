import assert from "node:assert/strict";
import { StudioError } from "../../shared/mod.ts";
import { confirm, direct, talk } from "./director.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  setFault,
  signUp,
  stack,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

/** Has the director propose one thing. */
async function propose(
  user: TestUser,
  projectId: string,
  name: string,
  args: Record<string, unknown>,
) {
  const word = uniqueWord();
  await direct({ matching: word, steps: [{ calls: [{ name, args }] }, { text: ["Shall I?"] }] });
  const { proposals, errors, outputs } = await talk(user, { projectId }, `Do it ${word}`);
  assert.deepEqual(errors, []);
  const [proposal] = proposals;
  assert.ok(proposal, JSON.stringify(outputs));
  return proposal;
}

async function jobsOf(user: TestUser) {
  const { data } = await user.studio.supabase.from("jobs").select("id, kind, state, credits")
    .order("created_at").throwOnError();
  return data;
}

Deno.test("director asked to render proposes clips with their price, and runs them when a person confirms", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["A boat at dawn"]);
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await user.studio.watch([job.id], { intervalMs: 100 });
  const { text, proposals } = await talk(
    user,
    { projectId: project.id },
    "Render the clips, please",
  );
  const [proposal] = proposals;
  assert.ok(proposal);
  assert.deepEqual(
    { ...proposal, proposal_id: "", expires_at: "" },
    {
      proposal_id: "",
      operation: "generate-video",
      body: { project_id: project.id, scene_ids: [scenes[0]?.id] },
      credits: 20,
      typical_sec: 90,
      expires_at: "",
      title: "Render a clip: scene 1",
    },
  );
  assert.match(text, /20 credits/);
  assert.equal((await ledgerOf(user.id)).balance, 499, "nothing is charged by talking");
  assert.equal((await jobsOf(user)).length, 1);
  const answer = await confirm(user, proposal.proposal_id);
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.json["credits_charged"], 20);
  const [clip] = answer.json["jobs"] as { id: string }[];
  const [ended] = await user.studio.watch([clip?.id ?? ""], { intervalMs: 200 });
  assert.equal(ended?.state, "succeeded");
  assert.equal((await ledgerOf(user.id)).balance, 479);
  const kept = await user.studio.supabase.from("director_proposals").select("id, credits, title")
    .eq("project_id", project.id).throwOnError();
  assert.deepEqual(kept.data, [{
    id: proposal.proposal_id,
    credits: 20,
    title: proposal.title,
  }]);
});

Deno.test("promise 1: a proposal confirmed many times at once, under any keys, is charged once and answered alike", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn"]);
  const { proposal_id } = await propose(user, project.id, "start", { what: "narration" });
  const answers = await Promise.all(
    Array.from(
      { length: 12 },
      (_, at) => confirm(user, proposal_id, at % 3 === 0 ? undefined : crypto.randomUUID()),
    ),
  );
  const settled = await Promise.all(answers.map(async (answer) => {
    while (answer.status === 409) {
      assert.equal(answer.json["code"], "IDEMPOTENCY_IN_PROGRESS", answer.text);
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await confirm(user, proposal_id);
    }
    return answer;
  }));
  assert.deepEqual([...new Set(settled.map(({ status }) => status))], [202]);
  assert.equal(new Set(settled.map(({ text }) => text)).size, 1);
  const fresh = settled.filter(({ headers }) => headers.get("x-idempotent-replay") === null);
  assert.equal(fresh.length, 1);
  const { charges, balance } = await ledgerOf(user.id);
  assert.deepEqual({ charges, balance }, { charges: 1, balance: 499 });
  assert.equal((await jobsOf(user)).length, 1);
});

Deno.test("a proposal that has expired is refused, and one that was confirmed in time answers as before", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn"]);
  const late = await propose(user, project.id, "start", { what: "narration" });
  const intime = await propose(user, project.id, "start", { what: "narration" });
  const first = await confirm(user, intime.proposal_id);
  assert.equal(first.status, 202, first.text);
  await withDatabase((sql) =>
    sql`update public.director_proposals set expires_at = now() - interval '1 second'
      where user_id = ${user.id}`
  );
  const refused = await confirm(user, late.proposal_id);
  assert.deepEqual([refused.status, refused.json["code"]], [410, "PROPOSAL_EXPIRED"], refused.text);
  const again = await confirm(user, intime.proposal_id);
  assert.deepEqual([again.status, again.text], [202, first.text]);
  // As after three days, when keys are forgotten.
  await withDatabase((sql) => sql`delete from public.idempotency_keys where user_id = ${user.id}`);
  assert.equal((await confirm(user, intime.proposal_id)).status, 410);
  assert.equal((await ledgerOf(user.id)).charges, 1);
});

Deno.test("promise 15: another user's proposal does not exist, and neither does one that was never made", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const { project } = await createProject(owner, ["A boat at dawn"]);
  const { proposal_id } = await propose(owner, project.id, "start", { what: "narration" });
  for (const id of [proposal_id, crypto.randomUUID()]) {
    const answer = await confirm(stranger, id);
    assert.deepEqual([answer.status, answer.json["code"]], [404, "NOT_FOUND"]);
  }
  for (const { id } of [owner, stranger]) assert.equal((await ledgerOf(id)).charges, 0);
  const seen = await stranger.studio.supabase.from("director_proposals").select("id")
    .throwOnError();
  assert.deepEqual(seen.data, []);
});

Deno.test("a proposal whose price has changed does not run: the new one is answered, and runs when confirmed", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["A boat at dawn"]);
  const old = await propose(user, project.id, "start", { what: "narration" });
  assert.equal(old.credits, 1);
  await user.studio.supabase.from("scenes").update({ text: "A boat. ".repeat(200) })
    .eq("id", scenes[0]?.id ?? "").throwOnError();
  const changed = await confirm(user, old.proposal_id);
  assert.deepEqual([changed.status, changed.json["code"]], [409, "PROPOSAL_CHANGED"], changed.text);
  const { proposal } = changed.json["details"] as {
    proposal: { proposal_id: string; credits: number };
  };
  assert.ok(proposal.credits > old.credits);
  const again = await confirm(user, old.proposal_id);
  assert.deepEqual(again.json["details"], { proposal }, "asked again, it is the same new one");
  assert.equal((await ledgerOf(user.id)).charges, 0);
  const answer = await confirm(user, proposal.proposal_id);
  assert.equal(answer.json["credits_charged"], proposal.credits, answer.text);
  await user.studio.supabase.from("scenes").update({ text: "A boat at dawn" })
    .eq("id", scenes[0]?.id ?? "").throwOnError();
  const late = await confirm(user, old.proposal_id);
  assert.deepEqual(
    [late.status, late.json["code"]],
    [409, "PROPOSAL_CHANGED"],
    "nor at its old price",
  );
  assert.equal((await ledgerOf(user.id)).charges, 1);
});

Deno.test("a proposal that can't be paid charges nothing, and runs once it can", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn"]);
  const { proposal_id } = await propose(user, project.id, "start", { what: "narration" });
  await withDatabase((sql) => sql`select public.grant_credits(${user.id}, -500, 'test')`);
  const poor = await confirm(user, proposal_id);
  assert.deepEqual([poor.status, poor.json["code"]], [402, "INSUFFICIENT_CREDITS"], poor.text);
  assert.deepEqual(await jobsOf(user), []);
  await withDatabase((sql) => sql`select public.grant_credits(${user.id}, 10, 'test')`);
  assert.equal((await confirm(user, proposal_id)).status, 202);
  assert.equal((await ledgerOf(user.id)).charges, 1);
});

Deno.test("a confirmed deletion removes the scene once and closes the gap; before, it does nothing", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["one", "two", "three"]);
  const texts = async () => {
    const { data } = await user.studio.supabase.from("scenes").select("index, text")
      .eq("project_id", project.id).order("index").throwOnError();
    return data.map(({ index, text }) => `${index} ${text}`);
  };
  const proposal = await propose(user, project.id, "delete_scene", { scene: 2 });
  assert.deepEqual([proposal.operation, proposal.credits], ["delete-scene", 0]);
  assert.deepEqual(await texts(), ["1 one", "2 two", "3 three"]);
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => confirm(user, proposal.proposal_id)),
  );
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.deepEqual(await texts(), ["1 one", "2 three"]);
});

Deno.test("a confirmed cancellation stops the job and gives the credits back once", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`A boat ${word}`]);
  await setFault({ provider: "fal", kind: "endless", matching: word });
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  const proposal = await propose(user, project.id, "cancel_job", { job_id: job.id });
  assert.equal((await ledgerOf(user.id)).refunds, 0);
  const first = await confirm(user, proposal.proposal_id);
  assert.deepEqual([first.status, first.json["cancelled_count"]], [200, 1], first.text);
  const second = await confirm(user, proposal.proposal_id);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get("x-idempotent-replay"), "true");
  const { refunds, balance } = await ledgerOf(user.id);
  assert.deepEqual({ refunds, balance }, { refunds: 1, balance: 500 });
});

Deno.test("a confirmed retry runs a failed job again, at the model's price", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`A boat ${word}`]);
  await setFault({ provider: "fal", kind: "refuse", matching: word, times: 1 });
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  const [failed] = await user.studio.watch([job.id], { intervalMs: 100 });
  assert.equal(failed?.state, "failed");
  const proposal = await propose(user, project.id, "start", { what: "retry", job_id: job.id });
  assert.deepEqual([proposal.operation, proposal.credits], ["retry-job", 1]);
  const answer = await confirm(user, proposal.proposal_id);
  assert.equal(answer.status, 202, answer.text);
  const retried = answer.json["job"] as { id: string };
  const [ended] = await user.studio.watch([retried.id], { intervalMs: 100 });
  assert.equal(ended?.state, "succeeded");
  const late = await propose(user, project.id, "start", { what: "narration" });
  await assert.rejects(
    () => user.studio.call("retry-job", { job_id: job.id }),
    (error: unknown) => error instanceof StudioError && error.code === "STATE_CONFLICT",
  );
  assert.equal(late.operation, "generate-audio");
});

Deno.test("the typed client confirms too, and GET confirms nothing", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn"]);
  const { proposal_id } = await propose(user, project.id, "start", { what: "narration" });
  const response = await fetch(`${stack.url}/functions/v1/director?confirm=${proposal_id}`, {
    headers: { Authorization: `Bearer ${user.token}` },
  });
  assert.equal(response.status, 400, await response.text());
  assert.equal((await ledgerOf(user.id)).charges, 0);
  const answer = await user.studio.call("director", { confirm: proposal_id });
  assert.ok("credits_charged" in answer && answer.credits_charged === 1);
  const same = await post("generate-audio", { project_id: project.id }, as(user, proposal_id));
  assert.equal(
    same.headers.get("x-idempotent-replay"),
    "true",
    "it is that click, whoever repeats it",
  );
  const body = { project_id: project.id, speed: 2 };
  const other = await post("generate-audio", body, as(user, proposal_id));
  assert.equal(other.status, 422, "a proposal's id is no key for anything else");
  assert.equal((await ledgerOf(user.id)).charges, 1);
});

Deno.test("promise 4: what moderation refuses of an operation it refuses of a proposal, and nothing is charged", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A bloodbath in the harbour"]);
  const { proposal_id } = await propose(user, project.id, "start", {
    what: "picture",
    scenes: [1],
  });
  const answer = await confirm(user, proposal_id);
  assert.deepEqual([answer.status, answer.json["code"]], [422, "CONTENT_REFUSED"], answer.text);
  assert.equal((await ledgerOf(user.id)).charges, 0);
  assert.deepEqual(await jobsOf(user), []);
});
