import assert from "node:assert/strict";
import { killAll } from "./blows.ts";
import { type FaultStack, startFaultStack } from "./fault_stack.ts";
import { click, createPlayer, type Player } from "./player.ts";
import { until } from "./until.ts";

/** Long enough to be hit in the middle. */
const RENDER_MS = { image: 2_000, video: 4_000 };

/** Leases and ticks of a few kills, one after another, on a loaded machine. */
const FILM_LIMIT_MS = 240_000;

const SHOTS = 3;

/** Moments of a film, each a query that tells whether it is now. */
const MOMENTS = ["narration", "pictures", "clips", "cut"] as const;

/** A film's children that are at work, by kind; work at a provider counts once it is on record there. */
async function isMoment(
  { query }: FaultStack,
  jobId: string,
  moment: typeof MOMENTS[number],
): Promise<boolean> {
  const rows = await query((sql) =>
    sql<{ kind: string; state: string; external_task_id: string | null }[]>`
      select kind, state, external_task_id from public.jobs where parent_id = ${jobId}`
  );
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const sent = (kind: string) =>
    of(kind).length === SHOTS && of(kind).every((row) => row.external_task_id !== null);
  switch (moment) {
    case "narration":
      return of("audio").length > 0;
    case "pictures":
      return sent("image");
    case "clips":
      return sent("video");
    case "cut":
      return of("film").length > 0;
  }
}

/** Kills every worker at once, and ends the leases of the dead: what is claimed from then on is others'. */
async function killEverybody(faults: FaultStack): Promise<void> {
  const killed = killAll(faults);
  assert.ok(killed > 0, "there was somebody to kill");
  await faults.query((sql) =>
    sql`
      update public.jobs set run_at = clock_timestamp()
      where state = 'running' and claimed_at < clock_timestamp() - interval '10 milliseconds'`
  );
}

async function makeFilm(faults: FaultStack, player: Player) {
  const answer = await click(faults, player, {
    name: "make-film",
    body: { prompt: "A boat crosses the city", options: { target_length: 15, scene_count: SHOTS } },
    key: crypto.randomUUID(),
  });
  const { job, plan } = answer.json as { job?: { id: string }; plan?: { credits: number } };
  assert.ok(job && plan, answer.text);
  return { jobId: job.id, credits: plan.credits };
}

Deno.test("every worker is killed at four moments of a film: it is finished, and no shot is bought twice", async () => {
  const faults = await startFaultStack({ renderMs: RENDER_MS });
  try {
    const player = await createPlayer(faults, []);
    const { jobId, credits } = await makeFilm(faults, player);
    for (const moment of MOMENTS) {
      await until(`the film's ${moment}`, () => isMoment(faults, jobId, moment), {
        limitMs: FILM_LIMIT_MS,
        everyMs: 20,
      });
      await killEverybody(faults);
    }
    const end = await until("the film to end", async () => {
      const [row] = await faults.query((sql) =>
        sql<{ state: string; error: unknown }[]>`
          select state, error from public.jobs where id = ${jobId} and finished_at is not null`
      );
      return row;
    }, { limitMs: FILM_LIMIT_MS });
    assert.equal(end.state, "succeeded", JSON.stringify(end.error));
    await assertBoughtOnce(faults, { jobId, credits });
  } finally {
    await faults.stop();
  }
});

/** The ledger and the simulators' own logs agree: one charge and one create for each shot. */
async function assertBoughtOnce(
  faults: FaultStack,
  { jobId, credits }: { readonly jobId: string; readonly credits: number },
): Promise<void> {
  const children = await faults.query((sql) =>
    sql<{ child_key: string; kind: string; net: number; charges: number; prompt: string | null }[]>`
      select j.child_key, j.kind, -sum(e.amount)::int as net,
        (count(*) filter (where e.kind = 'charge'))::int as charges,
        j.payload -> 'request' ->> 'prompt' as prompt
      from public.jobs as j join public.credit_entries as e on e.job_id = j.id
      where j.parent_id = ${jobId} group by j.id`
  );
  assert.ok(children.every(({ charges }) => charges === 1));
  assert.equal(children.reduce((sum, { net }) => sum + net, 0), credits);
  assert.equal(new Set(children.map(({ child_key }) => child_key)).size, children.length);
  const asked: Readonly<Record<string, readonly [string, string]>> = {
    image: ["fal", "submit"],
    video: ["kie", "create_task"],
  };
  for (const [kind, [provider, operation]] of Object.entries(asked)) {
    const shots = children.filter((child) => child.kind === kind);
    assert.equal(shots.length, SHOTS, kind);
    const calls = await faults.calls(provider, operation);
    for (const { prompt } of shots) {
      const own = calls.filter(({ body }) =>
        body.includes(JSON.stringify(prompt ?? "").slice(1, -1))
      );
      assert.equal(own.length, 1, `${kind} of "${prompt}"`);
    }
  }
}
