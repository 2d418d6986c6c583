import assert from "node:assert/strict";
import type { LoggedDelivery } from "../../supabase/local/providers/webhook_sender.ts";
import { MAX_BODY_BYTES } from "../../shared/contract/limits.ts";
import {
  createProject,
  post,
  providerCalls,
  setFault,
  signUp,
  stack,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const WORK = {
  fal: { kind: "image", operation: "submit" },
  kie: { kind: "video", operation: "create_task" },
} as const;

/** Starts a picture at fal or a clip at KIE that plays a fault; gives its job, its task and KIE's callback URL. */
async function start(user: TestUser, provider: keyof typeof WORK, fault: string) {
  const word = uniqueWord();
  const { project, scenes: [scene] } = await createProject(user, [`A scene of ${word}`]);
  const picture = { scene_id: scene?.id ?? "" };
  let imageIds: string[] = [];
  if (provider === "kie") {
    const { image_asset, job } = await user.studio.call("generate-image", picture);
    await user.studio.watch([job.id]);
    imageIds = [image_asset.id];
  }
  await setFault({ provider, kind: fault, matching: word });
  const job = provider === "fal"
    ? (await user.studio.call("generate-image", picture)).job
    : (await user.studio.call("generate-video", { project_id: project.id, image_ids: imageIds }))
      .jobs[0];
  assert.ok(job);
  const { operation } = WORK[provider];
  for (let tries = 0; tries < 300; tries++) {
    const sent = (await providerCalls(provider, operation, word)).find(({ taskId }) => taskId);
    if (sent?.taskId) {
      const { callBackUrl = "" }: { callBackUrl?: string } = JSON.parse(sent.body);
      return { jobId: job.id, taskId: sent.taskId, callBackUrl };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The work was never sent");
}

async function deliveriesOf(taskId: string): Promise<LoggedDelivery[]> {
  for (let tries = 0; tries < 400; tries++) {
    const response = await fetch(`${stack.providersUrl}/_control/webhooks`);
    const { webhooks }: { webhooks: LoggedDelivery[] } = await response.json();
    const found = webhooks.filter((one) => one.taskId === taskId && one.status !== null);
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("No webhook was sent");
}

async function wokenAt(jobId: string): Promise<unknown> {
  return await withDatabase(async (sql) => {
    const [row] = await sql`select woken_at from public.jobs where id = ${jobId}`;
    assert.ok(row);
    return row["woken_at"];
  });
}

const REFUSED = [
  ["fal", "forged_webhook", 401],
  ["fal", "unsigned_webhook", 401],
  ["fal", "altered_webhook", 401],
  ["fal", "stale_webhook", 401],
  ["fal", "wrong_task_webhook", 404],
  ["kie", "forged_webhook", 401],
  ["kie", "unsigned_webhook", 401],
  ["kie", "stale_webhook", 401],
  ["kie", "wrong_task_webhook", 404],
] as const;

for (const [provider, fault, status] of REFUSED) {
  Deno.test(`promise 17: ${provider}'s ${fault} is refused with ${status}, and wakes nothing`, async () => {
    const user = await signUp();
    const { jobId, taskId } = await start(user, provider, fault);
    // The forged one comes first; a right one follows it.
    const [first] = await deliveriesOf(taskId);
    assert.equal(first?.status, status);
    if (fault !== "forged_webhook") assert.equal(await wokenAt(jobId), null);
    await user.studio.call("cancel-job", { job_id: jobId });
  });
}

Deno.test("promise 17: what an altered body says under KIE's valid signature is not believed: the task is read again", async () => {
  const user = await signUp();
  const { jobId, taskId } = await start(user, "kie", "altered_webhook");
  const [delivery] = await deliveriesOf(taskId);
  assert.equal(delivery?.status, 200, "a hint that the task has changed");
  const [job] = await user.studio.watch([jobId]);
  assert.equal(job?.state, "succeeded");
  assert.ok(!JSON.stringify(job?.result).includes("attacker"));
});

Deno.test("promise 17: a right token opens no other job, attempt or provider, and no body is too large to refuse", async () => {
  const user = await signUp();
  const [mine, other] = [await start(user, "kie", "endless"), await start(user, "kie", "endless")];
  const about = (taskId: string) => ({ code: 200, data: { taskId, state: "success" } });
  const params = new URL(mine.callBackUrl).searchParams;
  const others = new URL(other.callBackUrl).searchParams;
  const ask = async (change: Record<string, string>, body: unknown) => {
    const query = new URLSearchParams({ ...Object.fromEntries(params), ...change });
    return (await post(`video-webhook?${query}`, body)).status;
  };
  assert.equal(await ask({ attempt: others.get("attempt") ?? "" }, about(other.taskId)), 401);
  assert.equal(await ask({ provider: "fal" }, about(mine.taskId)), 401);
  assert.equal(await ask({ provider: "runway" }, about(mine.taskId)), 404);
  assert.equal(await ask({ token: "z".repeat(32) }, about(mine.taskId)), 404);
  assert.equal(await ask({}, { ...about(mine.taskId), more: "x".repeat(MAX_BODY_BYTES) }), 413);
  for (const { jobId } of [mine, other]) assert.equal(await wokenAt(jobId), null);
});
