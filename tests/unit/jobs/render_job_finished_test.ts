import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { JobQueue } from "../../../supabase/functions/_shared/database/job_queue.ts";
import {
  createRenderHandler,
  type RenderKind,
} from "../../../supabase/functions/_shared/jobs/render_job.ts";
import { runJobs } from "../../../supabase/functions/_shared/jobs/run_jobs.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import type {
  ImageGenerator,
  ImageRequest,
  SubmitOutcome,
} from "../../../supabase/functions/_shared/providers/render.ts";
import { withFakeClock } from "../../fakes/fake_clock.ts";
import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";

const REQUEST: ImageRequest = { endpoint: "painter-1", prompt: "A boat", aspectRatio: "1:1" };
const FINISHED: SubmitOutcome = {
  outcome: "finished",
  externalTaskId: "inline-1",
  media: new Uint8Array([1, 2, 3]),
  contentType: "image/png",
};
const LOST = new AppError("PROVIDER_FAILED", "The picture went with its worker");
const STORAGE_DOWN = new AppError("PROVIDER_UNAVAILABLE", "Storage did not take it");

/** A queue with one picture, and a painter that answers with the picture itself. */
function studio(
  keep: NonNullable<RenderKind<ImageRequest>["keepMedia"]> = () => Promise.resolve({ url: "kept" }),
  outcome: SubmitOutcome = FINISHED,
) {
  const queue = new FakeJobQueue();
  const { id } = queue.add({ kind: "image", provider: "painter" });
  const submits: ImageRequest[] = [];
  const renderer: ImageGenerator = {
    provider: "painter",
    submit: (request) => {
      submits.push(request);
      return Promise.resolve(outcome);
    },
    status: () => Promise.resolve({ state: "failed", error: LOST }),
  };
  const log = createLog({}, () => {});
  const run = (through: JobQueue = queue, keepMedia = keep) =>
    runJobs({
      queue: through,
      log,
      handlers: [
        createRenderHandler<ImageRequest>(through, {
          kind: "image",
          renderer: () => renderer,
          request: () => REQUEST,
          typicalSeconds: () => 3,
          callbackUrl: () => null,
          collect: () => Promise.reject(new Error("There is nothing to download")),
          keepMedia,
        }),
      ],
    }, { budgetMs: 10_000 });
  const row = () => {
    const found = queue.jobs.get(id);
    assert.ok(found);
    return found;
  };
  return { queue, run, row, submits };
}

Deno.test("createRenderHandler() keeps a result that came with the submit, in the same step", async () => {
  const kept: Uint8Array[] = [];
  const { run, row, submits } = studio((_job, { media }) => {
    kept.push(media);
    return Promise.resolve({ url: "kept" });
  });
  assert.equal(await run(), 1);
  assert.equal(row().state, "succeeded");
  assert.deepEqual(row().result, { url: "kept" });
  assert.deepEqual(kept, [new Uint8Array([1, 2, 3])]);
  assert.equal(submits.length, 1);
});

Deno.test("createRenderHandler() keeps it again when Storage hiccups", async () => {
  await withFakeClock(async (clock) => {
    let tries = 0;
    const { run, row, submits } = studio(() =>
      ++tries < 3 ? Promise.reject(STORAGE_DOWN) : Promise.resolve({ url: "kept" })
    );
    const work = run();
    // Hashing takes real time before the first pause begins.
    while (row().finished_at === null) await clock.advance(500);
    await work;
    assert.equal(row().state, "succeeded");
    assert.equal(tries, 3);
    assert.equal(submits.length, 1);
  });
});

Deno.test("createRenderHandler() fails the job when the result can't be kept, and never submits again", async () => {
  await withFakeClock(async (clock) => {
    const { run, row, submits } = studio(() => Promise.reject(STORAGE_DOWN));
    const work = run();
    // Hashing takes real time before the first pause begins.
    while (row().finished_at === null) await clock.advance(500);
    await work;
    assert.equal(row().state, "failed");
    assert.deepEqual(row().error, { code: STORAGE_DOWN.code, message: STORAGE_DOWN.message });
    assert.equal(submits.length, 1);
  });
});

Deno.test("createRenderHandler() fails the job at once when the result is no picture", async () => {
  let tries = 0;
  const { run, row } = studio(() => {
    tries += 1;
    return Promise.reject(new AppError("RESULT_INVALID", "It is empty"));
  });
  await run();
  assert.equal(row().state, "failed");
  assert.equal(tries, 1);
});

