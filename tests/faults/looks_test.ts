import assert from "node:assert/strict";
import { startFaultStack } from "./fault_stack.ts";
import { expireNow, startHurry } from "./hurry.ts";
import { click, createPlayer, jobsOf } from "./player.ts";
import { until } from "./until.ts";

/** What the provider answers to every look, for as long as the job lives. */
const LOOKS = [
  { fal: "http_500", kie: "http_500" },
  { fal: "garbage", kie: "garbage" },
  { fal: "wrong_shape", kie: "unknown_state" },
  { fal: "drop", kie: "drop" },
  { fal: "rate_limited", kie: "rate_limited" },
  { fal: "hang", kie: "hang" },
  { fal: "unknown_task", kie: "unknown_task" },
] as const;

/** Long enough to be looked at more than once. */
const LATE_MS = 1_500;

Deno.test("promise 9: no job outlives its deadline, whatever every look is answered", async () => {
  const faults = await startFaultStack({ cron: false });
  const words = LOOKS.map((_, at) => `zqlook000${at}`);
  const player = await createPlayer(faults, words);
  const hurry = startHurry(faults);
  try {
    for (const [at, kinds] of LOOKS.entries()) {
      const word = words[at] ?? "";
      for (const operation of ["status", "result"]) {
        await faults.setFault({ provider: "fal", operation, kind: kinds.fal });
      }
      await faults.setFault({ provider: "kie", operation: "record_info", kind: kinds.kie });
      const answers = await Promise.all([
        ["generate-image", { scene_id: player.scenes.get(word) }] as const,
        ["generate-video", {
          project_id: player.projectId,
          image_ids: [player.imageId],
          prompt: word,
        }] as const,
      ].map(([name, body]) => click(faults, player, { name, body, key: crypto.randomUUID() })));
      const ends = await Promise.all(
        answers.flatMap(jobsOf).map(async (id) => {
          await until(
            "a look",
            () => faults.door.book.passages.some((one) => one.word === word && one.step === "look"),
          );
          await new Promise((resolve) => setTimeout(resolve, LATE_MS));
          await expireNow(faults, id);
          return await until("the job to end", async () => {
            const [row] = await faults.sql<{ end: string }[]>`
            select j.state || ' ' || coalesce(j.error ->> 'code', '') as end from public.jobs as j
            where j.id = ${id} and j.finished_at is not null`;
            return row?.end;
          });
        }),
      );
      assert.deepEqual(ends, [
        // What fal does not know has failed: it shows a task from its submit on.
        kinds.fal === "unknown_task" ? "failed PROVIDER_FAILED" : "failed DEADLINE_EXCEEDED",
        "failed DEADLINE_EXCEEDED",
      ], JSON.stringify(kinds));
      await faults.clearFaults();
    }
    const [ledger] = await faults.sql<{ balance: number; sum: number; refunds: number }[]>`
      select a.balance, sum(e.amount)::int as sum,
        (count(*) filter (where e.kind = 'refund'))::int as refunds
      from public.credit_accounts as a join public.credit_entries as e on e.user_id = a.user_id
      where a.user_id = ${player.id} group by a.balance`;
    assert.equal(ledger?.balance, ledger?.sum);
    assert.equal(ledger?.refunds, 2 * LOOKS.length);
  } finally {
    await hurry.stop();
    await faults.stop();
  }
});
