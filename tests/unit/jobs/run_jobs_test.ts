import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { JobHandler, JobOutcome } from "../../../supabase/functions/_shared/jobs/handler.ts";
import {
  failureOf,
  outcomeOf,
  runJobs,
} from "../../../supabase/functions/_shared/jobs/run_jobs.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import { ERRORS, isErrorCode } from "../../../shared/contract/errors.ts";
import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";
import { type FakeClock, withFakeClock } from "../../fakes/fake_clock.ts";

/** A queue, a log, and handlers of kind video made of a function. */
function workshop(run: JobHandler["run"], queue: FakeJobQueue = new FakeJobQueue()) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({}, (line) => lines.push(JSON.parse(line)));
  const handlers: JobHandler[] = [{ kind: "video", run }];
  return { queue, lines, log, runner: { queue, handlers, log } };
}

const BUDGET = { budgetMs: 10_000 };
const refusal = new AppError("CONTENT_REFUSED", "The picture was refused");
const outage = new AppError("PROVIDER_UNAVAILABLE", "The provider is down", {
  retryAfterSeconds: 7,
});

/** What a step says, and what becomes of the row. */
const OUTCOMES: readonly (readonly [string, JobOutcome, Record<string, unknown>])[] = [
  ["done", { then: "done", result: { url: "u" } }, { state: "succeeded", result: { url: "u" } }],
  ["wait", { then: "wait", seconds: 30, progress: 0.5 }, {
    state: "waiting",
    progress: 0.5,
    failure_count: 0,
    run_at: 30_000,
  }],
  ["requeue", { then: "requeue", seconds: 3 }, {
    state: "queued",
    failure_count: 0,
    run_at: 3_000,
  }],
  ["retry", { then: "retry", error: outage }, { state: "queued", failure_count: 1, run_at: 7_000 }],
  ["fail", { then: "fail", error: refusal }, {
    state: "failed",
    error: { code: "CONTENT_REFUSED", message: "The picture was refused" },
  }],
  ["lost", { then: "lost" }, { state: "running", failure_count: 0 }],
];

Deno.test("failureOf() keeps the details that a client acts on, unless they are long", () => {
  const misfit = (details?: unknown) =>
    failureOf(new AppError("PLAN_DOES_NOT_FIT", "Cannot fit", { details }));
  const said = { code: "PLAN_DOES_NOT_FIT", message: "Cannot fit" };
  assert.deepEqual(misfit(), said);
  assert.deepEqual(misfit({ nearest_target_length: 18, none: undefined }), {
    ...said,
    details: { nearest_target_length: 18 },
  });
  assert.deepEqual(misfit({ allowed: "a".repeat(2_000) }), said);
});

for (const [name, outcome, expected] of OUTCOMES) {
  Deno.test(`runJobs() leaves a job whose step says ${name} as it should be`, async () => {
    const { queue, runner, lines } = workshop(() => Promise.resolve(outcome));
    const { id } = queue.add();
    assert.equal(await runJobs(runner, BUDGET), 1);
    const row = { ...queue.jobs.get(id) };
    for (const [column, value] of Object.entries(expected)) {
      const actual = column === "run_at" && row.run_at !== undefined
        ? Date.parse(row.run_at) - queue.nowMs
        : row[column as keyof typeof row];
      assert.deepEqual(actual, value, column);
    }
    const [line] = lines;
    assert.deepEqual([line?.["event"], line?.["job_id"], line?.["attempt"]], ["step", id, 1]);
    assert.equal(line?.["outcome"], name);
  });
}

Deno.test("runJobs() retries a job with a task out there by looking again, without a place in the queue", async () => {
  const { queue, runner } = workshop(() => Promise.resolve({ then: "retry", error: outage }));
  const { id } = queue.add({ external_task_id: "task-1" });
  await runJobs(runner, { budgetMs: 1_000 });
  assert.equal(queue.jobs.get(id)?.state, "waiting");
});

Deno.test("runJobs() backs off by the failures so far when nobody says how long to wait", async () => {
  const error = new AppError("PROVIDER_BAD_RESPONSE", "It answered nonsense");
  const { queue, runner } = workshop(() => Promise.resolve({ then: "retry", error }));
  const { id } = queue.add({ failure_count: 3 });
  await runJobs(runner, BUDGET);
  const waitMs = Date.parse(queue.jobs.get(id)?.run_at ?? "") - queue.nowMs;
  assert.ok(waitMs >= 500 && waitMs <= 16_000, `${waitMs} ms`);
});

