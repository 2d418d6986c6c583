-- Why: a submit nobody heard of held its provider's slot until its deadline, an hour for clips: a provider that
--   drops answers was shut by a few of them, and so was one by faults of our own, while one that said it was down
--   passed for up. And a webhook's worker lost a round trip in claiming what it had just woken.
-- Objects: private.unknown_slot_sec; public.begin_submit, record_submit (same), wake_by_callback (p_claim).
-- Locks: as before. Deploy order: functions' code after it; the old code goes on working. Undo: bring the old
--   functions back.

create function private.unknown_slot_sec(p_model_id text) returns double precision
language sql stable security invoker set search_path = '' as $$
  select greatest(300, 3 * coalesce((select m.typical_sec from public.models as m where m.id = p_model_id), 0))
$$;
comment on function private.unknown_slot_sec(text) is
  'How long a submit nobody heard of counts against its provider''s slots, in seconds: three times what the model '
  'usually takes, five minutes at least. Whatever was taken has most likely ended by then.';

create or replace function public.begin_submit(
  p_job_id uuid, p_attempt integer, p_token_hash text, p_request_hash text
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz;
  v_job public.jobs;
  v_known public.job_attempts;
  v_limit public.provider_limits;
  v_recent bigint;
  v_oldest timestamptz;
  v_attempt_id uuid;
  v_hold_sec double precision;
begin
  select j.* into v_job from public.jobs as j
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running'
  for update;
  if not found then
    return jsonb_build_object('decision', 'lost');
  end if;

  select t.* into v_known from public.job_attempts as t
  where t.job_id = p_job_id and t.state in ('submitting', 'submitted', 'unknown');
  if found then
    if v_known.state = 'submitted' then
      return jsonb_build_object('decision', 'submitted', 'external_task_id', v_known.external_task_id);
    end if;
    -- A worker died between sending and hearing: whether it was taken can't be known from here.
    update public.job_attempts as t set state = 'unknown' where t.id = v_known.id and t.state <> 'unknown';
    v_hold_sec := private.unknown_slot_sec(v_job.model_id)
      - extract(epoch from clock_timestamp() - v_known.created_at);
    if v_hold_sec <= 0 then
      update public.jobs as j set holds_slot = false where j.id = p_job_id and j.holds_slot;
      -- There is nothing left to do but its deadline.
      v_hold_sec := greatest(extract(epoch from v_job.deadline_at - clock_timestamp()), 0);
    end if;
    return jsonb_build_object('decision', 'unknown', 'seconds', v_hold_sec);
  end if;

  -- Under this lock, so that slots and rate hold for any number of workers. Not of its key: every click that is
  -- being taken refers to it.
  select l.* into strict v_limit from public.provider_limits as l
  where l.provider = v_job.provider for no key update;
  v_now := clock_timestamp();
  if v_limit.blocked_until > v_now then
    return jsonb_build_object(
      'decision', 'wait', 'seconds', extract(epoch from v_limit.blocked_until - v_now)
    );
  end if;
  if (select count(*) from public.jobs as j where coalesce(j.provider, '') = v_limit.provider and j.holds_slot)
    >= v_limit.slots then
    return jsonb_build_object('decision', 'wait', 'seconds', 2);
  end if;
  select count(*), min(t.created_at) into v_recent, v_oldest from public.job_attempts as t
  where t.provider = v_limit.provider
    and t.created_at > v_now - make_interval(secs => v_limit.window_sec);
  if v_recent >= v_limit.creates then
    return jsonb_build_object(
      'decision', 'wait', 'seconds',
      extract(epoch from v_oldest + make_interval(secs => v_limit.window_sec) - v_now)
    );
  end if;

  if v_limit.failure_count >= 5 then
    -- Half open: one submit finds out whether it is back, the others wait for what it finds.
    update public.provider_limits as l set blocked_until = v_now + interval '10 seconds'
    where l.provider = v_limit.provider;
  end if;

  insert into public.job_attempts (
    job_id, provider, callback_token_hash, request_hash, created_at
  )
  values (p_job_id, v_limit.provider, p_token_hash, p_request_hash, v_now)
  returning id into v_attempt_id;
  update public.jobs as j set holds_slot = true where j.id = p_job_id;
  if v_job.kind = 'image' then
    update public.image_assets as a set status = 'rendering' where a.id = v_job.subject_id;
  elsif v_job.kind = 'video' then
    update public.video_clips as a set status = 'rendering' where a.id = v_job.subject_id;
  end if;
  return jsonb_build_object('decision', 'send', 'attempt_id', v_attempt_id);
end
$$;
comment on function public.begin_submit(uuid, integer, text, text) is
  'Decides whether a job''s work may be sent now. {decision: send, attempt_id} commits the attempt first; '
  'wait (seconds): the provider''s slots or rate are used up; submitted: it is there already; unknown (seconds: '
  'when to ask again): a send may have gone out, never send again; its slot is given back after '
  'private.unknown_slot_sec; lost: not this worker''s job any more.';

create or replace function public.record_submit(
  p_attempt_id uuid,
  p_state text,
  p_external_task_id text default null,
  p_error jsonb default null,
  p_block_sec double precision default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_attempt public.job_attempts;
  v_code text := coalesce(p_error ->> 'code', '');
begin
  -- No lease is asked for: what the provider said stays true, even if this worker has lost the job. The
  -- job's row first, as in every function here, so that two of them can't wait for each other; and never its
  -- key, which a retry refers to while it holds the account.
  perform 1 from public.jobs as j
  where j.id = (select t.job_id from public.job_attempts as t where t.id = p_attempt_id)
  for no key update;
  update public.job_attempts as t set
    state = p_state, external_task_id = coalesce(p_external_task_id, t.external_task_id), error = p_error
  where t.id = p_attempt_id and t.state in ('submitting', 'unknown')
  returning t.* into v_attempt;
  if not found then
    -- A callback may have named the task before the submit's own answer came: nothing is new then, and the
    -- worker that sent it goes on.
    return p_state = 'submitted' and exists (
      select from public.job_attempts as t
      where t.id = p_attempt_id and t.state = 'submitted' and t.external_task_id = p_external_task_id
    );
  end if;
  if p_state = 'submitted' then
    update public.jobs as j set
      external_task_id = p_external_task_id,
      -- It may have been given back while nobody knew of the task.
      holds_slot = true,
      -- Whoever waits for a lost answer need not wait for the deadline any more.
      run_at = case when j.state = 'waiting' then clock_timestamp() else j.run_at end
    where j.id = v_attempt.job_id and j.finished_at is null;
    -- An ended job's clip may be its retry's by now.
    update public.video_clips as a set external_task_id = p_external_task_id
    from public.jobs as j
    where j.id = v_attempt.job_id and j.finished_at is null and j.kind = 'video' and a.id = j.subject_id;
  elsif p_state in ('refused', 'never_sent') then
    update public.jobs as j set holds_slot = false where j.id = v_attempt.job_id;
  end if;
  -- What is our fault, or may be the request's, says nothing about the provider. One that answers that it is
  -- down is down; but who is told so again and again may be the reason: a job says it once.
  if v_code not in ('INTERNAL', 'RESULT_INVALID', 'MODEL_INPUT_INVALID', 'PROVIDER_FAILED') and not (
    p_state = 'refused' and v_code = 'PROVIDER_UNAVAILABLE' and exists (
      select from public.job_attempts as t
      where t.job_id = v_attempt.job_id and t.id <> v_attempt.id
        and t.state = 'refused' and t.error ->> 'code' = v_code
    )
  ) then
    perform private.note_provider(
      v_attempt.provider,
      p_state = 'submitted' or (p_state = 'refused' and v_code <> 'PROVIDER_UNAVAILABLE')
    );
  end if;
  if p_block_sec is not null then
    update public.provider_limits as l set
      blocked_until = greatest(l.blocked_until, clock_timestamp() + make_interval(secs => p_block_sec))
    where l.provider = v_attempt.provider;
  end if;
  return true;
end
$$;

drop function public.wake_by_callback(uuid, text, text, text);
create function public.wake_by_callback(
  p_attempt_id uuid,
  p_token_hash text,
  p_provider text,
  p_external_task_id text,
  p_claim boolean default false,
  p_lease_sec integer default 20
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz;
  v_attempt public.job_attempts;
  v_job public.jobs;
  v_claimed boolean;
begin
  select t.* into v_attempt from public.job_attempts as t
  where t.id = p_attempt_id and t.callback_token_hash = p_token_hash and t.provider = p_provider;
  if not found then
    return null;
  end if;
  if v_attempt.state in ('submitting', 'unknown') then
    if exists (
      select from public.jobs as j
      where j.provider = p_provider and j.external_task_id = p_external_task_id
        and j.id <> v_attempt.job_id
    ) then
      return null;
    end if;
    -- The answer to the submit was lost or is still on its way; the token proves whose task this is.
    perform public.record_submit(p_attempt_id, 'submitted', p_external_task_id);
  elsif v_attempt.external_task_id is distinct from p_external_task_id then
    return null;
  end if;
  select j.* into v_job from public.jobs as j
  where j.id = v_attempt.job_id and j.finished_at is null
  for update;
  if not found then
    return jsonb_build_object('job_id', v_attempt.job_id, 'awake', false, 'job', null);
  end if;
  v_now := clock_timestamp();
  -- A worker that holds it hears of it when it puts it back.
  v_claimed := p_claim and (v_job.state <> 'running' or v_job.run_at <= v_now);
  update public.jobs as j set
    woken_at = v_now,
    state = case when v_claimed then 'running' else j.state end,
    attempt = j.attempt + v_claimed::integer,
    claimed_at = case when v_claimed then v_now else j.claimed_at end,
    run_at = case when v_claimed then v_now + make_interval(secs => p_lease_sec)
      when j.state = 'waiting' then v_now else j.run_at end
  where j.id = v_job.id
  returning j.* into v_job;
  return jsonb_build_object(
    'job_id', v_job.id, 'awake', true, 'job', case when v_claimed then to_jsonb(v_job) end
  );
end
$$;
comment on function public.wake_by_callback(uuid, text, text, text, boolean, integer) is
  'A provider says its task changed: the job becomes due at once. Nothing the callback says is believed: the '
  'task is looked at again. p_claim: the caller will look itself, and gets the job under a lease of p_lease_sec, '
  'unless another worker holds it. Null: no such attempt, token or task. awake false: the job had ended; job: '
  'the claimed row, or null.';
revoke execute on function public.wake_by_callback(uuid, text, text, text, boolean, integer)
  from public, anon, authenticated;
grant execute on function public.wake_by_callback(uuid, text, text, text, boolean, integer) to service_role;