/** The engine of a worker that dies at one of its calls: from there on nothing of it arrives. */
function dyingAt(queue: FakeJobQueue, call: "recordSubmit" | "succeed"): JobQueue {
  const dead = () => Promise.reject(new Error("The worker is gone"));
  return {
    create: (click) => queue.create(click),
    readAnswer: (jobId) => queue.readAnswer(jobId),
    claim: (filter) => queue.claim(filter),
    renew: (job, progress) => queue.renew(job, progress),
    release: dead,
    fail: dead,
    succeed: call === "succeed" ? dead : (job, result) => queue.succeed(job, result),
    route: (job, to) => queue.route(job, to),
    beginSubmit: (job, hashes) => queue.beginSubmit(job, hashes),
    recordSubmit: call === "recordSubmit"
      ? dead
      : (id, evidence) => queue.recordSubmit(id, evidence),
    wakeByCallback: (callback) => queue.wakeByCallback(callback),
  };
}

Deno.test("createRenderHandler() leaves the outcome unknown when the worker dies with the answer in its hands", async () => {
  const { queue, run, row, submits } = studio();
  await run(dyingAt(queue, "recordSubmit"));
  assert.equal(row().state, "running");
  queue.nowMs += 20_000;
  await run();
  // It waits for its deadline, whose sweep gives the credits back.
  assert.equal(row().state, "waiting");
  assert.equal(submits.length, 1);
});

Deno.test("createRenderHandler() fails the job when the worker dies after the answer was recorded", async () => {
  const { queue, run, row, submits } = studio();
  await run(dyingAt(queue, "succeed"));
  assert.equal(row().state, "running");
  queue.nowMs += 20_000;
  await run();
  assert.equal(row().state, "failed");
  assert.deepEqual(row().error, { code: LOST.code, message: LOST.message });
  assert.equal(submits.length, 1);
});

for (
  const [wait, state, blocks] of [
    [60, "queued", [60]],
    [1_200, "queued", [600]],
    // It concerns one model, perhaps: the others' jobs have no time to wait for it.
    [86_400, "failed", [undefined]],
  ] as const
) {
  Deno.test(`createRenderHandler() leaves a job ${state} whose provider says to wait ${wait} s, and blocks the provider for ${blocks} s`, async () => {
    const { queue, run, row } = studio(undefined, {
      outcome: "refused",
      error: new AppError("PROVIDER_RATE_LIMITED", "Too many", { retryAfterSeconds: wait }),
    });
    // Half an hour is left.
    const id = row().id;
    queue.jobs.set(id, { ...row(), deadline_at: new Date(queue.nowMs + 1_800_000).toISOString() });
    const blocked: (number | undefined)[] = [];
    const record = queue.recordSubmit.bind(queue);
    queue.recordSubmit = (attemptId, evidence) => {
      blocked.push(evidence.blockSeconds);
      return record(attemptId, evidence);
    };
    await run();
    assert.equal(row().state, state);
    assert.deepEqual(blocked, blocks);
  });
}

Deno.test("createRenderHandler() fails a job at once whose picture can't be sent along", async () => {
  const { run, row, submits } = studio(undefined, {
    outcome: "refused",
    error: new AppError("RESULT_INVALID", "It is too large", { details: { reason: "too_large" } }),
  });
  await run();
  assert.deepEqual([row().state, row().error], [
    "failed",
    { code: "RESULT_INVALID", message: "It is too large", details: { reason: "too_large" } },
  ]);
  assert.equal(submits.length, 1);
});

for (const [claims, longest] of [[0, 5], [20, 60]] as const) {
  Deno.test(`createRenderHandler() spends no try on a provider that says it is down, and asks again within ${longest} s after ${claims} claims`, async () => {
    const pauses = [];
    for (let again = 0; again < 30; again++) {
      const { queue, run, row } = studio(undefined, {
        outcome: "refused",
        error: new AppError("PROVIDER_UNAVAILABLE", "Maintenance"),
      });
      queue.jobs.set(row().id, { ...row(), attempt: claims });
      await run();
      assert.deepEqual([row().state, row().failure_count], ["queued", 0]);
      pauses.push((Date.parse(row().run_at) - queue.nowMs) / 1000);
    }
    assert.equal(Math.min(...pauses) >= 5 && Math.max(...pauses) <= longest, true, `${pauses}`);
    assert.equal(new Set(pauses).size > 1, claims > 0, "only who has asked before asks less often");
  });
}
