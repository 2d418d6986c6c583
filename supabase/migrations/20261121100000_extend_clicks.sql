-- Why: pictures come in candidates; a retry has its kind's own deadline, not what the failed job's dates say;
--   and a click that was answered is answered again in the first round trip, whatever became of its project
--   (studio_context asks for it: see create_productions, which also has charge_and_add_job).
--   A key means its one click for ever: after 72 hours only its answer is forgotten.
-- Objects: jobs.deadline_sec, credit_entries_job_id_idx, idempotency_keys_answered_idx (for
--   idempotency_keys_created_at_idx); private.replay_of, known_answer; public.create_jobs; the sweep clean-history.
-- Locks: jobs and credit_entries for as long as the column and the index take. Deploy order: functions' code
--   after it. Undo: bring the old functions back, drop column and index.

alter table public.jobs add column deadline_sec double precision;
update public.jobs as j set deadline_sec = extract(epoch from j.deadline_at - j.created_at);
alter table public.jobs alter column deadline_sec set not null, alter column deadline_sec set default 3600;
alter table public.jobs add constraint deadline_sec_is_positive check (deadline_sec > 0);
comment on column public.jobs.deadline_sec is
  'How long it may take, in seconds from its creation. A retry has as long again.';

-- What a project or a film has cost is summed by its jobs.
create index credit_entries_job_id_idx on public.credit_entries (job_id) where job_id is not null;

-- Only answers are swept: what finds them holds no key that has none any more.
drop index public.idempotency_keys_created_at_idx;
create index idempotency_keys_answered_idx on public.idempotency_keys (created_at) where body <> '';
comment on table public.idempotency_keys is
  'One click: what was asked, and the first answer, byte for byte, for 72 hours. The key itself stays, so that no '
  'click is charged twice however late it comes again. Service only.';
comment on column public.idempotency_keys.body is 'The answer. Empty once it has been swept.';
select cron.schedule('clean-history', '17 3 * * *', $$
  delete from cron.job_run_details where end_time < now() - interval '7 days';
  update public.idempotency_keys set body = '' where created_at < now() - interval '72 hours' and body <> '';
$$);

create function private.replay_of(p_known public.idempotency_keys, p_operation text, p_fingerprint text)
returns jsonb
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if p_known.operation <> p_operation or p_known.fingerprint <> p_fingerprint then
    raise sqlstate 'PT422' using message = 'IDEMPOTENCY_KEY_REUSED',
      detail = jsonb_build_object('first_operation', p_known.operation)::text;
  end if;
  if p_known.body = '' then
    raise sqlstate 'PT422' using message = 'IDEMPOTENCY_KEY_REUSED',
      detail = jsonb_build_object(
        'first_operation', p_known.operation, 'first_sent_at', p_known.created_at
      )::text;
  end if;
  return case when p_known.status is not null
    then jsonb_build_object('status', p_known.status, 'body', p_known.body) end;
end
$$;
comment on function private.replay_of(public.idempotency_keys, text, text) is
  'The answer {status, body} of a click that came again; null while there is none. Raises IDEMPOTENCY_KEY_REUSED: '
  'it was another click, or one so old that its answer is forgotten (first_sent_at).';

create or replace function public.create_jobs(
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
  v_price integer;
  v_balance integer;
  v_total integer := 0;
  v_unfinished bigint;
  v_job public.jobs;
  v_assets jsonb := '[]';
  v_jobs jsonb := '[]';
  v_answer jsonb;
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
    v_answer := private.replay_of(v_known, p_operation, p_fingerprint);
    if v_answer is null then
      raise sqlstate 'PT409' using message = 'IDEMPOTENCY_IN_PROGRESS',
        detail = jsonb_build_object('job_id', v_known.job_id)::text;
    end if;
    return v_answer || '{"replayed": true}';
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
    v_job := private.charge_and_add_job(
      p_user_id, p_operation, v_item,
      -- A job whose answer is waited for belongs to its own request first; cron is the net.
      case when p_answer is null then 5 else 0 end, p_idempotency_key, p_request_id
    );
    v_total := v_total + v_job.credits;
    -- Read again: a trigger or the asset's defaults may have had a say.
    select j.* into v_job from public.jobs as j where j.id = v_job.id;
    v_jobs := v_jobs || (to_jsonb(v_job) - 'payload');
    v_assets := v_assets || jsonb_build_array(private.asset_of(v_job.kind, v_job.subject_id));
  end loop;

  if p_answer is null then
    -- The answer is made when the job ends (see private.settle).
    update public.idempotency_keys as k set job_id = v_job.id
    where k.user_id = p_user_id and k.key = p_idempotency_key;
    return jsonb_build_object('status', null, 'job_id', v_job.id, 'replayed', false);
  end if;

  v_answer := coalesce(p_answer -> 'extra', '{}') || jsonb_build_object(
    p_answer ->> 'jobs', case when (p_answer ->> 'many')::boolean then v_jobs else v_jobs -> 0 end,
    'credits_charged', v_total,
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_user_id)
  );
  if p_answer ? 'assets' then
    v_answer := v_answer || jsonb_build_object(
      p_answer ->> 'assets', case when (p_answer ->> 'many')::boolean then v_assets else v_assets -> 0 end
    );
  end if;
  if p_answer ? 'first' then
    v_answer := v_answer || jsonb_build_object(
      p_answer -> 'first' ->> 'asset', v_assets -> 0, p_answer -> 'first' ->> 'job', v_jobs -> 0
    );
  end if;
  v_body := v_answer::text;
  update public.idempotency_keys as k set status = 202, body = v_body, job_id = v_job.id
  where k.user_id = p_user_id and k.key = p_idempotency_key;
  return jsonb_build_object('status', 202, 'body', v_body, 'replayed', false);
end
$$;
comment on function public.create_jobs(uuid, text, text, text, text, jsonb, jsonb) is
  'One click: key, charges, pending assets, jobs and the answer, in one transaction. p_items: [{kind, '
  'project_id|null, model_id, units, deadline_sec, payload, asset} or {retry_of}]. p_answer: {jobs, assets?: names in '
  'the body, many, first?: {asset, job}: names of the first ones, extra?: more of the body}, or null when the answer waits for the job''s end. '
  'Returns {status, body, replayed} or {status: null, job_id}. Raises IDEMPOTENCY_*, NOT_FOUND, '
  'INSUFFICIENT_CREDITS, BUDGET_EXCEEDED, TOO_MANY_JOBS, STATE_CONFLICT, MODEL_*; '
  '55P03 when the first click holds its key for over 2 s.';

create function private.known_answer(p_click jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_known public.idempotency_keys;
begin
  select k.* into v_known from public.idempotency_keys as k
  where k.user_id = (select auth.uid()) and k.key = p_click ->> 'key';
  if not found then
    return null;
  end if;
  return private.replay_of(v_known, p_click ->> 'operation', p_click ->> 'fingerprint');
end
$$;
comment on function private.known_answer(jsonb) is
  'The stored answer {status, body} of the caller''s own click {operation, key, fingerprint}; null when there is '
  'none yet. Definer: the table of keys is closed to users; this shows them their own answers alone. Raises '
  'IDEMPOTENCY_KEY_REUSED.';
revoke execute on function private.known_answer(jsonb) from public, anon;
grant execute on function private.known_answer(jsonb) to authenticated;
