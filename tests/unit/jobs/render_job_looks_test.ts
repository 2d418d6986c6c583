import assert from "node:assert/strict";
import type { ErrorCode } from "../../../shared/contract/errors.ts";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { createRenderHandler } from "../../../supabase/functions/_shared/jobs/render_job.ts";
import { runJobs } from "../../../supabase/functions/_shared/jobs/run_jobs.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import type {
  ImageRequest,
  RenderStatus,
} from "../../../supabase/functions/_shared/providers/render.ts";
import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";

const RENDERING: RenderStatus = { state: "rendering" };
const failing = (code: ErrorCode) => new AppError(code, `The look: ${code}`);

/** Looks at a task that is out there, once an hour, and gives the row after each look until it ends. */
async function look(answers: readonly (RenderStatus | AppError)[]) {
  const queue = new FakeJobQueue();
  const { id } = queue.add({
    kind: "image",
    provider: "painter",
    state: "waiting",
    external_task_id: "task-1",
    deadline_at: new Date(queue.nowMs + 1_000 * 3_600_000).toISOString(),
  });
  const left = [...answers];
  const handler = createRenderHandler<ImageRequest>(queue, {
    kind: "image",
    renderer: () => ({
      provider: "painter",
      submit: () => Promise.reject(new Error("It was submitted before")),
      status: () => {
        const answer = left.shift();
        return answer === undefined || answer instanceof AppError
          ? Promise.reject(answer ?? new Error("Nobody should look again"))
          : Promise.resolve(answer);
      },
    }),
    request: () => ({ endpoint: "painter-1", prompt: "A boat", aspectRatio: "1:1" }),
    typicalSeconds: () => 3,
    callbackUrl: () => null,
    collect: () => Promise.reject(new Error("There is nothing to download")),
  });
  const rows = [];
  while (left.length > 0) {
    await runJobs({ queue, log: createLog({}, () => {}), handlers: [handler] }, { budgetMs: 1 });
    const job = queue.jobs.get(id);
    assert.ok(job);
    rows.push({ ...job, seconds: (Date.parse(job.run_at) - queue.nowMs) / 1000 });
    if (job.finished_at !== null) break;
    queue.nowMs += 3_600_000;
  }
  return { rows, last: rows.at(-1), unasked: left.length };
}

Deno.test("createRenderHandler() ends a job whose looks are all answered unreadably, after its five tries", async () => {
  const { rows, last } = await look(
    Array.from({ length: 5 }, () => failing("PROVIDER_BAD_RESPONSE")),
  );
  assert.deepEqual(rows.map(({ state }) => state), [
    ...Array.from({ length: 4 }, () => "waiting"),
    "failed",
  ]);
  const { code, message } = failing("PROVIDER_BAD_RESPONSE");
  assert.deepEqual(last?.error, { code, message });
  // Not within seconds: a proxy's bad moment must not cost a render that goes on.
  assert.ok(rows.slice(0, 4).every(({ seconds }) => seconds >= 24 && seconds <= 36));
});

Deno.test("createRenderHandler() sums up no unreadable answers between which the work was seen to go on", async () => {
  const bad = failing("PROVIDER_BAD_RESPONSE");
  const { last, unasked } = await look([bad, bad, bad, bad, RENDERING, bad, bad, bad, bad]);
  assert.deepEqual([last?.state, last?.failure_count, unasked], ["waiting", 4, 0]);
});

for (
  const code of ["PROVIDER_UNAVAILABLE", "PROVIDER_TIMEOUT", "PROVIDER_RATE_LIMITED"] as const
) {
  Deno.test(`createRenderHandler() looks again however often the look itself ends in ${code}`, async () => {
    const { last, unasked } = await look(Array.from({ length: 20 }, () => failing(code)));
    assert.deepEqual([last?.state, last?.failure_count, unasked], ["waiting", 0, 0]);
  });
}
