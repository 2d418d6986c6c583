/**
 * What every job queue does, the one in memory and the one on Postgres.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import type {
  ClaimedJob,
  Click,
  ClickResult,
  JobQueue,
} from "../../supabase/functions/_shared/database/job_queue.ts";
import type { Json } from "../../shared/database.types.ts";

/** A queue under test, and the world around it. */
export interface QueueUnderTest {
  /** Empty but for what the test puts in. */
  readonly queue: JobQueue;
  /** A click of a user who can pay, for one clip. */
  clip(overrides?: Partial<Click>): Click;
  /** A click whose answer waits for the script it starts. */
  script(): Click;
  /** What a handler gives for a clip or a script. */
  readonly results: { readonly clip: Json; readonly script: Json };
  /** Lets a job's lease, or its wait, run out. */
  makeDue(jobId: string): Promise<void>;
}

const HASHES = { token: "a".repeat(64), request: "b".repeat(64) };
const FAILURE = { code: "PROVIDER_FAILED", message: "It failed" };

/** Each behaviour by name. A test of an implementation runs them all, each on a queue of its own. */
export const JOB_QUEUE_CONFORMANCE: Readonly<
  Record<string, (test: QueueUnderTest) => Promise<void>>
> = {
  "create() answers with the jobs, and the same click again with the same bytes": async (test) => {
    const click = test.clip();
    const first = answered(await test.queue.create(click));
    assert.deepEqual([first.status, first.replayed], [202, false]);
    const again = answered(await test.queue.create(click));
    assert.deepEqual(again, { ...first, replayed: true });
    for (const other of [{ operation: "stitch-video" }, { fingerprint: "e".repeat(64) }]) {
      const reused = {
        ...click,
        operation: other.operation ?? click.operation,
        idempotency: {
          ...click.idempotency,
          fingerprint: other.fingerprint ?? click.idempotency.fingerprint,
        },
      };
      await refused(test.queue.create(reused), "IDEMPOTENCY_KEY_REUSED");
    }
  },
  "create() answers a script's click when the script is written, and says so until then": async (
    test,
  ) => {
    const click = test.script();
    const started = await test.queue.create(click);
    assert.equal(started.status, null);
    const { job_id: jobId } = started;
    const error = await refused(test.queue.create(click), "IDEMPOTENCY_IN_PROGRESS");
    assert.equal(error.retryAfterSeconds, 1);
    const waiting = await test.queue.readAnswer(jobId);
    assert.deepEqual(waiting, { state: "queued", error: null, status: null, body: null });
    const job = await claimOne(test, jobId);
    assert.equal(await test.queue.succeed(job, test.results.script), true);
    const answer = await test.queue.readAnswer(jobId);
    assert.deepEqual([answer.state, answer.status], ["succeeded", 200]);
    const replay = answered(await test.queue.create(click));
    assert.deepEqual([replay.replayed, replay.body], [true, answer.body]);
  },
  "create() takes a failed script's click again as a new one": async (test) => {
    const click = test.script();
    const started = await test.queue.create(click);
    assert.equal(started.status, null);
    await test.queue.fail(await claimOne(test, started.job_id), FAILURE);
    const ended = await test.queue.readAnswer(started.job_id);
    assert.deepEqual(ended, { state: "failed", error: FAILURE, status: null, body: null });
    assert.equal((await test.queue.create(click)).status, null);
  },
  "claim() gives a due job once, by kind, state and id": async (test) => {
    const jobId = await startClip(test);
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId, kinds: ["audio"] }), []);
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId, states: ["waiting"] }), []);
    assert.deepEqual(await test.queue.claim({ limit: 0, jobId }), []);
    const job = await claimOne(test, jobId);
    assert.deepEqual([job.id, job.state, job.attempt], [jobId, "running", 1]);
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId }), []);
  },
  "claim() gives a job whose lease ran out to the next, and the first one's writes change nothing":
    async (test) => {
      const jobId = await startClip(test);
      const first = await claimOne(test, jobId);
      assert.equal(await test.queue.renew(first, 0.5), true);
      await test.makeDue(jobId);
      const second = await claimOne(test, jobId);
      assert.deepEqual([second.attempt, second.progress], [2, 0.5]);
      assert.equal(await test.queue.renew(first), false);
      assert.equal(await test.queue.release(first, { state: "queued", delaySeconds: 0 }), null);
      assert.equal(await test.queue.succeed(first, test.results.clip), false);
      assert.equal(await test.queue.fail(first, FAILURE), false);
      assert.deepEqual(await test.queue.beginSubmit(first, HASHES), { decision: "lost" });
      assert.equal(await test.queue.succeed(second, test.results.clip), true);
      assert.equal((await test.queue.readAnswer(jobId)).state, "succeeded");
    },
  "release() puts a job back until later": async (test) => {
    const jobId = await startClip(test);
    const job = await claimOne(test, jobId);
    const to = { state: "waiting" as const, delaySeconds: 60, progress: 0.25 };
    assert.equal(await test.queue.release(job, to), 60);
    assert.equal(await test.queue.release(job, to), null);
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId }), []);
    await test.makeDue(jobId);
    const again = await claimOne(test, jobId);
    assert.deepEqual([again.progress, again.failure_count], [0.25, 0]);
  },
  "release() ends a job whose failures are used up": async (test) => {
    const jobId = await startClip(test);
    for (let failures = 0; failures < 5; failures++) {
      const job = await claimOne(test, jobId);
      assert.equal(job.failure_count, failures);
      const to = { state: "queued" as const, delaySeconds: 0, failure: FAILURE };
      assert.equal(await test.queue.release(job, to), failures === 4 ? -1 : 0);
    }
    const { state, error } = await test.queue.readAnswer(jobId);
    assert.deepEqual([state, error], ["failed", FAILURE]);
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId }), []);
  },
  "release() counts failures anew once the work was seen to go on": async (test) => {
    const jobId = await startClip(test);
    const failed = { state: "waiting" as const, delaySeconds: 0, failure: FAILURE };
    const counts: number[] = [];
    for (const to of [failed, failed, { ...failed, progress: 0.1 }]) {
      const job = await claimOne(test, jobId);
      counts.push(job.failure_count);
      await test.queue.release(job, to);
    }
    const unseen = await claimOne(test, jobId);
    await test.queue.release(unseen, { state: "waiting", delaySeconds: 0 });
    const seen = await claimOne(test, jobId);
    await test.queue.release(seen, { state: "waiting", delaySeconds: 0, progress: 0.2 });
    const last = await claimOne(test, jobId);
    counts.push(unseen.failure_count, seen.failure_count, last.failure_count);
    assert.deepEqual(counts, [0, 1, 2, 3, 3, 0]);
  },
  "beginSubmit() sends once, and never again when nobody knows what was taken": async (test) => {
    const jobId = await startClip(test);
    const decision = await test.queue.beginSubmit(await claimOne(test, jobId), HASHES);
    assert.equal(decision.decision, "send");
    await test.makeDue(jobId);
    const next = await claimOne(test, jobId);
    for (let again = 0; again < 2; again++) {
      const unknown = await test.queue.beginSubmit(next, HASHES);
      assert.ok(unknown.decision === "unknown" && unknown.seconds > 0);
    }
  },
  "recordSubmit() keeps the first evidence and lets a refused submit be sent again": async (
    test,
  ) => {
    const job = await claimOne(test, await startClip(test));
    const first = await test.queue.beginSubmit(job, HASHES);
    assert.ok(first.decision === "send");
    const refusal = { state: "refused" as const, error: FAILURE };
    assert.equal(await test.queue.recordSubmit(first.attempt_id, refusal), true);
    assert.equal(await test.queue.recordSubmit(first.attempt_id, refusal), false);
    const second = await test.queue.beginSubmit(job, HASHES);
    assert.ok(second.decision === "send");
    const externalTaskId = crypto.randomUUID();
    const accepted = { state: "submitted" as const, externalTaskId };
    assert.equal(await test.queue.recordSubmit(second.attempt_id, accepted), true);
    const third = await test.queue.beginSubmit(job, HASHES);
    assert.deepEqual(third, { decision: "submitted", external_task_id: externalTaskId });
  },
  "route() leaves a job with the provider it has": async (test) => {
    const jobId = await startClip(test);
    const job = await claimOne(test, jobId);
    assert.equal(await test.queue.route(job, { provider: "nobody", payload: {} }), false);
    await test.makeDue(jobId);
    const next = await claimOne(test, jobId);
    assert.deepEqual([next.provider, next.payload], [job.provider, job.payload]);
  },
  "wakeByCallback() believes the token alone, links a lost task and wakes a waiting job": async (
    test,
  ) => {
    const jobId = await startClip(test);
    const job = await claimOne(test, jobId);
    const sent = await test.queue.beginSubmit(job, HASHES);
    assert.ok(sent.decision === "send");
    await test.queue.recordSubmit(sent.attempt_id, { state: "unknown", error: FAILURE });
    await test.queue.release(job, { state: "waiting", delaySeconds: 3600 });
    const callback = {
      attemptId: sent.attempt_id,
      tokenHash: HASHES.token,
      provider: job.provider ?? "",
      externalTaskId: crypto.randomUUID(),
    };
    for (
      const wrong of [
        { attemptId: crypto.randomUUID() },
        { tokenHash: "c".repeat(64) },
        { provider: "nobody" },
      ]
    ) {
      assert.equal(await test.queue.wakeByCallback({ ...callback, ...wrong }), null);
    }
    assert.deepEqual(await test.queue.claim({ limit: 9, jobId }), []);
    const told = { job_id: jobId, job: null };
    assert.deepEqual(await test.queue.wakeByCallback(callback), { ...told, awake: true });
    const swapped = { ...callback, externalTaskId: crypto.randomUUID() };
    assert.equal(await test.queue.wakeByCallback(swapped), null);
    const woken = await claimOne(test, jobId);
    assert.equal(woken.external_task_id, callback.externalTaskId);
    // It comes again while the job is looked at: not slept through.
    const claiming = { ...callback, claim: true };
    assert.deepEqual(await test.queue.wakeByCallback(claiming), { ...told, awake: true });
    const to = { state: "waiting" as const, delaySeconds: 600 };
    assert.equal(await test.queue.release(woken, to), 0);
    const again = await claimOne(test, jobId);
    await test.queue.release(again, to);
    // Who comes to look gets the job with it.
    const { job: taken } = await test.queue.wakeByCallback(claiming) ?? {};
    assert.deepEqual([taken?.id, taken?.state, taken?.attempt], [
      jobId,
      "running",
      again.attempt + 1,
    ]);
    assert.ok(taken);
    assert.deepEqual(Object.keys(taken).sort(), Object.keys(again).sort());
    assert.equal(await test.queue.release(taken, to), 600, "its own wake is not news to it");
    const last = (await test.queue.wakeByCallback(claiming))?.job;
    assert.ok(last);
    await test.queue.succeed(last, test.results.clip);
    assert.deepEqual(await test.queue.wakeByCallback(claiming), { ...told, awake: false });
  },
};

async function startClip(test: QueueUnderTest): Promise<string> {
  const { body } = answered(await test.queue.create(test.clip()));
  const { jobs }: { jobs: { id: string; payload?: unknown }[] } = JSON.parse(body);
  const [job] = jobs;
  assert.ok(job !== undefined && job.payload === undefined);
  return job.id;
}

async function claimOne({ queue }: QueueUnderTest, jobId: string): Promise<ClaimedJob> {
  const [job, ...others] = await queue.claim({ limit: 9, jobId });
  assert.ok(job !== undefined && others.length === 0, "the job could not be claimed");
  return job;
}

function answered(result: ClickResult): ClickResult & { readonly status: number } {
  assert.ok(result.status !== null);
  return result;
}

async function refused(work: Promise<unknown>, code: string): Promise<AppError> {
  const error = await work.then(() => null, (cause: unknown) => cause);
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.code, code);
  return error;
}
