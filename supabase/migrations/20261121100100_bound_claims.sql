-- Why: what a claim costs follows the tenants in line and the work under way, never how much is queued: with
--   500 due jobs and statistics of an empty table a claim took 53 ms, with 20,000 behind a blocked provider
--   62–109 ms. Between tenants with as much under way, who was served longest ago comes first. And whoever
--   puts a job back is told when it is due again; unreadable answers to looks end a job when they come one after
--   the other, not when they sum up over an hour.
-- Objects: jobs_in_line_idx, jobs_under_way_run_at_idx, jobs_user_id_started_at_idx (jobs_run_at_idx goes),
--   jobs_unfinished_of_user_idx, jobs_deadline_at_idx and jobs_slots_of_provider_idx (narrower);
--   private.free_submits; public.claim_jobs (same), release_job (other result).
-- Locks: jobs against writing while the indexes are built. Deploy order: functions' code after it; the old code
--   takes any number for "still mine". Undo: bring index and functions back.

-- Who stands in line: one entry a job that waits to be begun, tenant by tenant in the order of their turns.
create index jobs_in_line_idx on public.jobs (kind, (coalesce(provider, '')), user_id, priority, run_at, id)
  where state = 'queued' and not holds_slot;
-- What was begun: bounded by workers' places and providers' slots.
create index jobs_under_way_run_at_idx on public.jobs (run_at)
  where finished_at is null and (state <> 'queued' or holds_slot);
drop index public.jobs_run_at_idx;
-- These two serve those who ask for a user or a deadline, and nobody else: by the second condition, which such a
-- question implies and no other one does, they are no candidates for the rest.
drop index public.jobs_unfinished_of_user_idx;
create index jobs_unfinished_of_user_idx on public.jobs (user_id)
  where finished_at is null and user_id is not null;
drop index public.jobs_deadline_at_idx;
create index jobs_deadline_at_idx on public.jobs (deadline_at)
  where finished_at is null and deadline_at is not null;
drop index public.jobs_slots_of_provider_idx;
create index jobs_slots_of_provider_idx on public.jobs ((coalesce(provider, ''))) where holds_slot;
create index jobs_user_id_started_at_idx on public.jobs (user_id, started_at) where started_at is not null;

create function private.free_submits(p_limit public.provider_limits, p_now timestamptz) returns bigint
language sql stable security invoker set search_path = '' as $$
  select case when p_limit.blocked_until > p_now then 0 else greatest(0, least(
    p_limit.slots - (
      -- Asked so, the index on slots is the only one there is for it.
      select count(*) from public.jobs as j where coalesce(j.provider, '') = p_limit.provider and j.holds_slot
    ),
    p_limit.creates - (
      select count(*) from public.job_attempts as t
      where t.provider = p_limit.provider
        and t.created_at > p_now - make_interval(secs => p_limit.window_sec)
    )
  )) end
$$;
comment on function private.free_submits(public.provider_limits, timestamptz) is
  'How many submits a provider takes now. A hint against useless claims: begin_submit counts again, under the '
  'provider''s lock.';

create or replace function public.claim_jobs(
  p_limit integer,
  p_kinds text[] default array['script', 'image', 'audio', 'video', 'film'],
  p_states text[] default array['queued', 'running', 'waiting'],
  p_job_id uuid default null,
  p_lease_sec integer default 20
) returns setof public.jobs
language plpgsql security definer set search_path = ''
-- Plans for any statistics: a queue is empty when it is analysed and full when it matters. Each condition and
-- order here has its index, and nothing else may be chosen; what is sorted all the same is small.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_sort = off set enable_incremental_sort = off set enable_mergejoin = off set enable_hashjoin = off
set jit = off
as $$
declare
  v_now timestamptz := clock_timestamp();
  -- Candidates, and as many tenants of each provider and jobs of each tenant: a few more than wanted, because
  -- other claims may be under way.
  v_window integer := p_limit + 16;
  v_ids uuid[];
  v_mine uuid[];
