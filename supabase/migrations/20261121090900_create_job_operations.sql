-- Why: what users do to their jobs besides starting them: stop them, and see how the queue stands.
-- Objects: public.cancel_job, queue_status, read_job.
-- Locks: the rows of the job's tree, children first, as settling takes them. Undo: drop the functions.

create function public.cancel_job(p_user_id uuid, p_job_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_ids uuid[];
  v_id uuid;
  v_job public.jobs;
  v_cancelled integer := 0;
  v_tasks jsonb := '[]';
begin
  -- All locks first: a row that its own child's settling has changed would drop out of a loop that locks.
  select array_agg(l.id order by l.depth desc, l.id) into v_ids from (
    with recursive tree as (
      select j.id, 0 as depth from public.jobs as j where j.id = p_job_id and j.user_id = p_user_id
      union all
      select c.id, t.depth + 1 from public.jobs as c join tree as t on c.parent_id = t.id
    )
    select j.id, t.depth from public.jobs as j join tree as t on t.id = j.id
    order by t.depth desc, j.id
    for update of j
  ) as l;
  if v_ids is null then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('job_id', p_job_id)::text;
  end if;
  foreach v_id in array v_ids loop
    select j.* into v_job from public.jobs as j where j.id = v_id;
    if v_job.finished_at is not null then
      continue;
    end if;
    if v_job.external_task_id is not null then
      v_tasks := v_tasks || jsonb_build_object(
        'provider', v_job.provider, 'external_task_id', v_job.external_task_id,
        'endpoint', v_job.payload -> 'request' ->> 'endpoint'
      );
    end if;
    -- Whatever was sent and not heard of yet may still be rendered by the provider: on record as such.
    update public.job_attempts as a set state = 'orphaned'
    where a.job_id = v_job.id and a.state in ('submitting', 'unknown');
    perform private.settle(
      v_job, 'cancelled', null,
      jsonb_build_object('code', 'CANCELLED', 'message', 'The job was cancelled before it was finished')
    );
    v_cancelled := v_cancelled + 1;
  end loop;
  return jsonb_build_object(
    'job', (select to_jsonb(j) - 'payload' from public.jobs as j where j.id = p_job_id),
    'cancelled_count', v_cancelled,
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_user_id),
    'tasks', v_tasks
  );
end
$$;
comment on function public.cancel_job(uuid, uuid) is
  'Ends a job and everything under it that is unfinished, and refunds it; what was delivered stays and stays '
  'paid. tasks: what the provider may be told to stop. Raises NOT_FOUND. Safe to repeat.';
revoke execute on function public.cancel_job(uuid, uuid) from public, anon, authenticated;
grant execute on function public.cancel_job(uuid, uuid) to service_role;

create function public.queue_status() returns jsonb
language sql stable security invoker set search_path = '' as $$
  with counted as (
    select j.kind, j.state, count(*) as jobs
    from public.jobs as j
    where j.finished_at is null or j.finished_at > now() - interval '24 hours'
    group by j.kind, j.state
  )
  select jsonb_build_object(
    'counts', coalesce((
      select jsonb_agg(
        jsonb_build_object('kind', c.kind, 'state', c.state, 'count', c.jobs) order by c.kind, c.state
      ) from counted as c
    ), '[]'),
    'unfinished_count', coalesce((
      select sum(c.jobs) from counted as c where c.state in ('queued', 'running', 'waiting')
    ), 0),
    'oldest_unfinished_at', (
      select min(j.created_at) from public.jobs as j where j.finished_at is null
    )
  )
$$;
comment on function public.queue_status() is
  'How many jobs there are by kind and state: all unfinished ones, and those that ended in the last 24 hours. '
  'Users see their own (RLS), the service all.';
revoke execute on function public.queue_status() from public, anon;
grant execute on function public.queue_status() to authenticated, service_role;
create index jobs_finished_at_idx on public.jobs (finished_at) where finished_at is not null;

create function public.read_job(p_job_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'job', to_jsonb(j) - 'payload', 'asset', private.asset_of(j.kind, j.subject_id)
  )
  from public.jobs as j where j.id = p_job_id
$$;
comment on function public.read_job(uuid) is
  'A job with the asset it fills, as the caller may see them (RLS applies). Null: no such job.';
revoke execute on function public.read_job(uuid) from public, anon;
grant execute on function public.read_job(uuid) to authenticated;
grant execute on function private.asset_of(text, uuid) to authenticated;
