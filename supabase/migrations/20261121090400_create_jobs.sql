-- Why: the job engine's records. A job is the row clients watch; an attempt is one submit that may cost
--   money; an idempotency key is one click.
-- Objects: jobs, job_attempts, idempotency_keys.
-- Locks: none (new tables). Undo: drop the tables in reverse order.

create table public.jobs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid references public.projects (id) on delete set null,
  kind text not null,
  subject_id uuid,
  payload jsonb not null default '{}',
  state text not null default 'queued',
  priority smallint not null default 100,
  run_at timestamptz not null default now(),
  attempt integer not null default 0,
  failure_count integer not null default 0,
  max_failures integer not null default 5,
  claimed_at timestamptz,
  woken_at timestamptz,
  parent_id uuid references public.jobs (id) on delete cascade,
  open_children_count integer not null default 0,
  progress real not null default 0,
  result jsonb,
  error jsonb,
  provider text references public.provider_limits (provider),
  model_id text references public.models (id),
  external_task_id text,
  holds_slot boolean not null default false,
  units numeric not null default 0,
  credits integer not null default 0,
  retry_of uuid references public.jobs (id) on delete set null,
  idempotency_key text,
  request_id text,
  deadline_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('script', 'image', 'audio', 'video', 'film')),
  constraint state_is_known check (
    state in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')
  ),
  constraint progress_is_a_share check (progress between 0 and 1),
  constraint credits_is_not_negative check (credits >= 0),
  constraint open_children_count_is_not_negative check (open_children_count >= 0),
  constraint finished_has_time check (
    (state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)
  ),
  constraint ended_badly_has_reason check ((state in ('failed', 'cancelled')) = (error is not null)),
  constraint error_is_an_error check (private.is_error(error)),
  constraint finished_holds_no_slot check (finished_at is null or not holds_slot)
);
comment on table public.jobs is
  'One piece of work with a price, a deadline and an end. Written by the engine''s functions alone.';
comment on column public.jobs.subject_id is 'The asset it fills, by kind. Null for scripts.';
comment on column public.jobs.payload is 'What the handler needs: see shared/contract/job.ts.';
comment on column public.jobs.priority is 'Smaller runs first.';
comment on column public.jobs.run_at is
  'When it may be claimed next. While running this is the end of the lease: a dead worker''s job comes back '
  'by itself.';
comment on column public.jobs.attempt is
  'Counts claims. It is the fencing token: a write with an older number changes nothing.';
comment on column public.jobs.failure_count is 'Failed runs so far; waiting is not failing.';
comment on column public.jobs.woken_at is 'When something happened that it should look at (a webhook).';
comment on column public.jobs.result is 'What came out, by kind. Null until it succeeded.';
comment on column public.jobs.error is '{code, message} of a job that failed or was cancelled.';
comment on column public.jobs.provider is 'Whom it submits to. Null when it submits nothing that is counted.';
comment on column public.jobs.holds_slot is 'True from its submit to its end: counts against slots.';
comment on column public.jobs.units is 'How many of the model''s units were bought.';
comment on column public.jobs.retry_of is 'The job that failed at the same asset before. Null: the first try.';
comment on column public.jobs.credits is 'What was charged for it.';
comment on column public.jobs.deadline_at is 'By then it has ended, whatever happens.';
alter table public.jobs enable row level security;
revoke all on public.jobs from anon, authenticated, service_role;
grant select on public.jobs to authenticated, service_role;
create policy jobs_select on public.jobs for select to authenticated
  using (user_id = (select auth.uid()));
create index jobs_run_at_idx on public.jobs (run_at) where finished_at is null;
create index jobs_deadline_at_idx on public.jobs (deadline_at) where finished_at is null;
create index jobs_unfinished_of_user_idx on public.jobs (user_id) where finished_at is null;
create index jobs_busy_of_user_idx on public.jobs (user_id) where holds_slot or state = 'running';
create index jobs_slots_of_provider_idx on public.jobs (provider) where holds_slot;
create unique index jobs_provider_external_task_id_idx on public.jobs (provider, external_task_id)
  where external_task_id is not null;
create index jobs_user_id_created_at_idx on public.jobs (user_id, created_at desc);
create index jobs_project_id_idx on public.jobs (project_id);
create index jobs_subject_id_idx on public.jobs (subject_id);
create index jobs_parent_id_idx on public.jobs (parent_id);
create index jobs_provider_idx on public.jobs (provider);
create index jobs_retry_of_idx on public.jobs (retry_of);
create index jobs_model_id_idx on public.jobs (model_id);
create trigger touch_updated_at before update on public.jobs
  for each row execute function private.touch_updated_at();

create table public.job_attempts (
  id uuid primary key default gen_random_uuid(),
  job_id uuid not null references public.jobs (id) on delete cascade,
  provider text not null,
  callback_token_hash text not null,
  request_hash text not null,
  state text not null default 'submitting',
  external_task_id text,
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint state_is_known check (
    state in ('submitting', 'submitted', 'refused', 'never_sent', 'unknown', 'orphaned')
  ),
  constraint submitted_has_task check (state <> 'submitted' or external_task_id is not null),
  constraint error_is_an_error check (private.is_error(error))
);
comment on table public.job_attempts is
  'One row per billable submit, committed before the call leaves. Service only: it holds token hashes.';
comment on column public.job_attempts.callback_token_hash is 'Hex SHA-256 of the token in the callback URL.';
comment on column public.job_attempts.request_hash is 'Hex SHA-256 of what was sent.';
comment on column public.job_attempts.state is
  'submitting: the call may be under way. unknown: it may have been taken. orphaned: given up as unknown; the '
  'provider may still be working.';
comment on column public.job_attempts.error is
  '{code, message}: why it was not taken, or why nobody knows. Null otherwise.';
alter table public.job_attempts enable row level security;
revoke all on public.job_attempts from anon, authenticated, service_role;
grant select on public.job_attempts to service_role;
-- The rule of the house, as a constraint: at most one submit of a job that may have reached the provider.
create unique index job_attempts_live_of_job_idx on public.job_attempts (job_id)
  where state in ('submitting', 'submitted', 'unknown', 'orphaned');
create index job_attempts_job_id_idx on public.job_attempts (job_id);
create index job_attempts_provider_created_at_idx on public.job_attempts (provider, created_at);
create trigger touch_updated_at before update on public.job_attempts
  for each row execute function private.touch_updated_at();

create table public.idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  key text not null,
  operation text not null,
  fingerprint text not null,
  status smallint,
  body text,
  job_id uuid,
  created_at timestamptz not null default now(),
  primary key (user_id, key),
  constraint key_is_well_formed check (key ~ '^[A-Za-z0-9_.:-]{16,255}$'),
  constraint answer_is_whole check ((status is null) = (body is null))
);
comment on table public.idempotency_keys is
  'One click: what was asked, and the first answer, byte for byte. Kept 72 hours. Service only.';
comment on column public.idempotency_keys.fingerprint is 'Hex SHA-256 of the validated body.';
comment on column public.idempotency_keys.status is 'Null while the answer waits for job_id to end.';
alter table public.idempotency_keys enable row level security;
revoke all on public.idempotency_keys from anon, authenticated, service_role;
grant select on public.idempotency_keys to service_role;
create index idempotency_keys_created_at_idx on public.idempotency_keys (created_at);