begin
  if p_job_id is not null then
    -- Asked for by name and begun by nobody: its turn is now.
    update public.jobs as j set run_at = v_now
    where j.id = p_job_id and j.state = 'queued' and j.attempt = 0 and j.run_at > v_now;
  end if;
  loop
    if p_job_id is not null then
      v_ids := array(
        select j.id from public.jobs as j left join public.provider_limits as l on l.provider = j.provider
        where j.id = p_job_id and j.kind = any (p_kinds)
          and (j.provider is null or j.holds_slot or private.free_submits(l, v_now) > 0)
      );
    else
      v_ids := array(
        with recursive free as materialized (
          select l.provider, private.free_submits(l, v_now) as submits from public.provider_limits as l
        ),
        -- From tenant to tenant along the index, however many jobs each has queued.
        line as (
          (
            select j.kind, coalesce(j.provider, '') as provider, j.user_id from public.jobs as j
            where j.state = 'queued' and not j.holds_slot and 'queued' = any (p_states)
            order by j.kind, coalesce(j.provider, ''), j.user_id limit 1
          )
          union all
          select n.kind, n.provider, n.user_id from line as l cross join lateral (
            select j.kind, coalesce(j.provider, '') as provider, j.user_id from public.jobs as j
            where j.state = 'queued' and not j.holds_slot
              and (j.kind, coalesce(j.provider, ''), j.user_id) > (l.kind, l.provider, l.user_id)
            order by j.kind, coalesce(j.provider, ''), j.user_id limit 1
          ) as n
        ),
        -- The first due job of each of them; nothing is read for a provider that takes nothing.
        heads as materialized (
          select l.kind, l.provider, l.user_id, f.submits, d.priority, d.run_at,
            (
              select count(*) from public.jobs as j
              where j.user_id = l.user_id and (j.holds_slot or j.state = 'running')
                and (j.holds_slot or j.run_at > v_now)
            ) as jobs,
            (
              select max(j.started_at) from public.jobs as j
              where j.user_id = l.user_id and j.started_at is not null
            ) as served_at
          from line as l
          left join free as f on f.provider = l.provider
          cross join lateral (
            select j.priority, j.run_at from public.jobs as j
            where j.state = 'queued' and not j.holds_slot and j.kind = l.kind
              and coalesce(j.provider, '') = l.provider and j.user_id = l.user_id and j.run_at <= v_now
              and l.kind = any (p_kinds) and (l.provider = '' or f.submits > 0)
            order by j.priority, j.run_at, j.id limit 1
          ) as d
        ),
        -- A tenant's first job comes before its others: whoever is not among the first with it has none there.
        first_heads as materialized (
          select h.kind, h.provider, h.user_id, h.submits, h.jobs, h.served_at,
            row_number() over (
              partition by h.provider order by h.priority, h.jobs, h.served_at nulls first, h.run_at, h.user_id
            ) as place
          from heads as h
        ),
        due as materialized (
          select d.id, h.user_id, d.priority, d.run_at, h.provider, h.submits, h.jobs, h.served_at
          from first_heads as h
          cross join lateral (
            select j.id, j.priority, j.run_at from public.jobs as j
            where j.state = 'queued' and not j.holds_slot and j.kind = h.kind
              and coalesce(j.provider, '') = h.provider and j.user_id = h.user_id and j.run_at <= v_now
              and h.place <= v_window
            order by j.priority, j.run_at, j.id limit v_window
          ) as d
          union all
          select j.id, j.user_id, j.priority, j.run_at, coalesce(j.provider, ''),
            case when not j.holds_slot then f.submits end,
            (
              select count(*) from public.jobs as b
              where b.user_id = j.user_id and (b.holds_slot or b.state = 'running')
                and (b.holds_slot or b.run_at > v_now)
            ),
            (
              select max(s.started_at) from public.jobs as s
              where s.user_id = j.user_id and s.started_at is not null
            )
          from (
            -- In the order that one index alone has; more than so many are there only after a long standstill.
            select u.id, u.user_id, u.priority, u.run_at, u.provider, u.holds_slot from public.jobs as u
            where u.finished_at is null and (u.state <> 'queued' or u.holds_slot) and u.run_at <= v_now
              and u.state = any (p_states) and u.kind = any (p_kinds)
            order by u.run_at limit 1000
          ) as j
          left join free as f on f.provider = j.provider
        ),
        ranked as (
          select d.id, d.priority, d.run_at, d.provider, d.submits, d.served_at,
            d.jobs + row_number() over (partition by d.user_id order by d.priority, d.run_at, d.id) as turn
          from due as d
        ),
        placed as (
          select r.id, r.priority, r.turn, r.served_at, r.run_at, r.submits,
            row_number() over (
              partition by r.provider, r.submits is null
              order by r.priority, r.turn, r.served_at nulls first, r.run_at, r.id
            ) as place
          from ranked as r
        )
        select p.id from placed as p
        -- No number of submits: it submits nothing that is counted, or has done so.
        where p.submits is null or p.place <= p.submits
        order by p.priority, p.turn, p.served_at nulls first, p.run_at, p.id
        limit v_window
      );
    end if;
    v_mine := array(
      -- One by one, by key, in their order: as a join it may begin with the table, if that was empty when planned.
      select l.id
      from unnest(v_ids) with ordinality as c (id, place)
      cross join lateral (
        select j.id from public.jobs as j
        where j.id = c.id and j.finished_at is null and j.run_at <= v_now and j.state = any (p_states)
        limit 1
        for update skip locked
      ) as l
      order by c.place
      limit p_limit
    );
    -- Other claims had taken the first ones: further down the line there may be more.
    exit when cardinality(v_mine) >= p_limit or cardinality(v_ids) < v_window or p_job_id is not null;
    v_window := 4 * v_window;
  end loop;
  return query
  with claimed as (
    update public.jobs as j set
      state = 'running', attempt = j.attempt + 1, claimed_at = v_now,
      run_at = v_now + make_interval(secs => p_lease_sec), started_at = coalesce(j.started_at, v_now)
    where j.id = any (v_mine)
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
  'has least under way comes first, then who was served longest ago), within what each provider still takes. A '
  'job whose lease ran out is due again. p_job_id: only that one, and before its time if it is queued and '
  'nobody has begun it.';

drop function public.release_job(uuid, integer, text, double precision, real, jsonb);
create function public.release_job(
  p_job_id uuid,
  p_attempt integer,
  p_state text,
  p_delay_sec double precision,
  p_progress real default null,
  p_failure jsonb default null
) returns double precision
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
  v_job public.jobs;
  v_delay_sec double precision;
begin
  select j.* into v_job from public.jobs as j
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running'
  for update;
  if not found then
    return null;
  end if;
  if p_failure is not null and v_job.failure_count + 1 >= v_job.max_failures then
    perform private.settle(v_job, 'failed', null, p_failure);
    return -1;
  end if;
  -- A webhook that came while it was being looked at must not be slept through.
  v_delay_sec := case when v_job.woken_at > v_job.claimed_at then 0
    else least(p_delay_sec, greatest(extract(epoch from v_job.deadline_at - v_now), 0)) end;
  update public.jobs as j set
    state = p_state,
    failure_count = case when p_failure is not null then j.failure_count + 1
      when p_progress is not null then 0 else j.failure_count end,
    progress = greatest(j.progress, coalesce(p_progress, j.progress)),
    run_at = v_now + make_interval(secs => v_delay_sec)
  where j.id = p_job_id;
  return v_delay_sec;
end
$$;
comment on function public.release_job(uuid, integer, text, double precision, real, jsonb) is
  'Puts a claimed job back as queued or waiting until p_delay_sec from now. p_failure ({code, message}) '
  'counts against max_failures, and ends the job when they are used up; p_progress (the work was seen to go on) '
  'begins the count anew. Gives in how many seconds it is due: 0 when a webhook came meanwhile, below 0 when it '
  'has ended. Null: no longer this worker''s.';
comment on column public.jobs.failure_count is
  'Failed runs since its work was last seen to go on; waiting is not failing.';
revoke execute on function public.release_job(uuid, integer, text, double precision, real, jsonb)
  from public, anon, authenticated;
grant execute on function public.release_job(uuid, integer, text, double precision, real, jsonb) to service_role;
