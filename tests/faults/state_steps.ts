/**
 * Steps of the job state machine, taken on the database and in the model at once.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import type { Studio } from "../db/database.ts";
import {
  beginSubmit,
  cancel,
  claim,
  createJobs,
  expire,
  fail,
  type Held,
  recordSubmit,
  release,
  succeed,
  wake,
} from "../db/engine.ts";
import { clipItem } from "../db/items.ts";
import * as model from "./state_model.ts";

/** One step. `job` picks one of those there are; `stale` writes with the token of the claim before. */
export type Step = {
  readonly do:
    | "create"
    | "claim"
    | "begin"
    | "record"
    | "wake"
    | "release"
    | "succeed"
    | "fail"
    | "cancel"
    | "expire"
    | "lapse"
    | "retry";
  readonly job: number;
  readonly stale: boolean;
  readonly key: number;
  readonly outcome: "submitted" | "refused" | "never_sent" | "unknown";
  readonly otherTask: boolean;
  readonly to: "queued" | "waiting";
  readonly now: boolean;
  readonly failed: boolean;
};

const name = fc.constantFrom<Step["do"][]>(
  // What moves a job on comes more often than what ends it, so that sequences go deep.
  ...["create", "claim", "claim", "claim", "begin", "begin", "record", "record"] as const,
  ...["wake", "wake", "release", "release", "lapse", "lapse", "succeed", "fail"] as const,
  ...["cancel", "expire", "retry", "retry"] as const,
);

/** Any step. */
export const anyStep: fc.Arbitrary<Step> = fc.record({
  do: name,
  job: fc.nat({ max: 7 }),
  stale: fc.nat({ max: 3 }).map((draw) => draw === 0),
  key: fc.nat({ max: 5 }),
  outcome: fc.constantFrom("submitted", "submitted", "refused", "never_sent", "unknown"),
  otherTask: fc.nat({ max: 4 }).map((draw) => draw === 0),
  to: fc.constantFrom("queued", "waiting"),
  now: fc.boolean(),
  failed: fc.boolean(),
});

/** A job on both sides. */
export interface Pair {
  readonly id: string;
  readonly clip: string;
  readonly model: model.ModelJob;
  attemptId: string | null;
}

/** One user's game. */
export interface Game {
  readonly studio: Studio;
  readonly userId: string;
  readonly projectId: string;
  readonly modelId: string;
  readonly provider: string;
  readonly pairs: Pair[];
  /** Job ids by key number. */
  readonly keys: Map<number, string>;
  /** Unspent credits in the model. */
  balance: number;
}

/** Price of a job. */
export const PRICE = 3;

/** What the player starts with: some creates are refused. */
export const CREDITS = 5 * PRICE;

/** Sets up a user, a project and a provider of their own. */
export async function startGame(studio: Studio): Promise<Game> {
  const userId = await studio.user(CREDITS);
  const provider = await studio.provider();
  return {
    studio,
    userId,
    projectId: await studio.project(userId),
    modelId: await studio.model({ provider, price: PRICE }),
    provider,
    pairs: [],
    keys: new Map(),
    balance: CREDITS,
  };
}

/** Takes a step on `session`, in the model, and compares what both say. */
export async function takeStep(game: Game, step: Step, session: postgres.ISql): Promise<void> {
  if (step.do === "create") return await create(game, step, session);
  const pair = game.pairs[step.job % Math.max(1, game.pairs.length)];
  if (pair === undefined) return;
  if (step.do === "retry") return await retry(game, pair, session);
  const before = model.isRefunded(pair.model);
  await takeJobStep(game, pair, step, session);
  if (!before && model.isRefunded(pair.model)) game.balance += PRICE;
}

