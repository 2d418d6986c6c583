import assert from "node:assert/strict";
import { type FaultStack, startFaultStack } from "./fault_stack.ts";
import { startHurry } from "./hurry.ts";
import { type Answer, click, createPlayer, type Player } from "./player.ts";
import { until } from "./until.ts";

const PARALLEL = 200;
/** A clip of five seconds by the default model. */
const PRICE = 20;

/** A stack and a player who has exactly so many credits. */
async function withPlayer(
  credits: number,
  run: (faults: FaultStack, player: Player) => Promise<void>,
): Promise<void> {
  const faults = await startFaultStack({ cron: false });
  try {
    const player = await createPlayer(faults, []);
    await faults.sql`
      select public.grant_credits(${player.id}, ${credits} - a.balance, 'to what the test needs')
      from public.credit_accounts as a where a.user_id = ${player.id}`;
    const hurry = startHurry(faults);
    try {
      await run(faults, player);
    } finally {
      await hurry.stop();
    }
  } finally {
    await faults.stop();
  }
}

/** Clicks for a clip from many clients at once, each with its key. */
async function clickAll(
  faults: FaultStack,
  player: Player,
  keys: readonly string[],
  word: string,
): Promise<Answer[]> {
  const body = { project_id: player.projectId, image_ids: [player.imageId], prompt: word };
  return await Promise.all(
    keys.map((key) => click(faults, player, { name: "generate-video", body, key })),
  );
}

/** What came of it: jobs, ledger, and the tasks the simulator took. */
async function readEffects(faults: FaultStack, player: Player, word: string) {
  const like = `%${word}%`;
  const rows = await until("the jobs to end", async () => {
    const found = await faults.sql<{ state: string; charges: number; refunds: number }[]>`
      select j.state,
        (select count(*) from public.credit_entries e where e.job_id = j.id and e.kind = 'charge')::int as charges,
        (select count(*) from public.credit_entries e where e.job_id = j.id and e.kind = 'refund')::int as refunds
      from public.jobs as j where j.user_id = ${player.id} and j.payload::text like ${like}`;
    return found.every(({ state }) => state === "succeeded") && found.length > 0
      ? [...found]
      : null;
  }, { limitMs: 90_000 });
  const [account] = await faults.sql<{ balance: number; sum: number }[]>`
    select a.balance, (select sum(e.amount)::int from public.credit_entries e where e.user_id = a.user_id) as sum
    from public.credit_accounts as a where a.user_id = ${player.id}`;
  const creates =
    (await faults.calls("kie", "create_task")).filter(({ body, taskId }) =>
      taskId !== null && body.includes(word)
    ).length;
  return { jobs: rows, ...account, creates };
}

Deno.test("promise 1: 200 parallel clicks with one key and credit for one: one charge, one job, one create, one answer", async () => {
  await withPlayer(PRICE, async (faults, player) => {
    const key = crypto.randomUUID();
    const answers = await clickAll(faults, player, Array(PARALLEL).fill(key), "zqonekey01");
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1, "byte-identical");
    assert.equal(answers.filter(({ replayed }) => !replayed).length, 1, "one is the first");
    assert.deepEqual(await readEffects(faults, player, "zqonekey01"), {
      jobs: [{ state: "succeeded", charges: 1, refunds: 0 }],
      balance: 0,
      sum: 0,
      creates: 1,
    });
  });
});

Deno.test("promise 3: 200 parallel clicks with credit for seven: exactly seven jobs, and never below zero", async () => {
  await withPlayer(7 * PRICE, async (faults, player) => {
    const keys = Array.from({ length: PARALLEL }, () => crypto.randomUUID());
    const answers = await clickAll(faults, player, keys, "zqseven001");
    const poor = answers.filter(({ json }) => json["code"] === "INSUFFICIENT_CREDITS");
    assert.equal(answers.filter(({ status }) => status === 202).length, 7);
    assert.equal(poor.length, PARALLEL - 7);
    assert.ok(poor.every(({ status }) => status === 402));
    assert.deepEqual(await readEffects(faults, player, "zqseven001"), {
      jobs: Array(7).fill({ state: "succeeded", charges: 1, refunds: 0 }),
      balance: 0,
      sum: 0,
      creates: 7,
    });
  });
});
