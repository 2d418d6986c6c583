import assert from "node:assert/strict";
import { startFaultStack } from "./fault_stack.ts";
import { knock } from "./hurry.ts";
import { click, createPlayer, jobsOf } from "./player.ts";
import { pause, until } from "./until.ts";

const CRASHES = 5;
const CLIENTS = 12;

/** A database that was killed replays its log; clients are told to try again for so long. */
const BACK_MS = 30_000;

Deno.test("promises 1, 5: PostgreSQL killed five times under load loses no answer it gave, and doubles none", async () => {
  const faults = await startFaultStack({ workers: 2 });
  try {
    const words = Array.from(
      { length: CLIENTS },
      (_, at) => `zqcrash0${String(at).padStart(2, "0")}`,
    );
    const player = await createPlayer(faults, words);
    let crashing = true;
    const acknowledged: string[] = [];
    const clients = words.map(async (word) => {
      while (crashing) {
        const answer = await click(faults, player, {
          name: "generate-audio",
          body: { scene_id: player.scenes.get(word) },
          key: crypto.randomUUID(),
        });
        assert.equal(answer.status, 202, answer.text);
        const ids = jobsOf(answer);
        acknowledged.push(...ids);
        // One at a time for each: a queue that is longer than a minute proves nothing more.
        await until("the job to end or the crashes", async () => {
          if (!crashing) return true;
          const rows = await faults.query((sql) =>
            sql`select from public.jobs where id = any (${ids}) and finished_at is not null`
          );
          return rows.length === ids.length;
        }, { limitMs: 120_000, everyMs: 100 });
      }
    });
    const played = Promise.all(clients);
    // It is awaited below, after the crashes.
    played.catch(() => {});
    for (let crash = 0; crash < CRASHES; crash++) {
      await pause(400);
      faults.stack.postgres.kill();
      await faults.stack.postgres.restart();
      await until("the API to answer", async () => {
        const response = await fetch(`${faults.stack.url}/rest/v1/models?select=id&limit=1`, {
          headers: {
            apikey: faults.stack.keys.publishable,
            Authorization: `Bearer ${player.token}`,
          },
        });
        await response.body?.cancel();
        return response.ok;
      }, { limitMs: BACK_MS });
    }
    crashing = false;
    await played;
    await knock(faults);
    const jobs = await until("every job to end", async () => {
      const rows = await faults.query((sql) =>
        sql<{ id: string; state: string; charges: number; refunds: number; credits: number }[]>`
          select j.id, j.state, j.credits,
            (count(e.id) filter (where e.kind = 'charge'))::int as charges,
            (count(e.id) filter (where e.kind = 'refund'))::int as refunds
          from public.jobs as j left join public.credit_entries as e on e.job_id = j.id
          where j.kind = 'audio' group by j.id`
      );
      const open = rows.some(({ state }) => ["queued", "running", "waiting"].includes(state));
      return open ? null : [...rows];
    }, { limitMs: 90_000, everyMs: 500 });
    const known = new Set(jobs.map(({ id }) => id));
    assert.deepEqual(acknowledged.filter((id) => !known.has(id)), [], "acknowledged means durable");
    assert.equal(known.size, new Set(acknowledged).size, "no job without an answer in the end");
    assert.equal(acknowledged.length, known.size, "no answer twice");
    for (const { id, state, charges, refunds } of jobs) {
      assert.deepEqual({ id, charges, refunds }, {
        id,
        charges: 1,
        refunds: state === "succeeded" ? 0 : 1,
      });
    }
    const [ledger] = await faults.query((sql) =>
      sql<{ balance: number; sum: number }[]>`
        select a.balance, sum(e.amount)::int as sum
        from public.credit_accounts as a join public.credit_entries as e on e.user_id = a.user_id
        where a.user_id = ${player.id} group by a.balance`
    );
    assert.equal(ledger?.balance, ledger?.sum);
  } finally {
    await faults.stop();
  }
});
