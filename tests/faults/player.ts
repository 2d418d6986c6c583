/**
 * A user with an app: signs up, has a project with a scene for every round, a picture and a clip to work
 * from, and clicks as apps do, again with the same key whenever an answer is lost.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/mod.ts";
import { ERRORS, isErrorCode } from "../../shared/contract/errors.ts";
import type { FaultStack } from "./fault_stack.ts";
import { pause, until } from "./until.ts";

/** A user and what is theirs. */
export interface Player {
  readonly id: string;
  readonly token: string;
  readonly projectId: string;
  /** Scene ids by the word that their text holds. */
  readonly scenes: ReadonlyMap<string, string>;
  /** A ready picture, to render clips from. */
  readonly imageId: string;
  /** A ready clip, to cut films from. */
  readonly clipId: string;
}

/** One answer to a click. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
  readonly replayed: boolean;
}

/** A click: the same for all of its tries. */
export interface Click {
  readonly name: string;
  readonly body: unknown;
  readonly key: string;
}

/** More credits than any run spends. */
const CREDITS = 100_000;

/** Apps give up on one try after this. */
const TRY_TIMEOUT_MS = 15_000;

/** Longer than everything that is broken stays broken. */
const CLICK_LIMIT_MS = 90_000;

/** Signs a player up and makes their things, with nothing broken yet. */
export async function createPlayer(
  faults: FaultStack,
  words: readonly string[],
): Promise<Player> {
  const { url, keys } = faults.stack;
  const supabase = createClient<Database>(url, keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await supabase.auth.signUp({
    email: `${crypto.randomUUID()}@example.com`,
    password: crypto.randomUUID(),
  });
  if (error !== null || data.session === null) throw new Error(`Cannot sign up: ${error?.message}`);
  const { access_token: token, user } = data.session;
  await faults.sql`select public.grant_credits(${user.id}, ${CREDITS}, 'for the rounds')`;
  const project = await supabase.from("projects").insert({ title: "To be broken" }).select()
    .single();
  if (project.error !== null) throw new Error(`Cannot insert: ${project.error.message}`);
  const projectId = project.data.id;
  const scenes = new Map<string, string>();
  if (words.length > 0) {
    const inserted = await supabase.from("scenes").insert(words.map((word, at) => ({
      project_id: projectId,
      index: at + 1,
      text: `A short line about ${word}.`,
      plot: `A picture of ${word}`,
    }))).select();
    if (inserted.error !== null) throw new Error(`Cannot insert: ${inserted.error.message}`);
    for (const scene of inserted.data) {
      const word = words.find((candidate) => scene.text?.includes(candidate));
      if (word !== undefined) scenes.set(word, scene.id);
    }
  }
  const player = { id: user.id, token, projectId, scenes, imageId: "", clipId: "" };
  const image = await make(faults, player, {
    name: "generate-image",
    body: { project_id: projectId },
  });
  const clip = await make(faults, player, {
    name: "generate-video",
    body: { project_id: projectId, image_ids: [image], prompt: "The clip that films are cut from" },
  });
  return { ...player, imageId: image, clipId: clip };
}

async function make(
  faults: FaultStack,
  player: { readonly token: string },
  what: Omit<Click, "key">,
): Promise<string> {
  const answer = await click(faults, player, { ...what, key: crypto.randomUUID() });
  const [job] = jobsOf(answer);
  if (job === undefined) throw new Error(`Cannot ${what.name}: ${answer.status} ${answer.text}`);
  const subject = await until(`${what.name} to end`, async () => {
    const [row] = await faults.sql<{ subject_id: string; state: string }[]>`
      select subject_id, state from public.jobs where id = ${job} and finished_at is not null`;
    if (row !== undefined && row.state !== "succeeded") {
      throw new Error(`${what.name} ${row.state}`);
    }
    return row?.subject_id;
  }, { limitMs: 60_000 });
  return subject;
}

/** Tries once. Rejects when there is no answer. */
export async function tryOnce(
  faults: FaultStack,
  player: { readonly token: string },
  { name, body, key }: Click,
): Promise<Answer> {
  const response = await fetch(`${faults.stack.url}/functions/v1/${name}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Bearer ${player.token}`,
      "Idempotency-Key": key,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    json: parse(text),
    replayed: response.headers.get("x-idempotent-replay") === "true",
  };
}

/**
 * Clicks until there is an answer that will not change: lost connections, 5xx, 429 and 409 in progress are
 * tried again with the same key. Rejects when that takes too long.
 */
export async function click(
  faults: FaultStack,
  player: { readonly token: string },
  what: Click,
  onTry: () => void = () => {},
): Promise<Answer> {
  let last = "no answer";
  for (const end = performance.now() + CLICK_LIMIT_MS; performance.now() < end;) {
    onTry();
    try {
      const answer = await tryOnce(faults, player, what);
      if (!mayRetry(answer)) return answer;
      last = `${answer.status} ${answer.text.slice(0, 200)}`;
    } catch (error) {
      last = String(error);
    }
    await pause(200 + 600 * Math.random());
  }
  throw new Error(`${what.name} was not answered in ${CLICK_LIMIT_MS} ms; last: ${last}`);
}

function mayRetry({ status, json }: Answer): boolean {
  if (status < 400) return false;
  const code = String(json["code"]);
  // What is no envelope of ours is the platform's: a worker died, none was there.
  return isErrorCode(code) ? ERRORS[code].retryable : status >= 500;
}

/** The jobs an answer names, each once: pictures name the first one apart, too. */
export function jobsOf({ json }: Answer): string[] {
  const { job, jobs } = json as { job?: { id: string }; jobs?: { id: string }[] };
  return (jobs ?? (job === undefined ? [] : [job])).map(({ id }) => id);
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