Deno.test("outcomeOf() tries again what its code allows, and ends the rest", () => {
  for (const code of Object.keys(ERRORS)) {
    assert.ok(isErrorCode(code));
    const { then } = outcomeOf(new AppError(code, "It went wrong"));
    assert.equal(then, ERRORS[code].retryable ? "retry" : "fail", code);
  }
});

Deno.test("runJobs() tells an owner nothing of a bug of ours, and logs it whole", async () => {
  const { queue, runner, lines } = workshop(() => Promise.reject(new TypeError("swordfish")));
  const { id } = queue.add({ failure_count: 4 });
  await runJobs(runner, BUDGET);
  const job = queue.jobs.get(id);
  assert.deepEqual(job?.error, {
    code: "INTERNAL",
    message: "Something went wrong on our side",
  });
  assert.match(String(lines[0]?.["cause"]), /TypeError: swordfish/);
});

Deno.test("promise 8: runJobs() beats every 5 s while a step runs, with its progress, and stops beating after", async () => {
  await withFakeClock(async (clock) => {
    const end = Promise.withResolvers<JobOutcome>();
    const { queue, runner } = workshop((_job, context) => {
      context.progress(0.4);
      return end.promise;
    });
    const { id } = queue.add();
    const beats: number[] = [];
    const renew = queue.renew.bind(queue);
    queue.renew = (job, progress) => {
      beats.push(progress ?? -1);
      return renew(job, progress);
    };
    const done = runJobs(runner, BUDGET);
    await clock.advance(4_999);
    assert.deepEqual(beats, []);
    await clock.advance(15_001);
    assert.deepEqual(beats, [0.4, 0.4, 0.4, 0.4]);
    assert.equal(queue.jobs.get(id)?.progress, 0.4);
    end.resolve({ then: "done", result: {} });
    await clock.advance(0);
    await done;
    await clock.advance(60_000);
    assert.equal(beats.length, 4);
  });
});

/** A step that goes on until its signal says stop, and says what it was told. */
function untilAborted(heard: unknown[]): JobHandler["run"] {
  return (_job, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        heard.push(signal.reason);
        reject(signal.reason);
      });
    });
}

Deno.test("promise 8: runJobs() stops a step at the first beat that finds its lease lost, and changes nothing", async () => {
  await withFakeClock(async (clock) => {
    const heard: unknown[] = [];
    const { queue, runner, lines } = workshop(untilAborted(heard));
    const { id } = queue.add();
    const done = runJobs(runner, { budgetMs: 1_000 });
    await clock.advance(1_000);
    // The lease runs out while this worker is paused, and another one takes the job.
    queue.nowMs += 20_000;
    await queue.claim({ limit: 1, jobId: id });
    const taken = queue.jobs.get(id);
    await clock.advance(5_000);
    await done;
    assert.equal(heard.length, 1);
    assert.deepEqual(queue.jobs.get(id), taken);
    assert.equal(lines.at(-1)?.["outcome"], "lost");
    assert.equal(clock.pending <= 1, true, "no heartbeat is left");
  });
});

Deno.test("runJobs() ends a step that takes over 110 s, and the job is tried again", async () => {
  await withFakeClock(async (clock) => {
    const heard: unknown[] = [];
    const { queue, runner } = workshop(untilAborted(heard));
    const { id } = queue.add();
    const done = runJobs(runner, { budgetMs: 1_000 });
    await clock.advance(109_000);
    assert.equal(heard.length, 0);
    await clock.advance(1_000);
    await done;
    const [reason] = heard;
    assert.ok(reason instanceof DOMException && reason.name === "TimeoutError");
    const { state, failure_count } = { ...queue.jobs.get(id) };
    assert.deepEqual([state, failure_count], ["queued", 1]);
  });
});

