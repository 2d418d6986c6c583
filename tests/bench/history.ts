/**
 * Fills a database as years of work would: finished jobs, old submits, jobs that wait for their time.
 *
 * @module
 */
import type postgres from "postgres";

/** How much there is of each. */
export interface History {
  /** Jobs that ended in the last 90 days. */
  readonly finishedJobs: number;
  /** Submits of finished jobs, all older than any rate window. */
  readonly attempts: number;
  /** Unfinished jobs whose time is an hour away. */
  readonly waitingJobs: number;
}

const USERS = 1_000;
const PROJECTS = 5_000;

/** Adds tenants with a project each or more, and leaves statistics and visibility as autovacuum would. */
export async function writeHistory(owner: postgres.Sql, history: History): Promise<void> {
  await owner.begin(async (sql) => {
    // Rows that are right by construction: a million look-ups of the same thousand users prove nothing.
    await sql`set local session_replication_role = replica`;
    await sql`
      insert into auth.users (id, email)
      select md5('user ' || n)::uuid, 'user' || n || '@example.com' from generate_series(0, ${
      USERS - 1
    }::int) as n`;
    await sql`
      insert into public.credit_accounts (user_id, balance)
      select md5('user ' || n)::uuid, 100000 from generate_series(0, ${USERS - 1}::int) as n`;
    await sql`
      insert into public.settings (user_id)
      select md5('user ' || n)::uuid from generate_series(0, ${USERS - 1}::int) as n`;
    await sql`
      insert into public.projects (id, user_id, title)
      select md5('project ' || n)::uuid, md5('user ' || n % ${USERS}::int)::uuid, 'A film'
      from generate_series(0, ${PROJECTS - 1}::int) as n`;
    await writeFinished(sql, history.finishedJobs);
    await sql`
      insert into public.job_attempts (
        job_id, provider, callback_token_hash, request_hash, state, external_task_id, created_at
      )
      select md5('job ' || n)::uuid, case when n % 2 = 0 then 'fal' else 'kie' end, md5('token ' || n),
        md5('request ' || n), 'submitted', md5('task ' || n),
        now() - interval '1 hour' - n * interval '70 seconds'
      from generate_series(1, ${history.attempts}::int) as n`;
    await sql`
      insert into public.jobs (
        user_id, project_id, kind, subject_id, payload, state, run_at, attempt, model_id, provider,
        deadline_at
      )
      select md5('user ' || n % ${USERS}::int)::uuid, md5('project ' || n % ${PROJECTS}::int)::uuid,
        'video', gen_random_uuid(), '{"request": {"prompt": "A boat"}, "typical_sec": 90}', 'waiting',
        now() + interval '1 hour' + n * interval '1 second', 1, 'kling-2.5-turbo-pro', 'kie',
        now() + interval '1 day'
      from generate_series(1, ${history.waitingJobs}::int) as n`;
  });
  await owner`vacuum (analyze)`;
  await owner`checkpoint`;
}

async function writeFinished(sql: postgres.TransactionSql, count: number): Promise<void> {
  await sql`
    insert into public.jobs (
      id, user_id, project_id, kind, subject_id, payload, state, run_at, attempt, progress, result, error,
      provider, model_id, external_task_id, units, credits, deadline_at, started_at, finished_at,
      created_at, updated_at
    )
    select md5('job ' || n)::uuid, md5('user ' || n % ${USERS}::int)::uuid,
      md5('project ' || n % ${PROJECTS}::int)::uuid, k.kind, gen_random_uuid(),
      jsonb_build_object('request', jsonb_build_object(
        'prompt', repeat('A boat on a lake at dawn, painted. ', 4), 'duration', 5
      ), 'typical_sec', 90),
      case when n % 20 = 0 then 'failed' else 'succeeded' end, t.ended, 2, 1,
      case when n % 20 <> 0 then '{"url": "https://example.com/clip.mp4", "duration_sec": 5}'::jsonb end,
      case when n % 20 = 0 then '{"code": "PROVIDER_FAILED", "message": "It failed"}'::jsonb end,
      k.provider, k.model_id, case when k.provider is not null then md5('task ' || n) end, 1, 20,
      t.ended + interval '1 hour', t.ended - interval '2 minutes', t.ended,
      t.ended - interval '3 minutes', t.ended
    from generate_series(1, ${count}::int) as n
    cross join lateral (
      -- Oldest first, as they came.
      select now() - interval '90 days' + n * (interval '89 days' / ${
    Math.max(count, 1)
  }::int) as ended
    ) as t
    join (values
      (0, 'image', 'fal', 'flux-schnell'), (1, 'video', 'kie', 'kling-2.5-turbo-pro'),
      (2, 'audio', null, 'google-tts'), (3, 'image', 'fal', 'flux-schnell')
    ) as k (part, kind, provider, model_id) on k.part = n % 4`;
}
