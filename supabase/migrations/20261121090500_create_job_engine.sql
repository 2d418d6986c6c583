-- Why: the decisions of the job engine that must be atomic: create, claim, wait, settle, expire.
-- Objects: private.insert_asset, private.settle, public.create_jobs, claim_jobs, renew_lease, release_job,
--   settle_job, expire_jobs, read_answer. All are for the service role alone.
-- Locks: row locks only. Undo: drop the functions.
--
-- Definer, all of them: nobody, the service role included, may write jobs or the ledger by hand.

create function private.insert_asset(p_user_id uuid, p_kind text, p_project_id uuid, p_asset jsonb)
returns uuid
language plpgsql security invoker set search_path = '' as $$
declare
  v_id uuid;
begin
  if p_kind = 'image' then
    insert into public.image_assets (user_id, project_id, scene_id, prompt, model)
    values (p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, p_asset ->> 'prompt', p_asset ->> 'model')
    returning id into v_id;
  elsif p_kind = 'audio' then
    insert into public.audio_clips (
      user_id, project_id, scene_id, provider, voice_id, speed, pitch, volume_gain_db
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, p_asset ->> 'provider',
      p_asset ->> 'voice_id', coalesce((p_asset ->> 'speed')::real, 1), (p_asset ->> 'pitch')::real,
      (p_asset ->> 'volume_gain_db')::real
    )
    returning id into v_id;
  elsif p_kind = 'video' then
    insert into public.video_clips (
      user_id, project_id, scene_id, image_id, thumbnail_url, provider, model_id, prompt, aspect_ratio,
      duration_sec
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, (p_asset ->> 'image_id')::uuid,
      p_asset ->> 'thumbnail_url', p_asset ->> 'provider', p_asset ->> 'model_id', p_asset ->> 'prompt',
      p_asset ->> 'aspect_ratio', (p_asset ->> 'duration_sec')::double precision
    )
    returning id into v_id;
  elsif p_kind = 'film' then
    insert into public.films (user_id, project_id, cut)
    values (p_user_id, p_project_id, p_asset -> 'cut')
    returning id into v_id;
  end if;
  return v_id;
end
$$;
comment on function private.insert_asset(uuid, text, uuid, jsonb) is
  'Adds the pending row that a job fills. Null for kinds without one.';