async function takeJobStep(
  game: Game,
  pair: Pair,
  step: Step,
  session: postgres.ISql,
): Promise<void> {
  const { owner } = game.studio;
  const job = pair.model;
  const attempt = job.attempt - (step.stale ? 1 : 0);
  const held: Held = { id: pair.id, attempt };
  const task = `${step.otherTask ? "other" : "task"}-${pair.attemptId}`;
  switch (step.do) {
    case "claim": {
      const found = await claim(session, { jobId: pair.id });
      assert.equal(found.length === 1, model.claimed(job), "claim_jobs");
      return;
    }
    case "lapse":
      if (model.hasEnded(job)) return;
      await passTime(owner, pair.id, "run_at");
      job.due = true;
      return;
    case "begin": {
      const decision = await beginSubmit(session, held);
      assert.equal(decision.decision, model.begun(job, attempt), "begin_submit");
      if (decision.decision === "send") pair.attemptId = decision.attempt_id;
      return;
    }
    case "record": {
      if (pair.attemptId === null) return;
      const more = step.outcome === "submitted" ? { taskId: task } : {};
      const said = await recordSubmit(session, pair.attemptId, step.outcome, more);
      assert.equal(said, model.recorded(job, step.outcome, task), "record_submit");
      // The breaker is another story: it would shut after five of these in a row.
      await owner`
        update public.provider_limits set failure_count = 0 where provider = ${game.provider}`;
      return;
    }
    case "wake": {
      if (pair.attemptId === null) return;
      const { provider } = game;
      const said = await wake(session, { attemptId: pair.attemptId, provider, taskId: task });
      const wanted = model.wokenBy(job, task);
      assert.equal(said === null ? null : said.awake, wanted, "wake_by_callback");
      return;
    }
    case "release": {
      const said = await release(session, held, {
        state: step.to,
        delaySec: step.now ? 0 : 60,
        ...(step.failed ? { failure: { code: "PROVIDER_FAILED", message: "It went wrong" } } : {}),
      });
      const to = { state: step.to, now: step.now, failed: step.failed };
      assert.equal(said, model.released(job, attempt, to), "release_job");
      return;
    }
    case "succeed":
      assert.equal(await succeed(session, held), model.settled(job, attempt, "succeeded"));
      return;
    case "fail":
      assert.equal(await fail(session, held), model.settled(job, attempt, "failed"));
      return;
    case "cancel": {
      const said = await cancel(session, game.userId, pair.id);
      assert.equal(said.cancelled_count, model.cancelled(job), "cancel_job");
      return;
    }
    case "expire":
      await passTime(owner, pair.id, "deadline_at");
      assert.equal(await expire(session), model.expired(job), "expire_jobs");
      return;
  }
}

/** Makes a job due, or late, as if the time had passed. An ended one is left alone. */
async function passTime(
  owner: postgres.Sql,
  id: string,
  column: "run_at" | "deadline_at",
): Promise<void> {
  await owner`
    update public.jobs set ${owner(column)} = clock_timestamp() - interval '1 millisecond'
    where id = ${id} and finished_at is null`;
}

async function create(game: Game, step: Step, session: postgres.ISql): Promise<void> {
  const key = `key-of-${game.userId}-${step.key}`;
  const known = game.keys.get(step.key);
  const click = { userId: game.userId, items: [clipItem(game.projectId, game.modelId)], key };
  if (known === undefined && game.balance < PRICE) {
    await assert.rejects(createJobs(session, click), { code: "PT402" });
    return;
  }
  const { body, replayed } = await createJobs(session, click);
  assert.equal(replayed, known !== undefined);
  const answer: { jobs: [{ id: string; subject_id: string }] } = JSON.parse(body);
  const [{ id, subject_id }] = answer.jobs;
  if (known !== undefined) return assert.equal(id, known);
  game.keys.set(step.key, id);
  game.balance -= PRICE;
  game.pairs.push({ id, clip: subject_id, model: model.newJob(), attemptId: null });
}

async function retry(game: Game, pair: Pair, session: postgres.ISql): Promise<void> {
  const click = { userId: game.userId, operation: "retry-job", items: [{ retry_of: pair.id }] };
  // Any failed job of an asset may be tried again, as long as the asset's newest one failed too.
  const newest = game.pairs.findLast(({ clip }) => clip === pair.clip);
  const allowed = model.isRefunded(pair.model) && newest?.model.asset === "failed";
  if (!allowed || game.balance < PRICE) {
    await assert.rejects(createJobs(session, click), { code: allowed ? "PT402" : "PT409" });
    return;
  }
  const { body } = await createJobs(session, click);
  const answer: { jobs: [{ id: string }] } = JSON.parse(body);
  for (const { clip, model: older } of game.pairs) older.replaced ||= clip === pair.clip;
  game.balance -= PRICE;
  game.pairs.push({
    id: answer.jobs[0].id,
    clip: pair.clip,
    model: model.newJob(),
    attemptId: null,
  });
}
