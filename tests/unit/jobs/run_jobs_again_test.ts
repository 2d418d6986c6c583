import assert from "node:assert/strict";
import type { JobHandler, JobOutcome } from "../../../supabase/functions/_shared/jobs/handler.ts";
import { runJobs, type RunOptions } from "../../../supabase/functions/_shared/jobs/run_jobs.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";
import { type FakeClock, withFakeClock } from "../../fakes/fake_clock.ts";

/** A queue that goes by the test's clock, and steps that are on record. */
function workshop(run: JobHandler["run"]) {
  const queue = new FakeJobQueue();
  const startMs = queue.nowMs;
  Object.defineProperty(queue, "nowMs", {
    get: () => startMs + performance.now(),
    set: () => {},
  });
  const steps: { readonly id: string; readonly atMs: number }[] = [];
  const recorded: JobHandler["run"] = (job, context) => {
    steps.push({ id: job.id, atMs: performance.now() });
    return run(job, context);
  };
  const handlers: JobHandler[] = [
    { kind: "video", run: recorded },
    { kind: "film", run: recorded },
  ];
  const log = createLog({}, () => {});
  const start = (options: RunOptions) => runJobs({ queue, handlers, log }, options);
  const timesOf = (id: string) => steps.filter((step) => step.id === id).map(({ atMs }) => atMs);
  return { queue, start, steps, timesOf };
}

async function finish(clock: FakeClock, done: Promise<number>): Promise<number> {
  await clock.advance(120_000);
  return await done;
}

const wait: JobOutcome = { then: "wait", seconds: 4 };
const done: JobOutcome = { then: "done", result: {} };

Deno.test("runJobs() takes a job up again when its wait is over, as long as its budget lasts", () =>
  withFakeClock(async (clock) => {
    const { queue, start, timesOf } = workshop(() => Promise.resolve(wait));
    const { id } = queue.add();
    assert.equal(await finish(clock, start({ budgetMs: 15_000, states: ["queued"] })), 4);
    assert.deepEqual(timesOf(id), [0, 4_000, 8_000, 12_000]);
    assert.equal(queue.jobs.get(id)?.state, "waiting");
  }));

Deno.test("runJobs() lets nobody wait for a place behind renders without end", () =>
  withFakeClock(async (clock) => {
    const endless = new Set<string>();
    const { queue, start, timesOf } = workshop((job) =>
      Promise.resolve(endless.has(job.id) ? wait : done)
    );
    for (let jobs = 0; jobs < 6; jobs++) endless.add(queue.add({ priority: 1 }).id);
    const others = [queue.add(), queue.add()];
    const ended = start({ budgetMs: 30_000, concurrency: 6 });
    await clock.advance(0);
    for (const { id } of others) assert.equal(queue.jobs.get(id)?.state, "succeeded");
    await finish(clock, ended);
    for (const id of endless) assert.equal(timesOf(id).length, 8, "each is looked at every 4 s");
  }));

Deno.test("runJobs() leaves a job that waits beyond its budget to others, and ends", () =>
  withFakeClock(async (clock) => {
    const { queue, start } = workshop(() => Promise.resolve({ then: "wait", seconds: 31 }));
    queue.add();
    const ended = start({ budgetMs: 30_000 });
    await clock.advance(0);
    assert.equal(await ended, 1);
  }));

Deno.test("runJobs() forgets a job that another worker has taken meanwhile", () =>
  withFakeClock(async (clock) => {
    const { queue, start } = workshop(() => Promise.resolve(wait));
    const { id } = queue.add();
    const ended = start({ budgetMs: 30_000 });
    await clock.advance(3_000);
    const row = queue.jobs.get(id);
    assert.ok(row);
    queue.jobs.set(id, { ...row, state: "running", attempt: 2, run_at: "2099-01-01T00:00:00Z" });
    assert.equal(await finish(clock, ended), 1);
  }));

Deno.test("promise 11: runJobs() looks again at once when a webhook came while it looked", () =>
  withFakeClock(async (clock) => {
    const looks: JobOutcome[] = [wait, done];
    const { queue, start, timesOf } = workshop(async (job) => {
      const outcome = looks.shift() ?? wait;
      if (outcome === wait) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        const row = queue.jobs.get(job.id);
        assert.ok(row);
        queue.jobs.set(job.id, { ...row, woken_at: new Date(queue.nowMs).toISOString() });
      }
      return outcome;
    });
    const { id } = queue.add();
    await finish(clock, start({ budgetMs: 30_000, states: ["queued"] }));
    assert.deepEqual(timesOf(id), [0, 500]);
    assert.equal(queue.jobs.get(id)?.state, "succeeded");
  }));

Deno.test("runJobs() runs the job it was handed, and looks for no other", () =>
  withFakeClock(async (clock) => {
    const { queue, start, steps } = workshop(() => Promise.resolve(done));
    const { id } = queue.add();
    const [claimed] = await queue.claim({ limit: 1 });
    assert.ok(claimed);
    const other = queue.add();
    assert.equal(await finish(clock, start({ budgetMs: 30_000, claimed })), 1);
    assert.deepEqual(steps.map((step) => step.id), [id]);
    assert.equal(queue.jobs.get(other.id)?.state, "queued");
  }));

Deno.test("promise 14: runJobs() goes on with a parent at once when its child has ended, and not before its time", () =>
  withFakeClock(async (clock) => {
    const { queue, start, steps } = workshop((job) =>
      Promise.resolve(job.kind === "video" ? { then: "wait", seconds: 2 } : done)
    );
    const far = { attempt: 1, state: "waiting" } as const;
    const film = queue.add({ kind: "film", ...far, run_at: "2099-01-01T00:00:00Z" });
    const child = queue.add({ parent_id: film.id });
    const [claimed] = await queue.claim({ limit: 1, jobId: child.id });
    assert.ok(claimed);
    await finish(clock, start({ budgetMs: 3_000, claimed }));
    assert.ok(steps.every((step) => step.id === child.id), "the child only waits");
    const due = workshop(() => Promise.resolve(done));
    const parent = due.queue.add({ kind: "film", ...far, priority: 1 });
    const last = due.queue.add({ parent_id: parent.id });
    const [held] = await due.queue.claim({ limit: 1, jobId: last.id });
    assert.ok(held);
    assert.equal(await finish(clock, due.start({ budgetMs: 3_000, claimed: held })), 2);
    assert.deepEqual(due.steps.map((step) => step.id), [last.id, parent.id]);
    assert.equal(due.queue.jobs.get(parent.id)?.state, "succeeded");
  }));
