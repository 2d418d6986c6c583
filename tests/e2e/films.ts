/**
 * Films in the making, as their owners see them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FilmPlan } from "../../shared/contract/film_operations.ts";
import type { OperationRequest } from "../../shared/contract/operations.ts";
import { as, ledgerOf, post, type TestUser, withDatabase } from "./studio.ts";

type MakeFilm = OperationRequest<"make-film">;

/** A tree of simulated work on a loaded machine. */
const FILM_LIMIT_MS = 150_000;

/** Starts a film and gives its job and plan. */
export async function startFilm(user: TestUser, body: MakeFilm): Promise<Started> {
  const { job, plan } = await user.studio.call("make-film", body);
  assert.ok(job);
  return { jobId: job.id, plan };
}

/** What was started. */
export interface Started {
  readonly jobId: string;
  readonly plan: FilmPlan;
}

/** Waits until a job has ended, and gives its row. */
export async function endOf(user: TestUser, jobId: string) {
  const [job] = await user.studio.watch([jobId], { signal: AbortSignal.timeout(FILM_LIMIT_MS) });
  assert.ok(job);
  return job;
}

/** Makes a film to its end, which has to be a good one; gives its project too. */
export async function makeFilm(user: TestUser, body: MakeFilm) {
  const started = await startFilm(user, body);
  const job = await endOf(user, started.jobId);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  return { ...started, job, projectId: job.project_id ?? "" };
}

/** Waits until a film asks for its cast to be confirmed, and gives its project. */
export async function untilConfirmation(user: TestUser, jobId: string): Promise<string> {
  for (const end = Date.now() + FILM_LIMIT_MS; Date.now() < end;) {
    const [job] = await user.studio.jobs([jobId]);
    assert.equal(job?.finished_at ?? null, null, JSON.stringify(job?.error));
    if (job?.stage === "confirmation" && job.state === "waiting") return job.project_id ?? "";
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("The film never asked for its cast");
}

/** What a user has spent, in credits: the ledger's word. */
export async function spentBy(user: TestUser): Promise<number> {
  const { sum, balance } = await ledgerOf(user.id);
  assert.equal(sum, balance);
  return 500 - balance;
}

/** What an operation would cost now. */
export async function estimateOf(user: TestUser, operation: string, body: unknown) {
  const answer = await post("estimate", { operation, body }, as(user));
  assert.equal(answer.status, 200, answer.text);
  return answer.json as { credits: number; balance: number; items: unknown[]; plan?: FilmPlan };
}

/** Shots of a project, in the film's order. */
export async function framesOf(user: TestUser, projectId: string) {
  const { supabase } = user.studio;
  const { data: scenes } = await supabase.from("scenes").select("id, index")
    .eq("project_id", projectId).throwOnError();
  const { data: frames } = await supabase.from("frames").select("*")
    .eq("project_id", projectId).throwOnError();
  const placeOf = new Map(scenes.map(({ id, index }) => [id, index]));
  const place = (frame: typeof frames[number]) => placeOf.get(frame.scene_id) ?? 0;
  return frames.sort((a, b) => place(a) - place(b) || a.index - b.index);
}

/** How many jobs of each kind a user's projects have had, whatever became of them. */
export async function jobCounts(user: TestUser): Promise<Record<string, number>> {
  return await withDatabase(async (sql) => {
    const rows = await sql<{ kind: string; count: number }[]>`
      select kind, count(*)::int as count from public.jobs where user_id = ${user.id} group by kind`;
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  });
}

/** What came to the counts between two looks, without kinds that did not change. */
export function added(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}
