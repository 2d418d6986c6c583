/**
 * Plays one round: sets its fault, clicks as its user, deals its blow, and waits until everything it
 * started has ended.
 *
 * @module
 */
import { type BlowResult, deal } from "./blows.ts";
import type { FaultStack } from "./fault_stack.ts";
import { expireNow } from "./hurry.ts";
import { type Answer, type Click, click, jobsOf, type Player } from "./player.ts";
import type { Round } from "./round.ts";
import { pause, until } from "./until.ts";

/** A click and every final answer it got. */
export interface PlayedClick extends Click {
  readonly userId: string;
  readonly answers: readonly Answer[];
}

/** How a round went. */
export interface PlayedRound {
  readonly round: Round;
  readonly clicks: readonly PlayedClick[];
  /** In the order they were started. */
  readonly jobIds: readonly string[];
  readonly blow: BlowResult | null;
  /** HTTP tries, those that were lost included. */
  readonly tries: number;
  readonly seconds: number;
  /** Why it could not be played to its end; null when it was. */
  readonly trouble: string | null;
}

/**
 * A lease and a tick for each time a job is taken from a dead worker, several times over: with others'
 * blows around, a job may lose three workers. A job that takes longer with nothing to wait for is stuck.
 */
const ROUND_LIMIT_MS = 180_000;

/** Plays it. Never rejects. */
export async function play(
  faults: FaultStack,
  player: Player,
  round: Round,
): Promise<PlayedRound> {
  const started = performance.now();
  const clicks: PlayedClick[] = [];
  const jobIds: string[] = [];
  const ended = new AbortController();
  const firstJob = Promise.withResolvers<string | null>();
  let tries = 0;
  let trouble: string | null = null;

  const press = async (name: string, body: unknown, copies: number): Promise<Answer> => {
    const what: Click = { name, body, key: crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: copies }, () => click(faults, player, what, () => tries += 1)),
    );
    clicks.push({ ...what, userId: player.id, answers });
    const [answer] = answers;
    if (answer === undefined) throw new RangeError("A click needs a client");
    return answer;
  };
  const start = async (name: string, body: unknown): Promise<string[]> => {
    const answer = await press(name, body, round.copies);
    const ids = jobsOf(answer);
    jobIds.push(...ids);
    return ids;
  };

  const blow = round.blow === null
    ? Promise.resolve(null)
    : deal(faults, round.blow, { round, jobId: firstJob.promise, ended: ended.signal });
  blow.catch(() => {});
  let blowResult: BlowResult | null = null;
  try {
    if (round.fault !== null) {
      const { anyone = false, ...fault } = round.fault;
      await faults.setFault(anyone ? fault : { ...fault, matching: round.word });
    }
    const [name, body] = firstClick(round, player);
    const ids = await start(name, body);
    firstJob.resolve(ids[0] ?? null);
    if (round.operation === "cancel-job") {
      await pause(round.cancelAfterMs);
      await press("cancel-job", { job_id: ids[0] }, round.copies);
    }
    const { expireAfterMs } = round;
    if (expireAfterMs !== null) {
      await Promise.all(ids.map((id) => endLater(faults, id, expireAfterMs)));
    }
    await untilEnded(faults, ids);
    if (round.operation === "retry-job") {
      await untilEnded(faults, await start("retry-job", { job_id: ids[0] }));
    }
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  firstJob.resolve(null);
  ended.abort();
  try {
    blowResult = await blow;
  } catch (error) {
    trouble ??= error instanceof Error ? error.message : String(error);
  }
  const seconds = (performance.now() - started) / 1000;
  return { round, clicks, jobIds, blow: blowResult, tries, seconds, trouble };
}

function firstClick({ work, word }: Round, player: Player): [string, unknown] {
  const { projectId, imageId, clipId, scenes } = player;
  switch (work) {
    case "image":
      return ["generate-image", { scene_id: scenes.get(word) }];
    case "audio":
      return ["generate-audio", { scene_id: scenes.get(word) }];
    case "video":
      return ["generate-video", {
        project_id: projectId,
        image_ids: [imageId],
        prompt: `The camera finds ${word}`,
      }];
    case "film":
      return ["stitch-video", { project_id: projectId, clip_ids: [clipId] }];
    case "script":
      return ["generate-script", { prompt: `A tale of ${word}`, options: { scene_count: 2 } }];
  }
}

/** Lets work that never ends come to its deadline, unless it ends in another way before. */
async function endLater(faults: FaultStack, jobId: string, afterMs: number): Promise<void> {
  await until("endless work to be under way", async () => {
    const [row] = await faults.query((sql) =>
      sql<{ ready: boolean }[]>`
        select j.finished_at is not null or exists (
          select from public.job_attempts as t where t.job_id = j.id and t.state = 'submitted'
            and t.updated_at < clock_timestamp() - make_interval(secs => ${afterMs / 1000})
        ) or exists (
          select from public.job_attempts as t where t.job_id = j.id and t.state = 'unknown'
        ) as ready from public.jobs as j where j.id = ${jobId}`
    );
    return row?.ready ?? true;
  }, { limitMs: ROUND_LIMIT_MS, everyMs: 500 });
  await expireNow(faults, jobId);
}

async function untilEnded(faults: FaultStack, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await until(`jobs ${jobIds.join(", ")} to end`, async () => {
    const [row] = await faults.query((sql) =>
      sql<{ open: number }[]>`
        select count(*)::int as open from public.jobs
        where id = any (${[...jobIds]}) and finished_at is null`
    );
    return row?.open === 0;
  }, { limitMs: ROUND_LIMIT_MS, everyMs: 300 });
}
