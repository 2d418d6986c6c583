-- Why: a job that can't be settled must not keep the others past their deadlines.
-- Objects: public.expire_jobs (same). Locks: as before, job by job. Undo: bring the old function back.

create or replace function public.expire_jobs(p_limit integer default 100) returns integer
language plpgsql security definer set search_path = ''
-- For the index on deadlines, whatever the statistics say of a table that has changed since: it alone gives the
-- order that is asked for.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_sort = off set enable_incremental_sort = off set jit = off
as $$
declare
  -- A constant, because the index on deadlines can't be searched for a volatile function's value.
  v_now timestamptz := clock_timestamp();
  v_ids uuid[];
  v_parents uuid[];
  v_failed uuid[] := '{}';
  v_before integer;
  v_job public.jobs;
  v_count integer := 0;
  v_unknown boolean;
begin
  loop
    v_ids := array(
      select j.id from public.jobs as j
      where j.finished_at is null and j.deadline_at <= v_now and j.id <> all (v_failed)
      order by j.deadline_at limit p_limit - v_count
      -- Not of the key: who retries a job that has ended refers to it.
      for no key update skip locked
    );
    exit when cardinality(v_ids) = 0;
    v_before := cardinality(v_failed);
    -- Settling writes the parent: one that somebody holds may wait for an account that is ours by then. Its
    -- children are the next sweep's.
    v_parents := array(
      select p.id from public.jobs as p
      where p.id in (select j.parent_id from public.jobs as j where j.id = any (v_ids))
      for no key update skip locked
    );
    for v_job in
      -- Accounts in one order, so that two sweeps can't wait for each other.
      select j.* from public.jobs as j
      where j.id = any (v_ids) and (j.parent_id is null or j.parent_id = any (v_parents))
      order by j.user_id, j.id
    loop
      begin
        update public.job_attempts as t set state = 'orphaned'
        where t.job_id = v_job.id and t.state in ('submitting', 'unknown');
        v_unknown := found;
        perform private.settle(
          v_job, 'failed', null,
          case when v_unknown then jsonb_build_object(
            'code', 'SUBMIT_OUTCOME_UNKNOWN',
            'message', 'The provider never said whether it took the work; it was not sent twice'
          ) else jsonb_build_object(
            'code', 'DEADLINE_EXCEEDED',
            'message', 'The work was not finished by its deadline'
          ) end
        );
        v_count := v_count + 1;
      exception when others then
        -- The next sweep tries it again; this one goes on without it.
        v_failed := v_failed || v_job.id;
        raise warning 'Cannot end job "%" at its deadline: % (%)', v_job.id, sqlerrm, sqlstate;
      end;
    end loop;
    -- Another round only where some could not be ended: no lock is asked for with accounts in hand but for those.
    exit when v_count >= p_limit or cardinality(v_failed) = v_before;
  end loop;
  return v_count;
end
$$;
comment on function public.expire_jobs(integer) is
  'Ends every job that is past its deadline, up to p_limit. Returns how many. One that can''t be ended is logged as '
  'a warning, does not count, and is tried by each sweep.';