Deno.test("runJobs() goes on beating when a beat does not get through", async () => {
  await withFakeClock(async (clock) => {
    const end = Promise.withResolvers<JobOutcome>();
    const { queue, runner, lines } = workshop(() => end.promise);
    const { id } = queue.add();
    const renew = queue.renew.bind(queue);
    let beats = 0;
    queue.renew = (job, progress) => {
      beats += 1;
      return beats < 3 ? Promise.reject(new Error("no connection")) : renew(job, progress);
    };
    const done = runJobs(runner, BUDGET);
    await clock.advance(15_000);
    end.resolve({ then: "done", result: {} });
    await clock.advance(0);
    await done;
    assert.equal(beats, 3);
    assert.equal(queue.jobs.get(id)?.state, "succeeded");
    assert.deepEqual(lines.map(({ event }) => event), [
      "heartbeat_failed",
      "heartbeat_failed",
      "step",
    ]);
  });
});

Deno.test("promise 8: runJobs() leaves a job to its lease when its end can't be told, and does not reject", async () => {
  const { queue, runner, lines } = workshop(() => Promise.resolve({ then: "done", result: {} }));
  const { id } = queue.add();
  queue.succeed = () => Promise.reject(new Error("no connection"));
  assert.equal(await runJobs(runner, BUDGET), 1);
  assert.equal(queue.jobs.get(id)?.state, "running");
  assert.equal(lines[0]?.["event"], "step_not_told");
  queue.nowMs += 20_000;
  assert.equal((await queue.claim({ limit: 1 }))[0]?.attempt, 2);
});

Deno.test("runJobs() ends, without rejecting, when it can't claim, and waits for what it began", async () => {
  await withFakeClock(async (clock) => {
    const ends = [Promise.withResolvers<JobOutcome>(), Promise.withResolvers<JobOutcome>()];
    let begun = 0;
    const { queue, runner, lines } = workshop(() => ends[begun++]?.promise ?? Promise.reject());
    const ids = [queue.add().id, queue.add().id];
    const claim = queue.claim.bind(queue);
    let claims = 0;
    queue.claim = (filter) => {
      claims += 1;
      return claims > 1 ? Promise.reject(new Error("no connection")) : claim(filter);
    };
    const done = runJobs(runner, BUDGET);
    ends[0]?.resolve({ then: "done", result: {} });
    await clock.advance(100);
    assert.equal(lines.some(({ event }) => event === "claim_failed"), true);
    ends[1]?.resolve({ then: "done", result: {} });
    await clock.advance(0);
    assert.equal(await done, 2);
    for (const id of ids) assert.equal(queue.jobs.get(id)?.state, "succeeded");
  });
});

/** Counts how many steps run at once; each takes 100 ms. */
function counted() {
  const seen = { now: 0, most: 0, all: 0 };
  const run: JobHandler["run"] = async () => {
    seen.now += 1;
    seen.all += 1;
    seen.most = Math.max(seen.most, seen.now);
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen.now -= 1;
    return { then: "done", result: {} };
  };
  return { seen, run };
}

async function work(clock: FakeClock, done: Promise<number>): Promise<number> {
  await clock.advance(60_000);
  return await done;
}

Deno.test("runJobs() runs as many steps at once as it may, and all that is due", async () => {
  await withFakeClock(async (clock) => {
    const { seen, run } = counted();
    const { queue, runner } = workshop(run);
    for (let jobs = 0; jobs < 20; jobs++) queue.add();
    assert.equal(await work(clock, runJobs(runner, { budgetMs: 30_000, concurrency: 3 })), 20);
    assert.deepEqual(seen, { now: 0, most: 3, all: 20 });
  });
});

Deno.test("runJobs() claims nothing after its budget", async () => {
  await withFakeClock(async (clock) => {
    const { seen, run } = counted();
    const { queue, runner } = workshop(run);
    for (let jobs = 0; jobs < 20; jobs++) queue.add();
    await work(clock, runJobs(runner, { budgetMs: 250, concurrency: 1 }));
    assert.equal(seen.all, 3);
  });
});

Deno.test("runJobs() claims only the kinds it can do, and only the job it is told", async () => {
  const { queue, runner } = workshop(() => Promise.resolve({ then: "done", result: {} }));
  queue.add({ kind: "audio" });
  const other = queue.add();
  const { id } = queue.add({ run_at: new Date(queue.nowMs + 5_000).toISOString() });
  assert.equal(await runJobs(runner, { ...BUDGET, jobId: id }), 1);
  assert.deepEqual([queue.jobs.get(id)?.state, queue.jobs.get(other.id)?.state], [
    "succeeded",
    "queued",
  ]);
});
