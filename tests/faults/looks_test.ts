import assert from "node:assert/strict";
import { startFaultStack } from "./fault_stack.ts";
import { expireNow, startHurry } from "./hurry.ts";
import { click, createPlayer, jobsOf } from "./player.ts";
import { until } from "./until.ts";

const LATE = "DEADLINE_EXCEEDED";
/** An answer that can't be read may be the end itself: nothing better will come. */
const UNREADABLE = "PROVIDER_BAD_RESPONSE";

/** What the provider answers to every look, for as long as the job lives, and what that ends as. */
const LOOKS = [
  { fal: ["http_500", LATE], kie: ["http_500", LATE] },
  { fal: ["garbage", UNREADABLE], kie: ["garbage", UNREADABLE] },
  { fal: ["wrong_shape", UNREADABLE], kie: ["wrong_shape", UNREADABLE] },
  { fal: ["drop", LATE], kie: ["drop", LATE] },
  { fal: ["rate_limited", LATE], kie: ["rate_limited", LATE] },
  { fal: ["hang", LATE], kie: ["hang", LATE] },
  { fal: ["http_503", LATE], kie: ["unknown_state", LATE] },
  // What fal does not know has failed: it shows a task from its submit on.
  { fal: ["unknown_task", "PROVIDER_FAILED"], kie: ["unknown_task", LATE] },
] as const;

/** Long enough to be looked at more than once. */
const LATE_MS = 1_500;

Deno.test("promise 9: no job outlives its deadline, whatever every look is answered, nor waits for it when no answer can be read", async () => {
  const faults = await startFaultStack({ cron: false });
  const words = LOOKS.map((_, at) => `zqlook000${at}`);
  const player = await createPlayer(faults, words);
  const hurry = startHurry(faults);
  try {
    for (const [at, kinds] of LOOKS.entries()) {
      const word = words[at] ?? "";
      for (const operation of ["status", "result"]) {
        await faults.setFault({ provider: "fal", operation, kind: kinds.fal[0] });
      }
      await faults.setFault({ provider: "kie", operation: "record_info", kind: kinds.kie[0] });
      const answers = await Promise.all([
        ["generate-image", { scene_id: player.scenes.get(word) }] as const,
        ["generate-video", {
          project_id: player.projectId,
          image_ids: [player.imageId],
          prompt: word,
        }] as const,
      ].map(([name, body]) => click(faults, player, { name, body, key: crypto.randomUUID() })));
      const ends = await Promise.all(
        answers.flatMap(jobsOf).map(async (id, which) => {
          const [, expected] = [kinds.fal, kinds.kie][which] ?? [];
          await until(
            "a look",
            () => faults.door.book.passages.some((one) => one.word === word && one.step === "look"),
          );
          if (expected === LATE) {
            await new Promise((resolve) => setTimeout(resolve, LATE_MS));
            await expireNow(faults, id);
          }
          return await until("the job to end", async () => {
            const [row] = await faults.sql<{ end: string }[]>`
            select j.state || ' ' || coalesce(j.error ->> 'code', '') as end from public.jobs as j
            where j.id = ${id} and j.finished_at is not null`;
            return row?.end;
          });
        }),
      );
      const expected = [`failed ${kinds.fal[1]}`, `failed ${kinds.kie[1]}`];
      assert.deepEqual(ends, expected, JSON.stringify(kinds));
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
