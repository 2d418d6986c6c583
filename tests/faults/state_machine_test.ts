import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import postgres from "postgres";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { withStudio } from "../db/database.ts";
import { ledgerOf, readJob } from "../db/looks.ts";
import { installAudit, readNotes } from "./audit.ts";
import {
  anyStep,
  CREDITS,
  type Game,
  PRICE,
  startGame,
  type Step,
  takeStep,
} from "./state_steps.ts";
import * as model from "./state_model.ts";

/** The migrated database alone: no worker, no cron, no provider. */
async function withQuietStack(run: () => Promise<void>): Promise<void> {
  const dir = join(PROJECT_DIR, ".local", `faults-${Deno.pid}-quiet`);
  const ports = { api: 0, postgres: 0, providers: 0 };
  const stack = await startStack({ dir, ports, workers: 0, cron: false, providers: false });
  const before = Deno.env.get("DATABASE_URL");
  Deno.env.set("DATABASE_URL", stack.databaseUrl);
  try {
    const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
    await installAudit(sql);
    await sql.end();
    await run();
  } finally {
    if (before === undefined) Deno.env.delete("DATABASE_URL");
    else Deno.env.set("DATABASE_URL", before);
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

/** Everything the database says of a game equals what the model says. */
async function assertSame(game: Game): Promise<void> {
  const { owner } = game.studio;
  for (const { id, clip, model: wanted, attemptId } of game.pairs) {
    const job = await readJob(owner, id);
    const [asset] = await owner<{ status: string }[]>`
      select status from public.video_clips where id = ${clip}`;
    const [attempt] = await owner<{ state: string }[]>`
      select state from public.job_attempts where id = ${attemptId}`;
    assert.deepEqual({
      state: job.state,
      attempt: job.attempt,
      failures: job.failure_count,
      task: job.external_task_id,
      code: job.error?.code ?? null,
      submit: attempt?.state ?? null,
      asset: wanted.replaced ? null : asset?.status,
      due: model.hasEnded(wanted) ? null : job.run_at.getTime() <= Date.now(),
    }, {
      state: wanted.state,
      attempt: wanted.attempt,
      failures: wanted.failures,
      task: wanted.rowTask,
      code: wanted.code,
      submit: wanted.submit,
      asset: wanted.replaced ? null : wanted.asset,
      due: model.hasEnded(wanted) ? null : wanted.due,
    });
  }
  const { balance, sum, charges, refunds } = await ledgerOf(owner, game.userId);
  const refunded = game.pairs.filter((pair) => model.isRefunded(pair.model)).length;
  assert.deepEqual(
    { balance, sum, charges, refunds },
    { balance: game.balance, sum: game.balance, charges: game.pairs.length, refunds: refunded },
  );
}

const SEQUENCES = 100;
const RACES = 40;
const SESSIONS = 4;

Deno.test("promises 4, 5, 6, 8, 9, 11, 14: a job goes as the model says, after any sequence of steps from several sessions", async () => {
  await withQuietStack(async () => {
    await withStudio(async (studio) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40 }), async (steps) => {
          const game = await startGame(studio);
          for (const step of steps) {
            await takeStep(game, step, studio.service);
            await assertSame(game);
          }
        }),
        { numRuns: SEQUENCES },
      );
    }, { sessions: SESSIONS });
  });
});

/** Refusals that belong to the game, and assertions of a model that another session has overtaken. */
const EXPECTED = new Set(["PT402", "PT409"]);

/** Takes steps without believing the model: which of two sessions comes first is not known. */
async function race(game: Game, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    try {
      await takeStep(game, step, game.studio.service);
    } catch (error) {
      if (error instanceof assert.AssertionError) continue;
      if (error instanceof postgres.PostgresError && EXPECTED.has(error.code)) continue;
      throw error;
    }
  }
}

Deno.test("promises 4, 5, 6, 11: whatever sessions do to the same jobs at once, an end is final, paid once and refunded at most once", async () => {
  await withQuietStack(async () => {
    await withStudio(async (studio) => {
      const { owner } = studio;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(anyStep, { minLength: 10, maxLength: 30 }), {
            minLength: SESSIONS,
            maxLength: SESSIONS,
          }),
          async (lanes) => {
            const game = await startGame(studio);
            await Promise.all(lanes.map((steps) => race(game, steps)));
            await owner`
              update public.jobs set deadline_at = clock_timestamp()
              where user_id = ${game.userId} and finished_at is null`;
            await studio.service`select public.expire_jobs(1000)`;
            await assertSettled(game);
          },
        ),
        // How sessions met can't be repeated, so there is nothing to shrink.
        { numRuns: RACES, endOnFailure: true },
      );
      const again = (await readNotes(owner)).filter(({ what }) => what.endsWith("_changed"));
      assert.deepEqual(again, [], "nothing that was final was written again");
    }, { sessions: SESSIONS });
  });
});

async function assertSettled({ studio: { owner }, userId }: Game): Promise<void> {
  const jobs = await owner<
    { id: string; state: string; charges: number; refunds: number; live: number; ends: number }[]
  >`
    select j.id, j.state,
      (select count(*) from public.credit_entries e where e.job_id = j.id and e.kind = 'charge')::int as charges,
      (select count(*) from public.credit_entries e where e.job_id = j.id and e.kind = 'refund')::int as refunds,
      (select count(*) from public.job_attempts t where t.job_id = j.id
        and t.state not in ('refused', 'never_sent'))::int as live,
      (select count(*) from bench.notes n where n.row_id = j.id and n.what = 'end')::int as ends
    from public.jobs as j where j.user_id = ${userId}`;
  for (const { state, charges, refunds, live, ends } of jobs) {
    assert.deepEqual({ charges, refunds, ends }, {
      charges: 1,
      refunds: state === "succeeded" ? 0 : 1,
      ends: 1,
    });
    assert.ok(live <= 1, "one submit at most that may have reached the provider");
  }
  const { balance, sum } = await ledgerOf(owner, userId);
  const paid = jobs.filter(({ state }) => state === "succeeded").length;
  assert.equal(balance, sum);
  assert.equal(balance, CREDITS - paid * PRICE);
}
