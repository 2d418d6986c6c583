/**
 * The engine's functions as workers call them, and work for them: jobs that are due now.
 *
 * @module
 */
import type postgres from "postgres";

/** A job under this worker's lease. */
export interface Held {
  /** The job's. */
  readonly id: string;
  /** The tenant's. */
  readonly user_id: string;
  /** Fencing token. */
  readonly attempt: number;
}

const RESULT = { url: "https://example.com/a.mp4", duration_sec: 5 };

/** Calls `claim_jobs` as a tick does. */
export async function claimJobs(service: postgres.Sql, limit: number): Promise<Held[]> {
  return [
    ...await service<Held[]>`select id, user_id, attempt from public.claim_jobs(${limit})`,
  ];
}

/** Ends a job as succeeded. Throws when it was no longer ours: then the figures would be of nothing. */
export async function settleJob(service: postgres.Sql, job: Held): Promise<void> {
  const [row] = await service<{ settled: boolean }[]>`
    select public.settle_job(${job.id}, ${job.attempt}, 'succeeded', ${
    service.json(RESULT)
  }) as settled`;
  if (row?.settled !== true) throw new Error(`Cannot settle job ${job.id}: it was not held`);
}

/** Sends a job's work as far as the database goes. False: the provider takes no more for now. */
export async function submitJob(service: postgres.Sql, job: Held): Promise<boolean> {
  const [row] = await service<{ answer: { decision: string; attempt_id: string } }[]>`
    select public.begin_submit(${job.id}, ${job.attempt}, ${"a".repeat(64)}, ${
    "b".repeat(64)
  }) as answer`;
  if (row?.answer.decision === "wait") return false;
  if (row?.answer.decision !== "send") throw new Error(`Cannot submit: ${row?.answer.decision}`);
  await service`
    select public.record_submit(${row.answer.attempt_id}, 'submitted', ${crypto.randomUUID()})`;
  return true;
}

/** Adds tenants, each with a project of one scene; gives their ids. */
export async function addTenants(owner: postgres.Sql, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  await owner`
    insert into auth.users (id, email)
    select id, id || '@example.com' from unnest(${ids}::uuid[]) as id`;
  await owner`
    with made as (
      insert into public.projects (user_id, title)
      select id, 'A film' from unnest(${ids}::uuid[]) as id returning id, user_id
    )
    insert into public.scenes (user_id, project_id, index, text)
    select user_id, id, 1, 'A boat' from made`;
  return ids;
}

/** Adds due narration jobs with the clips they fill, `count` in all, tenant by tenant in turn. */
export async function addNarrations(
  owner: postgres.Sql,
  tenants: readonly string[],
  count: number,
): Promise<void> {
  await owner`
    with wanted as (
      select n, (${[...tenants]}::uuid[])[1 + n % ${tenants.length}::int] as user_id
      from generate_series(0, ${count - 1}::int) as n
    ), clips as (
      insert into public.audio_clips (user_id, project_id, scene_id, provider, voice_id)
      select w.user_id, s.project_id, s.id, 'google_tts', 'en-US-Chirp3-HD-Aoede'
      from wanted as w join public.scenes as s on s.user_id = w.user_id and s.index = 1
      returning id, user_id, project_id
    )
    insert into public.jobs (user_id, project_id, kind, subject_id, model_id, run_at, deadline_at)
    select user_id, project_id, 'audio', id, 'google-tts', now(), now() + interval '15 minutes'
    from clips`;
}

/** Adds due clip jobs of one tenant with the clips they fill. */
export async function addClips(
  owner: postgres.Sql,
  tenant: string,
  clips: { readonly count: number; readonly modelId: string; readonly provider: string },
): Promise<void> {
  await owner`
    with clips as (
      insert into public.video_clips (
        user_id, project_id, scene_id, provider, model_id, prompt, aspect_ratio, duration_sec
      )
      select s.user_id, s.project_id, s.id, ${clips.provider}, ${clips.modelId}, 'A boat', '16:9', 5
      from public.scenes as s, generate_series(1, ${clips.count}::int)
      where s.user_id = ${tenant} and s.index = 1
      returning id, user_id, project_id
    )
    insert into public.jobs (
      user_id, project_id, kind, subject_id, model_id, provider, run_at, deadline_at
    )
    select user_id, project_id, 'video', id, ${clips.modelId}, ${clips.provider}, now(),
      now() + interval '1 hour'
    from clips`;
}