create function private.asset_of(p_kind text, p_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select case p_kind
    when 'image' then (select to_jsonb(a) from public.image_assets as a where a.id = p_id)
    when 'audio' then (select to_jsonb(a) from public.audio_clips as a where a.id = p_id)
    when 'video' then (select to_jsonb(a) from public.video_clips as a where a.id = p_id)
    when 'film' then (select to_jsonb(a) from public.films as a where a.id = p_id)
  end
$$;
comment on function private.asset_of(text, uuid) is 'The row a job fills, as clients see it.';

create function public.create_jobs(
  p_user_id uuid,
  p_operation text,
  p_idempotency_key text,
  p_fingerprint text,
  p_request_id text,
  p_items jsonb,
  p_answer jsonb
) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_known public.idempotency_keys;
  v_item jsonb;
  v_model public.models;
  v_project public.projects;
  v_project_id uuid;
  v_credits integer;
  v_total integer := 0;
  v_spent integer;
  v_asset_id uuid;
  v_job_id uuid;
  v_job public.jobs;
  v_assets jsonb := '[]';
  v_jobs jsonb := '[]';
  v_body text;
begin
  -- The key is the first row written, so that a second click waits here for the first one's answer.
  insert into public.idempotency_keys (user_id, key, operation, fingerprint)
  values (p_user_id, p_idempotency_key, p_operation, p_fingerprint)
  on conflict (user_id, key) do nothing;
  if not found then
    select k.* into strict v_known from public.idempotency_keys as k
    where k.user_id = p_user_id and k.key = p_idempotency_key;
    if v_known.operation <> p_operation or v_known.fingerprint <> p_fingerprint then
      raise sqlstate 'PT422' using message = 'IDEMPOTENCY_KEY_REUSED',
        detail = jsonb_build_object('first_operation', v_known.operation)::text;
    end if;
    if v_known.status is null then
      raise sqlstate 'PT409' using message = 'IDEMPOTENCY_IN_PROGRESS',
        detail = jsonb_build_object('job_id', v_known.job_id)::text;
    end if;
    return jsonb_build_object('status', v_known.status, 'body', v_known.body, 'replayed', true);
  end if;

  -- Serialises a user's spending, and refuses a token that outlived its account.
  perform 1 from public.credit_accounts as a where a.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT401' using message = 'UNAUTHENTICATED', detail = '{"account": "none"}';
  end if;

  for v_item in select i.value from jsonb_array_elements(p_items) as i loop
    v_project_id := (v_item ->> 'project_id')::uuid;
    if v_project_id is not null then
      select p.* into v_project from public.projects as p
      where p.id = v_project_id and p.user_id = p_user_id and p.deleted_at is null
      for share;
      if not found then
        raise sqlstate 'PT404' using message = 'NOT_FOUND',
          detail = jsonb_build_object('project_id', v_project_id)::text;
      end if;
    end if;

    select m.* into v_model from public.models as m where m.id = v_item ->> 'model_id';
    v_credits := private.price(v_item ->> 'model_id', (v_item ->> 'units')::numeric);
    v_asset_id := private.insert_asset(
      p_user_id, v_item ->> 'kind', v_project_id, v_item -> 'asset'
    );
    insert into public.jobs (
      user_id, project_id, kind, subject_id, payload, run_at, provider, model_id, credits, idempotency_key,
      request_id, deadline_at
    )
    values (
      p_user_id, v_project_id, v_item ->> 'kind', v_asset_id, v_item -> 'payload',
      -- A job whose answer is waited for belongs to its own request first; cron is the net.
      clock_timestamp() + case when p_answer is null then interval '5 seconds' else interval '0' end,
      case when v_item ->> 'kind' in ('image', 'video') then v_model.provider end, v_model.id, v_credits,
      p_idempotency_key, p_request_id,
      clock_timestamp() + make_interval(secs => (v_item ->> 'deadline_sec')::double precision)
    )
    returning id into v_job_id;
    if v_credits > 0 then
      perform private.post_entry(p_user_id, -v_credits, 'charge', p_operation, v_job_id);
    end if;
    if v_project_id is not null then
      update public.projects as p set status = 'in-progress'
      where p.id = v_project_id and p.status = 'draft';
      if v_project.budget_credits is not null then
        select coalesce(-sum(e.amount), 0) into v_spent
        from public.credit_entries as e join public.jobs as j on j.id = e.job_id
        where j.project_id = v_project_id;
        if v_spent > v_project.budget_credits then
          raise sqlstate 'PT402' using message = 'BUDGET_EXCEEDED',
            detail = jsonb_build_object(
              'budget_credits', v_project.budget_credits, 'would_cost', v_spent
            )::text;
        end if;
      end if;
    end if;

    v_total := v_total + v_credits;
    select j.* into v_job from public.jobs as j where j.id = v_job_id;
    v_jobs := v_jobs || (to_jsonb(v_job) - 'payload');
    v_assets := v_assets || private.asset_of(v_job.kind, v_asset_id);
  end loop;

  if p_answer is null then
    -- The answer is made when the job ends (see private.settle).
    update public.idempotency_keys as k set job_id = v_job_id
    where k.user_id = p_user_id and k.key = p_idempotency_key;
    return jsonb_build_object('status', null, 'job_id', v_job_id, 'replayed', false);
  end if;

  v_body := (
    jsonb_build_object(
      p_answer ->> 'assets', case when (p_answer ->> 'many')::boolean then v_assets else v_assets -> 0 end,
      p_answer ->> 'jobs', case when (p_answer ->> 'many')::boolean then v_jobs else v_jobs -> 0 end,
      'credits_charged', v_total,
      'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_user_id)
    )
  )::text;
  update public.idempotency_keys as k set status = 202, body = v_body, job_id = v_job_id
  where k.user_id = p_user_id and k.key = p_idempotency_key;
  return jsonb_build_object('status', 202, 'body', v_body, 'replayed', false);
end
$$;
comment on function public.create_jobs(uuid, text, text, text, text, jsonb, jsonb) is
  'One click: key, charges, pending assets, jobs and the answer, in one transaction. p_items: [{kind, '
  'project_id|null, model_id, units, deadline_sec, payload, asset}]. p_answer: {assets, jobs: names in the '
  'body, many}, or null when the answer waits for the job''s end. Returns {status, body, replayed} or '
  '{status: null, job_id}. Raises IDEMPOTENCY_*, NOT_FOUND, INSUFFICIENT_CREDITS, BUDGET_EXCEEDED, MODEL_*; '
  '55P03 when the first click holds its key for over 2 s.';

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
    where j.finished_at is null and (j.holds_slot or (j.state = 'running' and j.run_at > v_now))
    group by j.user_id
  ),
  due as (
    select j.id, j.priority, j.run_at, j.provider, j.holds_slot,
      row_number() over (partition by j.user_id order by j.priority, j.run_at, j.id)
        + coalesce(b.jobs, 0) as turn
    from public.jobs as j left join busy as b on b.user_id = j.user_id
    where j.finished_at is null
      and (j.run_at <= v_now or (p_job_id = j.id and j.state = 'queued'))
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
      and j.finished_at is null
      and (j.run_at <= v_now or (p_job_id = j.id and j.state = 'queued'))
      and j.state = any (p_states)
    order by p.priority, p.turn, p.run_at, p.id
    limit p_limit
    for update of j skip locked
  )
  update public.jobs as j set
    state = 'running', attempt = j.attempt + 1, claimed_at = v_now,
    run_at = v_now + make_interval(secs => p_lease_sec), started_at = coalesce(j.started_at, v_now)
  from picked where j.id = picked.id
  returning j.*;
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

create function public.expire_jobs(p_limit integer default 100) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.jobs;
  v_count integer := 0;
  v_unknown boolean;
begin
  for v_job in
    select j.* from public.jobs as j
    where j.finished_at is null and j.deadline_at <= clock_timestamp()
    order by j.deadline_at limit p_limit
    for update skip locked
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

create function public.read_answer(p_job_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('state', j.state, 'error', j.error, 'status', k.status, 'body', k.body)
  from public.jobs as j
  left join public.idempotency_keys as k
    on k.user_id = j.user_id and k.key = j.idempotency_key and k.job_id = j.id
  where j.id = p_job_id
$$;
comment on function public.read_answer(uuid) is
  'How a job stands, and the stored answer of its click (status and body are null until there is one).';

do $$
declare
  v_function text;
begin
  foreach v_function in array array[
    'public.create_jobs(uuid, text, text, text, text, jsonb, jsonb)',
    'public.claim_jobs(integer, text[], text[], uuid, integer)',
    'public.renew_lease(uuid, integer, real, integer)',
    'public.settle_job(uuid, integer, text, jsonb, jsonb)',
    'public.release_job(uuid, integer, text, double precision, real, jsonb)',
    'public.expire_jobs(integer)',
    'public.read_answer(uuid)'
  ] loop
    execute format('revoke execute on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end
$$;
