-- Why: who works on what, and for how long.
-- Objects: public.claim_jobs, renew_lease, release_job.
-- Locks: row locks on jobs, never waited for when claiming. Undo: drop the functions.
--
-- Definer, all of them: nobody, the service role included, may write jobs or the ledger by hand.

create function public.claim_jobs(
  p_limit integer,
  p_kinds text[] default array['script', 'image', 'audio', 'video', 'film'],
  p_states text[] default array['queued', 'running', 'waiting'],
  p_job_id uuid default null,
  p_lease_sec integer default 20
) returns setof public.jobs
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  if p_job_id is not null then
    -- Asked for by name and begun by nobody: its turn is now. Apart from the search below, whose condition
    -- must stay one that the index on run_at answers alone.
    update public.jobs as j set run_at = v_now
    where j.id = p_job_id and j.finished_at is null and j.attempt = 0 and j.run_at > v_now;
  end if;
  return query
  with free as (
    -- How many submits each provider still takes. A hint against useless claims: begin_submit counts
    -- again, under the provider's lock.
    select l.provider,
      case when l.blocked_until > v_now then 0 else least(
        l.slots - (select count(*) from public.jobs as j where j.provider = l.provider and j.holds_slot),
        l.creates - (
          select count(*) from public.job_attempts as t
          where t.provider = l.provider and t.created_at > v_now - make_interval(secs => l.window_sec)
        )
      ) end as submits
    from public.provider_limits as l
  ),
  busy as (
    select j.user_id, count(*) as jobs from public.jobs as j
    where (j.holds_slot or j.state = 'running') and (j.holds_slot or j.run_at > v_now)
    group by j.user_id
  ),
  due as (
    select j.id, j.priority, j.run_at, j.provider, j.holds_slot,
      row_number() over (partition by j.user_id order by j.priority, j.run_at, j.id)
        + coalesce(b.jobs, 0) as turn
    from public.jobs as j left join busy as b on b.user_id = j.user_id
    where j.finished_at is null and j.run_at <= v_now
      and j.state = any (p_states)
      and j.kind = any (p_kinds)
      and (p_job_id is null or j.id = p_job_id)
  ),
  placed as (
    select d.id, d.priority, d.turn, d.run_at, d.provider, d.holds_slot,
      row_number() over (
        partition by d.provider, d.holds_slot order by d.priority, d.turn, d.run_at, d.id
      ) as place
    from due as d
  ),
  picked as (
    select j.id
    from placed as p
    join public.jobs as j on j.id = p.id
    left join free as f on f.provider = p.provider
    where (p.provider is null or p.holds_slot or p.place <= f.submits)
      and j.finished_at is null and j.run_at <= v_now
      and j.state = any (p_states)
    order by p.priority, p.turn, p.run_at, p.id
    limit p_limit
    for update of j skip locked
  ),
  claimed as (
    update public.jobs as j set
      state = 'running', attempt = j.attempt + 1, claimed_at = v_now,
      run_at = v_now + make_interval(secs => p_lease_sec), started_at = coalesce(j.started_at, v_now)
    from picked where j.id = picked.id
    returning j.*
  ),
  -- What is submitted is rendering from its submit on (begin_submit); the rest from its first claim.
  speaking as (
    update public.audio_clips as a set status = 'rendering' from claimed as c
    where c.kind = 'audio' and a.id = c.subject_id and a.status = 'pending'
  ),
  cutting as (
    update public.films as a set status = 'rendering' from claimed as c
    where c.kind = 'film' and a.id = c.subject_id and a.status = 'pending'
  )
  select c.* from claimed as c;
end
$$;
comment on function public.claim_jobs(integer, text[], text[], uuid, integer) is
  'Takes up to p_limit due jobs, each under a lease: first by priority, then tenant by tenant in turn (who '
  'has least under way comes first), within what each provider still takes. A job whose lease ran out is '
  'due again. p_job_id: only that one, and before its time if nobody has begun it.';

create function public.renew_lease(
  p_job_id uuid, p_attempt integer, p_progress real default null, p_lease_sec integer default 20
) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.jobs as j set
    run_at = clock_timestamp() + make_interval(secs => p_lease_sec),
    progress = greatest(j.progress, coalesce(p_progress, j.progress))
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running';
  return found;
end
$$;
comment on function public.renew_lease(uuid, integer, real, integer) is
  'Keeps a claimed job. False: it is no longer this worker''s, which must stop.';

create function public.release_job(
  p_job_id uuid,
  p_attempt integer,
  p_state text,
  p_delay_sec double precision,
  p_progress real default null,
  p_failure jsonb default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
  v_job public.jobs;
begin
  select j.* into v_job from public.jobs as j
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running'
  for update;
  if not found then
    return false;
  end if;
  if p_failure is not null and v_job.failure_count + 1 >= v_job.max_failures then
    perform private.settle(v_job, 'failed', null, p_failure);
    return true;
  end if;
  update public.jobs as j set
    state = p_state,
    failure_count = j.failure_count + case when p_failure is null then 0 else 1 end,
    progress = greatest(j.progress, coalesce(p_progress, j.progress)),
    -- A webhook that came while it was being looked at must not be slept through.
    run_at = case when j.woken_at > j.claimed_at then v_now
      else least(v_now + make_interval(secs => p_delay_sec), greatest(j.deadline_at, v_now)) end
  where j.id = p_job_id;
  return true;
end
$$;
comment on function public.release_job(uuid, integer, text, double precision, real, jsonb) is
  'Puts a claimed job back as queued or waiting until p_delay_sec from now. p_failure ({code, message}) '
  'counts against max_failures, and ends the job when they are used up. False: no longer this worker''s.';

revoke execute on function public.claim_jobs(integer, text[], text[], uuid, integer)
  from public, anon, authenticated;
revoke execute on function public.renew_lease(uuid, integer, real, integer)
  from public, anon, authenticated;
revoke execute on function public.release_job(uuid, integer, text, double precision, real, jsonb)
  from public, anon, authenticated;
grant execute on function public.claim_jobs(integer, text[], text[], uuid, integer) to service_role;
grant execute on function public.renew_lease(uuid, integer, real, integer) to service_role;
grant execute on function public.release_job(uuid, integer, text, double precision, real, jsonb) to service_role;
