-- Why: a job ends once, and everything that hangs on it moves with it.
-- Objects: private.apply_script, apply_result, apply_failure, settle; public.settle_job, expire_jobs.
-- Locks: the job's row, then its asset, account and parent. Undo: drop the functions.
--
-- Definer, all of them: nobody, the service role included, may write jobs or the ledger by hand.

create function private.apply_script(p_job public.jobs, p_result jsonb) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  v_project public.projects;
  v_scenes jsonb;
begin
  insert into public.projects (
    user_id, title, description, platform, category, tone, target_length, language, status
  )
  values (
    p_job.user_id, p_result ->> 'title', p_result ->> 'description', p_job.payload ->> 'platform',
    p_job.payload ->> 'category', p_job.payload ->> 'tone', (p_job.payload ->> 'target_length')::integer,
    p_job.payload ->> 'language', 'draft'
  )
  returning * into v_project;
  with added as (
    insert into public.scenes (user_id, project_id, index, title, text, plot)
    select p_job.user_id, v_project.id, s.ordinality, s.value ->> 'title', s.value ->> 'text',
      s.value ->> 'plot'
    from jsonb_array_elements(p_result -> 'scenes') with ordinality as s
    returning *
  )
  select jsonb_agg(to_jsonb(a) order by a.index) into v_scenes from added as a;
  if v_scenes is null then
    raise sqlstate 'PT502' using message = 'RESULT_INVALID', detail = '{"scenes": 0}';
  end if;
  update public.jobs as j set project_id = v_project.id where j.id = p_job.id;
  return jsonb_build_object(
    'project', to_jsonb(v_project), 'scenes', v_scenes, 'credits_charged', p_job.credits,
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_job.user_id)
  );
end
$$;
comment on function private.apply_script(public.jobs, jsonb) is
  'Writes the project and its scenes 1..N at once, and makes the answer of generate-script.';

create function private.apply_result(p_job public.jobs, p_result jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  if p_job.kind = 'image' then
    -- The newest picture of a scene stands for it until the user chooses another.
    update public.image_assets as a set status = 'ready', url = p_result ->> 'url',
      width = (p_result ->> 'width')::integer, height = (p_result ->> 'height')::integer,
      is_main = a.scene_id is not null
    where a.id = p_job.subject_id;
  elsif p_job.kind = 'audio' then
    update public.audio_clips as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision
    where a.id = p_job.subject_id;
  elsif p_job.kind = 'video' then
    update public.video_clips as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision
    where a.id = p_job.subject_id;
  elsif p_job.kind = 'film' then
    update public.films as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision,
      cut = coalesce(p_result -> 'cut', a.cut)
    where a.id = p_job.subject_id;
    update public.projects as p set status = 'completed' where p.id = p_job.project_id;
  end if;
end
$$;
comment on function private.apply_result(public.jobs, jsonb) is 'Makes the asset of a succeeded job ready.';

create function private.apply_failure(p_job public.jobs, p_error jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  if p_job.kind = 'image' then
    update public.image_assets as a set status = 'failed', error = p_error where a.id = p_job.subject_id;
  elsif p_job.kind = 'audio' then
    update public.audio_clips as a set status = 'failed', error = p_error where a.id = p_job.subject_id;
  elsif p_job.kind = 'video' then
    update public.video_clips as a set status = 'failed', error = p_error where a.id = p_job.subject_id;
  elsif p_job.kind = 'film' then
    update public.films as a set status = 'failed', error = p_error where a.id = p_job.subject_id;
  end if;
end
$$;
comment on function private.apply_failure(public.jobs, jsonb) is 'Makes the asset of an ended job failed.';

create function private.settle(p_job public.jobs, p_state text, p_result jsonb, p_error jsonb)
returns void
language plpgsql security invoker set search_path = '' as $$
declare
  v_answer jsonb;
begin
  update public.jobs as j set
    state = p_state, finished_at = clock_timestamp(), holds_slot = false, result = p_result,
    error = p_error, progress = case when p_state = 'succeeded' then 1 else j.progress end
  where j.id = p_job.id;

  if p_state = 'succeeded' then
    if p_job.kind = 'script' then
      v_answer := private.apply_script(p_job, p_result);
      update public.idempotency_keys as k set status = 200, body = v_answer::text
      where k.user_id = p_job.user_id and k.key = p_job.idempotency_key and k.job_id = p_job.id;
    else
      perform private.apply_result(p_job, p_result);
    end if;
  else
    perform private.apply_failure(p_job, p_error);
    if p_job.credits > 0 then
      perform private.post_entry(p_job.user_id, p_job.credits, 'refund', p_error ->> 'code', p_job.id);
    end if;
    -- Failures aren't remembered: the same click may be tried again.
    delete from public.idempotency_keys as k
    where k.user_id = p_job.user_id and k.key = p_job.idempotency_key and k.job_id = p_job.id
      and k.status is null;
  end if;

  if p_job.parent_id is not null then
    update public.jobs as j set
      open_children_count = j.open_children_count - 1,
      run_at = case when j.open_children_count = 1 and j.state = 'waiting' then clock_timestamp()
        else j.run_at end
    where j.id = p_job.parent_id;
  end if;
end
$$;
comment on function private.settle(public.jobs, text, jsonb, jsonb) is
  'The one end of a job: job, asset, ledger, stored answer and parent move together. The caller holds the '
  'job''s row lock and has seen it unfinished.';

create function public.settle_job(
  p_job_id uuid, p_attempt integer, p_state text, p_result jsonb default null, p_error jsonb default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.jobs;
begin
  select j.* into v_job from public.jobs as j
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running'
  for update;
  if not found then
    return false;
  end if;
  perform private.settle(v_job, p_state, p_result, p_error);
  return true;
end
$$;
comment on function public.settle_job(uuid, integer, text, jsonb, jsonb) is
  'Ends a job, once, by the worker that holds it. False: it was no longer this worker''s; nothing changed.';

create function public.expire_jobs(p_limit integer default 100) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  -- A constant, because the index on deadlines can't be searched for a volatile function's value.
  v_now timestamptz := clock_timestamp();
  v_job public.jobs;
  v_count integer := 0;
  v_unknown boolean;
begin
  for v_job in
    with late as (
      select j.id from public.jobs as j
      where j.finished_at is null and j.deadline_at <= v_now
      order by j.deadline_at limit p_limit
      for update skip locked
    )
    -- Accounts in one order, so that two sweeps can't wait for each other.
    select j.* from late as l join public.jobs as j on j.id = l.id
    order by j.user_id, j.id
  loop
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
  end loop;
  return v_count;
end
$$;
comment on function public.expire_jobs(integer) is 'Ends every job that is past its deadline. Returns how many.';

revoke execute on function public.settle_job(uuid, integer, text, jsonb, jsonb)
  from public, anon, authenticated;
revoke execute on function public.expire_jobs(integer) from public, anon, authenticated;
grant execute on function public.settle_job(uuid, integer, text, jsonb, jsonb) to service_role;
grant execute on function public.expire_jobs(integer) to service_role;
