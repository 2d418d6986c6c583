-- Why: one click is one transaction: key, charges, pending assets, jobs and the answer.
-- Objects: private.insert_asset, asset_of, max_unfinished_jobs, take_retry; public.create_jobs,
--   read_answer.
-- Locks: the click's key, then the user's account; both for one short transaction. Undo: drop the functions.
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

create function private.max_unfinished_jobs() returns integer
language sql immutable security invoker set search_path = '' as $$ select 600 $$;
comment on function private.max_unfinished_jobs() is
  'Per user. Twenty films of thirty scenes at once; more only makes one''s own queue longer.';

create function private.take_retry(p_user_id uuid, p_job_id uuid) returns public.jobs
language plpgsql security invoker set search_path = '' as $$
declare
  v_job public.jobs;
begin
  -- No lock: whoever settles a job locks its row before the account, and the account is locked here already.
  -- An ended job does not change, and the account's lock keeps a second retry waiting.
  select j.* into v_job from public.jobs as j where j.id = p_job_id and j.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('job_id', p_job_id)::text;
  end if;
  -- The asset says whether there is anything to do: it may have been retried, or made, since.
  if v_job.state not in ('failed', 'cancelled') or v_job.subject_id is null
    or coalesce(private.asset_of(v_job.kind, v_job.subject_id) ->> 'status', '') <> 'failed' then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('job_id', p_job_id, 'state', v_job.state)::text;
  end if;
  if v_job.kind = 'image' then
    update public.image_assets as a set status = 'pending', error = null where a.id = v_job.subject_id;
  elsif v_job.kind = 'audio' then
    update public.audio_clips as a set status = 'pending', error = null where a.id = v_job.subject_id;
  elsif v_job.kind = 'video' then
    update public.video_clips as a set status = 'pending', error = null, external_task_id = null
    where a.id = v_job.subject_id;
  elsif v_job.kind = 'film' then
    update public.films as a set status = 'pending', error = null where a.id = v_job.subject_id;
  end if;
  return v_job;
end
$$;
comment on function private.take_retry(uuid, uuid) is
  'Makes a failed job''s asset pending again and gives the job to copy. Raises NOT_FOUND, STATE_CONFLICT.';

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
  v_price integer;
  v_balance integer;
  v_total integer := 0;
  v_spent integer;
  v_unfinished bigint;
  v_retried public.jobs;
  v_asset_id uuid;
  v_job_id uuid;
  v_job public.jobs;
  v_assets jsonb := '[]';
  v_jobs jsonb := '[]';
  v_body text;
begin
  -- A token may outlive its account.
  if not exists (select from public.credit_accounts as a where a.user_id = p_user_id) then
    raise sqlstate 'PT401' using message = 'UNAUTHENTICATED', detail = '{"account": "none"}';
  end if;

  -- The key is the first row written, so that a second click waits here for the first one's answer.
  insert into public.idempotency_keys (user_id, key, operation, fingerprint)
  values (p_user_id, p_idempotency_key, p_operation, p_fingerprint)
  on conflict (user_id, key) do nothing;
  if not found then
    select k.* into v_known from public.idempotency_keys as k
    where k.user_id = p_user_id and k.key = p_idempotency_key;
    if not found then
      -- The first click has failed and freed its key just now: the next try is a new click.
      raise sqlstate 'PT409' using message = 'IDEMPOTENCY_IN_PROGRESS', detail = '{}';
    end if;
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

  -- Serialises a user's spending.
  select a.balance into v_balance from public.credit_accounts as a
  where a.user_id = p_user_id for update;

  select count(*) + jsonb_array_length(p_items) into v_unfinished from public.jobs as j
  where j.user_id = p_user_id and j.finished_at is null;
  if v_unfinished > private.max_unfinished_jobs() then
    raise sqlstate 'PT429' using message = 'TOO_MANY_JOBS',
      detail = jsonb_build_object(
        'would_be_unfinished', v_unfinished, 'limit', private.max_unfinished_jobs()
      )::text;
  end if;

  -- The whole price against the whole balance, so that the refusal names both.
  select sum(private.price(i.value ->> 'model_id', (i.value ->> 'units')::numeric)) into v_price
  from jsonb_array_elements(p_items) as i where not i.value ? 'retry_of';
  if v_price > v_balance then
    raise sqlstate 'PT402' using message = 'INSUFFICIENT_CREDITS',
      detail = jsonb_build_object('price', v_price, 'balance', v_balance)::text;
  end if;

  for v_item in select i.value from jsonb_array_elements(p_items) as i loop
    v_retried := null;
    if v_item ? 'retry_of' then
      v_retried := private.take_retry(p_user_id, (v_item ->> 'retry_of')::uuid);
      v_item := jsonb_build_object(
        'kind', v_retried.kind, 'project_id', v_retried.project_id, 'model_id', v_retried.model_id,
        'units', v_retried.units, 'payload', v_retried.payload,
        'deadline_sec', extract(epoch from v_retried.deadline_at - v_retried.created_at)
      );
    end if;
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
    v_asset_id := coalesce(
      v_retried.subject_id,
      private.insert_asset(p_user_id, v_item ->> 'kind', v_project_id, v_item -> 'asset')
    );
    insert into public.jobs (
      user_id, project_id, kind, subject_id, payload, run_at, provider, model_id, units, credits,
      retry_of, idempotency_key, request_id, deadline_at
    )
    values (
      p_user_id, v_project_id, v_item ->> 'kind', v_asset_id, v_item -> 'payload',
      -- A job whose answer is waited for belongs to its own request first; cron is the net.
      clock_timestamp() + case when p_answer is null then interval '5 seconds' else interval '0' end,
      case when v_item ->> 'kind' in ('image', 'video') then v_model.provider end, v_model.id,
      (v_item ->> 'units')::numeric, v_credits, v_retried.id, p_idempotency_key, p_request_id,
      clock_timestamp() + make_interval(secs => (v_item ->> 'deadline_sec')::double precision)
    )
    returning id into v_job_id;
    if v_credits > 0 then
      perform private.post_entry(p_user_id, -v_credits, 'charge', p_operation, v_job_id);
    end if;
    if v_project_id is not null then
      update public.projects as p set status = 'in-progress'
      where p.id = v_project_id and p.status <> 'in-progress';
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
  'project_id|null, model_id, units, deadline_sec, payload, asset} or {retry_of}]. p_answer: {assets, jobs: names in the '
  'body, many}, or null when the answer waits for the job''s end. Returns {status, body, replayed} or '
  '{status: null, job_id}. Raises IDEMPOTENCY_*, NOT_FOUND, INSUFFICIENT_CREDITS, BUDGET_EXCEEDED, '
  'TOO_MANY_JOBS, STATE_CONFLICT, MODEL_*; '
  '55P03 when the first click holds its key for over 2 s.';

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

revoke execute on function public.create_jobs(uuid, text, text, text, text, jsonb, jsonb)
  from public, anon, authenticated;
revoke execute on function public.read_answer(uuid) from public, anon, authenticated;
grant execute on function public.create_jobs(uuid, text, text, text, text, jsonb, jsonb) to service_role;
grant execute on function public.read_answer(uuid) to service_role;
