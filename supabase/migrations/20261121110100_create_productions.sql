-- Why: a film is a tree of jobs that runs by itself: one production, whose children are started as soon as
--   what they need is there, each charged when it starts and never twice.
-- Objects: jobs.child_key, jobs.stage, kinds of jobs; private.price, insert_asset, charge_and_add_job,
--   take_retry, apply_result, settle (as before, and more), apply_writing, write_frames, frames_of, tree_spent;
--   public.step_production, read_production, confirm_characters, production_history, studio_context (cast and
--   shots too).
-- Locks: jobs for as long as columns and constraint take. Deploy order: functions' code after it.
-- Undo: bring the old functions back, then drop the columns.
--
-- Order of locks, everywhere: a job's row, its parent's, the account. step_production has the account first,
-- because it charges, and therefore never waits for the parent's row while it holds the account.

alter table public.jobs
  add column child_key text,
  add column stage text,
  drop constraint kind_is_known,
  add constraint kind_is_known check (
    kind in ('script', 'image', 'audio', 'video', 'film', 'characters', 'scenes', 'frames', 'production')
  ),
  add constraint child_key_is_bounded check (char_length(child_key) between 1 and 200),
  add constraint child_has_a_parent check (child_key is null or parent_id is not null),
  add constraint stage_is_known check (
    stage in (
      'script', 'scenes', 'characters', 'confirmation', 'frames', 'audio', 'images', 'videos', 'film'
    )
  );
comment on column public.jobs.child_key is
  'What it is to its parent: the parent never has two of one key. Null: no child.';
comment on column public.jobs.stage is
  'What a production works on, or (confirmation) waits for. Null for other kinds.';
create unique index jobs_parent_id_child_key_idx on public.jobs (parent_id, child_key)
  where child_key is not null;

create or replace function private.price(p_model_id text, p_units numeric) returns integer
language plpgsql stable security invoker set search_path = '' as $$
declare
  v_model public.models;
begin
  -- A production costs nothing itself: what it starts does.
  if p_model_id is null then
    return 0;
  end if;
  select m.* into v_model from public.models as m where m.id = p_model_id;
  if not found then
    raise sqlstate 'PT422' using message = 'MODEL_INPUT_INVALID',
      detail = jsonb_build_object('model', p_model_id, 'reason', 'unknown model')::text;
  end if;
  if v_model.retired_at is not null then
    raise sqlstate 'PT410' using message = 'MODEL_RETIRED',
      detail = jsonb_build_object('model', p_model_id, 'replaced_by', v_model.replaced_by)::text;
  end if;
  return ceil(v_model.price * p_units);
end
$$;
comment on function private.price(text, numeric) is
  'Whole credits for so many units of a model; 0 for none. Raises MODEL_INPUT_INVALID, MODEL_RETIRED.';

create or replace function private.insert_asset(
  p_user_id uuid, p_kind text, p_project_id uuid, p_asset jsonb
) returns uuid
language plpgsql security invoker set search_path = '' as $$
declare
  v_id uuid;
begin
  if p_kind = 'image' then
    insert into public.image_assets (
      user_id, project_id, scene_id, character_id, frame_id, prompt, model, input_hash
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, (p_asset ->> 'character_id')::uuid,
      (p_asset ->> 'frame_id')::uuid, p_asset ->> 'prompt', p_asset ->> 'model', p_asset ->> 'input_hash'
    )
    returning id into v_id;
  elsif p_kind = 'audio' then
    insert into public.audio_clips (
      user_id, project_id, scene_id, provider, voice_id, speed, pitch, volume_gain_db, format, input_hash
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, p_asset ->> 'provider',
      p_asset ->> 'voice_id', coalesce((p_asset ->> 'speed')::real, 1), (p_asset ->> 'pitch')::real,
      (p_asset ->> 'volume_gain_db')::real, coalesce(p_asset ->> 'format', 'mp3'), p_asset ->> 'input_hash'
    )
    returning id into v_id;
  elsif p_kind = 'video' then
    insert into public.video_clips (
      user_id, project_id, scene_id, frame_id, image_id, thumbnail_url, provider, model_id, prompt,
      aspect_ratio, duration_sec, preset, prompt_by, input_hash
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, (p_asset ->> 'frame_id')::uuid,
      (p_asset ->> 'image_id')::uuid, p_asset ->> 'thumbnail_url', p_asset ->> 'provider',
      p_asset ->> 'model_id', p_asset ->> 'prompt', p_asset ->> 'aspect_ratio',
      (p_asset ->> 'duration_sec')::double precision, p_asset ->> 'preset', p_asset ->> 'prompt_by',
      p_asset ->> 'input_hash'
    )
    returning id into v_id;
  elsif p_kind = 'film' then
    insert into public.films (user_id, project_id, cut, cut_hash)
    values (p_user_id, p_project_id, p_asset -> 'cut', private.cut_hash(p_asset -> 'cut'))
    returning id into v_id;
  end if;
  return v_id;
end
$$;

create or replace function private.take_retry(p_user_id uuid, p_job_id uuid) returns public.jobs
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
  -- The asset says whether there is anything to do: it may have been retried, or made, since. A production
  -- has none; what it made is found again by its content, and one at a time may work on a project.
  if v_job.state not in ('failed', 'cancelled')
    or (
      v_job.kind <> 'production'
      and coalesce(private.asset_of(v_job.kind, v_job.subject_id) ->> 'status', '') <> 'failed'
    )
    or (
      -- Only the newest try: an earlier one does not know what was made since, nor even the project.
      v_job.kind = 'production' and exists (
        select from public.jobs as j where j.user_id = p_user_id and j.retry_of = v_job.id
      )
    )
    or (
      v_job.kind = 'production' and exists (
        select from public.jobs as j
        where j.user_id = p_user_id and j.kind = 'production' and j.finished_at is null
          and j.project_id = v_job.project_id
      )
    ) then
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

create function private.charge_and_add_job(
  p_user_id uuid,
  p_operation text,
  p_item jsonb,
  p_delay_sec double precision,
  p_idempotency_key text,
  p_request_id text
) returns public.jobs
language plpgsql security invoker set search_path = '' as $$
declare
  v_item jsonb := p_item;
  v_retried public.jobs;
  v_project_id uuid;
  v_project public.projects;
  v_model public.models;
  v_credits integer;
  v_spent integer;
  v_asset_id uuid;
  v_job public.jobs;
begin
  if v_item ? 'retry_of' then
    v_retried := private.take_retry(p_user_id, (v_item ->> 'retry_of')::uuid);
    v_item := v_item || jsonb_build_object(
      'kind', v_retried.kind, 'project_id', v_retried.project_id, 'model_id', v_retried.model_id,
      'units', v_retried.units, 'payload', v_retried.payload, 'deadline_sec', v_retried.deadline_sec
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
  if v_item ->> 'kind' = 'production' and v_project_id is not null and exists (
    select from public.jobs as j
    where j.user_id = p_user_id and j.project_id = v_project_id and j.kind = 'production'
      and j.finished_at is null
  ) then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('project_id', v_project_id, 'state', 'in production')::text;
  end if;

  select m.* into v_model from public.models as m where m.id = v_item ->> 'model_id';
  v_credits := private.price(v_item ->> 'model_id', (v_item ->> 'units')::numeric);
  v_asset_id := coalesce(
    v_retried.subject_id,
    private.insert_asset(p_user_id, v_item ->> 'kind', v_project_id, v_item -> 'asset')
  );
  insert into public.jobs (
    user_id, project_id, kind, subject_id, payload, run_at, provider, model_id, units, credits,
    retry_of, idempotency_key, request_id, deadline_sec, deadline_at, parent_id, child_key
  )
  values (
    p_user_id, v_project_id, v_item ->> 'kind', v_asset_id, v_item -> 'payload',
    clock_timestamp() + make_interval(secs => p_delay_sec),
    case when v_item ->> 'kind' in ('image', 'video') then v_model.provider end, v_model.id,
    (v_item ->> 'units')::numeric, v_credits, v_retried.id, p_idempotency_key, p_request_id,
    (v_item ->> 'deadline_sec')::double precision,
    clock_timestamp() + make_interval(secs => (v_item ->> 'deadline_sec')::double precision),
    (v_item ->> 'parent_id')::uuid, v_item ->> 'child_key'
  )
  returning * into v_job;
  if v_credits > 0 then
    perform private.post_entry(p_user_id, -v_credits, 'charge', p_operation, v_job.id);
  end if;
  if v_project_id is not null then
    if v_job.kind = 'production' and v_retried.id is null then
      -- What was asked for is what the project is from now on: the next film of it need not be told again.
      update public.projects as p set
        platform = coalesce(w.platform, p.platform), category = coalesce(w.category, p.category),
        tone = coalesce(w.tone, p.tone), language = coalesce(w.language, p.language),
        target_length = coalesce(w.target_length, p.target_length)
      from jsonb_to_record(v_item -> 'payload' -> 'wish') as w (
        platform text, category text, tone text, language text, target_length integer
      )
      where p.id = v_project_id
        and (p.platform, p.category, p.tone, p.language, p.target_length)
          is distinct from (w.platform, w.category, w.tone, w.language, w.target_length);
    end if;
    update public.projects as p set status = 'in-progress'
    where p.id = v_project_id and p.status <> 'in-progress';
    if v_project.budget_credits is not null and v_credits > 0 then
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
  return v_job;
end
$$;
comment on function private.charge_and_add_job(uuid, text, jsonb, double precision, text, text) is
  'One item of a click (see create_jobs): asset, job and charge, within the project''s budget. A new production '
  'writes its wish''s platform, category, tone, language and target_length to its project. The caller holds the '
  'account''s lock. Raises NOT_FOUND, INSUFFICIENT_CREDITS, BUDGET_EXCEEDED, STATE_CONFLICT, MODEL_*.';

create function private.apply_writing(p_job public.jobs, p_result jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  if p_job.kind = 'characters' then
    insert into public.characters (user_id, project_id, name, description, voice_id)
    select p_job.user_id, p_job.project_id, c.value ->> 'name', c.value ->> 'description', c.value ->> 'voice_id'
    from jsonb_array_elements(p_result -> 'characters') as c
    on conflict (project_id, name) do nothing;
  elsif p_job.kind = 'scenes' then
    -- Shots tell what the scene was: another scene is broken into shots anew. Their pictures and clips stay.
    delete from public.frames as f
    using public.scenes as s, jsonb_array_elements(p_result -> 'scenes') with ordinality as n
    where s.project_id = p_job.project_id and s.index = n.ordinality and f.scene_id = s.id
      and (s.title, coalesce(nullif(s.plot, ''), s.text)) is distinct from
        (n.value ->> 'title', coalesce(nullif(n.value ->> 'plot', ''), n.value ->> 'text'));
    -- In place: what was made from a scene stays with it, and is stale where it changed.
    update public.scenes as s set
      title = n.value ->> 'title', text = n.value ->> 'text', plot = n.value ->> 'plot'
    from jsonb_array_elements(p_result -> 'scenes') with ordinality as n
    where s.project_id = p_job.project_id and s.index = n.ordinality;
    insert into public.scenes (user_id, project_id, index, title, text, plot)
    select p_job.user_id, p_job.project_id, n.ordinality, n.value ->> 'title', n.value ->> 'text',
      n.value ->> 'plot'
    from jsonb_array_elements(p_result -> 'scenes') with ordinality as n
    where not exists (
      select from public.scenes as s where s.project_id = p_job.project_id and s.index = n.ordinality
    );
    delete from public.scenes as s
    where s.project_id = p_job.project_id
      and s.index > jsonb_array_length(p_result -> 'scenes');
  elsif p_job.kind = 'frames' then
    perform private.write_frames(p_job.user_id, p_job.project_id, p_result -> 'frames');
  end if;
end
$$;
comment on function private.apply_writing(public.jobs, jsonb) is
  'Writes what a language model wrote for a project: its cast, its scenes (those that become others lose their '
  'shots) or its shots.';

create function private.write_frames(p_user_id uuid, p_project_id uuid, p_frames jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  v_frame jsonb;
  v_id uuid;
begin
  for v_frame in select f.value from jsonb_array_elements(p_frames) as f loop
    insert into public.frames as f (
      user_id, project_id, scene_id, index, camera, action, video_prompt, image_id, video_clip_id
    )
    select p_user_id, p_project_id, s.id, (v_frame ->> 'index')::integer, v_frame ->> 'camera',
      v_frame ->> 'action', v_frame ->> 'video_prompt',
      -- What went meanwhile is made anew.
      (
        select a.id from public.image_assets as a
        where a.id = (v_frame ->> 'image_id')::uuid and a.project_id = p_project_id
      ),
      (
        select v.id from public.video_clips as v
        where v.id = (v_frame ->> 'video_clip_id')::uuid and v.project_id = p_project_id
      )
    from public.scenes as s
    where s.id = (v_frame ->> 'scene_id')::uuid and s.project_id = p_project_id
      and not exists (
        select from public.frames as k where k.scene_id = s.id and k.index = (v_frame ->> 'index')::integer
      )
    returning f.id into v_id;
    -- A scene that went meanwhile has no shots, and shots that are there are the user's own.
    if found then
      insert into public.frame_characters (frame_id, character_id, project_id, user_id)
      select v_id, c.id, p_project_id, p_user_id
      from jsonb_array_elements_text(v_frame -> 'character_ids') as w
      join public.characters as c on c.id = w.value::uuid and c.project_id = p_project_id
      on conflict do nothing;
    end if;
  end loop;
end
$$;
comment on function private.write_frames(uuid, uuid, jsonb) is
  'Adds shots [{scene_id, index, camera, action, video_prompt, character_ids}] where there are none yet, with a '
  'picture (image_id) and a clip (video_clip_id) that are there already, if any.';

create or replace function private.apply_result(p_job public.jobs, p_result jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  v_image public.image_assets;
begin
  if p_job.kind = 'image' then
    -- The newest picture of a scene stands for it until the user chooses another; of several candidates the
    -- first one does. The same for characters and shots.
    update public.image_assets as a set status = 'ready', url = p_result ->> 'url',
      width = (p_result ->> 'width')::integer, height = (p_result ->> 'height')::integer,
      is_main = a.is_main
        or a.scene_id is not null and coalesce((p_job.payload ->> 'is_main')::boolean, true)
    where a.id = p_job.subject_id
    returning a.* into v_image;
    if coalesce((p_job.payload ->> 'is_chosen')::boolean, true) then
      update public.characters as c set image_id = v_image.id where c.id = v_image.character_id;
      update public.frames as f set image_id = v_image.id where f.id = v_image.frame_id;
    end if;
  elsif p_job.kind = 'audio' then
    update public.audio_clips as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision
    where a.id = p_job.subject_id;
  elsif p_job.kind = 'video' then
    update public.video_clips as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision
    where a.id = p_job.subject_id;
    update public.frames as f set video_clip_id = p_job.subject_id
    from public.video_clips as v where v.id = p_job.subject_id and f.id = v.frame_id;
  elsif p_job.kind = 'film' then
    update public.films as a set status = 'ready', url = p_result ->> 'url',
      duration_sec = (p_result ->> 'duration_sec')::double precision,
      poster_url = p_result ->> 'poster_url',
      cut = coalesce(p_result -> 'cut', a.cut)
    where a.id = p_job.subject_id;
    update public.projects as p set status = 'completed' where p.id = p_job.project_id;
  elsif p_job.kind in ('characters', 'scenes', 'frames') then
    perform private.apply_writing(p_job, p_result);
  end if;
end
$$;

create function private.lock_owners(p_job public.jobs) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  v_scene_id uuid;
  v_frame_id uuid;
  v_character_id uuid;
begin
  if p_job.kind = 'image' then
    select a.scene_id, a.frame_id, a.character_id into v_scene_id, v_frame_id, v_character_id
    from public.image_assets as a where a.id = p_job.subject_id;
  elsif p_job.kind = 'audio' then
    select a.scene_id into v_scene_id from public.audio_clips as a where a.id = p_job.subject_id;
  elsif p_job.kind = 'video' then
    select a.scene_id, a.frame_id into v_scene_id, v_frame_id
    from public.video_clips as a where a.id = p_job.subject_id;
  end if;
  perform 1 from public.scenes as s where s.id = v_scene_id for no key update;
  perform 1 from public.characters as c where c.id = v_character_id for no key update;
  -- Whoever edits somebody of the cast is about to mark this shot's pictures.
  perform 1 from public.characters as c
  where c.id in (select k.character_id from public.frame_characters as k where k.frame_id = v_frame_id)
  order by c.id for share;
  perform 1 from public.frames as f where f.id = v_frame_id for no key update;
end
$$;
comment on function private.lock_owners(public.jobs) is
  'Takes the locks of what a job''s asset belongs to, in the order in which its owner''s edits and deletions go '
  'down: scene, characters, shot. The asset''s own lock comes after them.';

create or replace function private.settle(p_job public.jobs, p_state text, p_result jsonb, p_error jsonb)
returns void
language plpgsql security invoker set search_path = '' as $$
declare
  v_answer jsonb;
begin
  -- Steps hold the parent and go on to its shots and its project: it comes before all of those.
  perform 1 from public.jobs as j where j.id = p_job.parent_id for no key update;
  if p_state = 'succeeded' and p_job.subject_id is not null then
    perform private.lock_owners(p_job);
    if private.asset_of(p_job.kind, p_job.subject_id) is null then
      -- Deleted while it was made: nothing is delivered, so nothing is paid.
      p_state := 'cancelled';
      p_result := null;
      p_error := '{"code": "CANCELLED", "message": "What it was made for was deleted meanwhile"}';
    end if;
  end if;
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
  end if;

  -- Each child's end wakes its parent: what waited for this one alone need not wait for the others. A script
  -- brings the project along.
  if p_job.parent_id is not null then
    update public.jobs as j set
      open_children_count = j.open_children_count - 1,
      project_id = coalesce(j.project_id, (v_answer -> 'project' ->> 'id')::uuid),
      woken_at = clock_timestamp(),
      run_at = case when j.state = 'waiting' then clock_timestamp() else j.run_at end
    where j.id = p_job.parent_id;
  end if;

  if p_state <> 'succeeded' then
    if p_job.credits > 0 then
      perform private.post_entry(p_job.user_id, p_job.credits, 'refund', p_error ->> 'code', p_job.id);
    end if;
    -- Failures aren't remembered: the same click may be tried again.
    delete from public.idempotency_keys as k
    where k.user_id = p_job.user_id and k.key = p_job.idempotency_key and k.job_id = p_job.id
      and k.status is null;
  end if;
end
$$;

create function private.tree_spent(p_job_id uuid) returns integer
language sql stable security invoker set search_path = '' as $$
  with recursive tree as (
    select p_job_id as id
    union
    select j.id from public.jobs as j join tree as t
      on j.parent_id = t.id or j.id = (select r.retry_of from public.jobs as r where r.id = t.id)
  )
  select coalesce(-sum(e.amount), 0)::integer
  from public.credit_entries as e join tree as t on t.id = e.job_id
$$;
comment on function private.tree_spent(uuid) is
  'What a production has cost after refunds, in credits, with the ones it is a retry of.';

create function public.step_production(
  p_job_id uuid,
  p_attempt integer,
  p_stage text,
  p_progress real,
  p_items jsonb default '[]',
  p_frames jsonb default '[]'
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid;
  v_job public.jobs;
  v_item jsonb;
  v_child public.jobs;
  v_started jsonb := '[]';
  v_budget integer;
  v_spent integer;
  v_unfinished bigint;
begin
  select j.user_id into v_user_id from public.jobs as j where j.id = p_job_id;
  perform from public.credit_accounts as a where a.user_id = v_user_id for update;
  begin
    select j.* into v_job from public.jobs as j
    where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running'
    for update nowait;
  exception when lock_not_available then
    return jsonb_build_object('decision', 'busy');
  end;
  if v_job.id is null then
    return jsonb_build_object('decision', 'lost');
  end if;

  update public.frames as f set duration_sec = (n.value ->> 'duration_sec')::double precision
  from jsonb_array_elements(p_frames) as n
  where f.id = (n.value ->> 'id')::uuid and f.project_id = v_job.project_id
    and f.duration_sec is distinct from (n.value ->> 'duration_sec')::double precision;
  perform private.write_frames(v_user_id, v_job.project_id, coalesce((
    select jsonb_agg(n.value) from jsonb_array_elements(p_frames) as n where not n.value ? 'id'
  ), '[]'));

  select count(*) into v_unfinished from public.jobs as j
  where j.user_id = v_user_id and j.finished_at is null;
  for v_item in
    select i.value || jsonb_build_object('parent_id', p_job_id) from jsonb_array_elements(p_items) as i
  loop
    continue when exists (
      select from public.jobs as j where j.parent_id = p_job_id and j.child_key = v_item ->> 'child_key'
    );
    v_unfinished := v_unfinished + 1;
    if v_unfinished > private.max_unfinished_jobs() then
      -- The rest is started when these have ended: each end is a step.
      exit;
    end if;
    v_child := private.charge_and_add_job(v_user_id, 'make-film', v_item, 0, null, v_job.request_id);
    v_started := v_started || jsonb_build_object('id', v_child.id, 'kind', v_child.kind);
  end loop;

  v_budget := (v_job.payload ->> 'budget_credits')::integer;
  if v_budget is not null and jsonb_array_length(v_started) > 0 then
    v_spent := private.tree_spent(p_job_id);
    if v_spent > v_budget then
      raise sqlstate 'PT402' using message = 'BUDGET_EXCEEDED',
        detail = jsonb_build_object('budget_credits', v_budget, 'would_cost', v_spent)::text;
    end if;
  end if;

  -- Children are begun at once by a worker of their own, wherever this one is busy.
  if jsonb_array_length(v_started) > 0 then
    perform private.call_function('run-jobs');
  end if;
  update public.jobs as j set
    stage = p_stage, progress = greatest(j.progress, p_progress),
    open_children_count = j.open_children_count + jsonb_array_length(v_started)
  where j.id = p_job_id;
  return jsonb_build_object('decision', 'stepped', 'started', v_started);
end
$$;
comment on function public.step_production(uuid, integer, text, real, jsonb, jsonb) is
  'One step of a production by the worker that holds it, all or nothing: its stage and progress, the fitted '
  'durations of shots [{id, duration_sec}] or new shots (see private.write_frames), and its next children, each '
  'charged. p_items: as of create_jobs, with child_key; one that is there already is passed over, so a step may '
  'be repeated. {decision: stepped, started: [{id, kind}]}, busy (try again) or lost. Raises '
  'INSUFFICIENT_CREDITS, BUDGET_EXCEEDED, MODEL_*, NOT_FOUND: then nothing has changed.';

create function private.frames_of(p_project_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(jsonb_agg(
    to_jsonb(f) || jsonb_build_object('character_ids', coalesce((
      select jsonb_agg(c.character_id order by c.created_at, c.character_id)
      from public.frame_characters as c where c.frame_id = f.id and c.project_id = f.project_id
    ), '[]'))
    order by s.index, f.index
  ), '[]')
  from public.frames as f join public.scenes as s on s.id = f.scene_id
  where f.project_id = p_project_id
$$;
comment on function private.frames_of(uuid) is 'A project''s shots in the film''s order, each with who is in it.';
revoke execute on function private.frames_of(uuid) from public, anon;
grant execute on function private.frames_of(uuid) to authenticated;

create function public.read_production(p_job_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'project', (select to_jsonb(p) from public.projects as p where p.id = j.project_id and p.deleted_at is null),
    'scenes', coalesce((
      select jsonb_agg(to_jsonb(s) order by s.index) from public.scenes as s where s.project_id = j.project_id
    ), '[]'),
    'characters', coalesce((
      select jsonb_agg(to_jsonb(c) order by c.created_at, c.name) from public.characters as c
      where c.project_id = j.project_id
    ), '[]'),
    'frames', private.frames_of(j.project_id),
    'images', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.image_assets as a
      where a.project_id = j.project_id and a.status = 'ready'
    ), '[]'),
    'audio_clips', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.audio_clips as a
      where a.project_id = j.project_id and a.status = 'ready'
    ), '[]'),
    'video_clips', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.video_clips as a
      where a.project_id = j.project_id and a.status = 'ready'
    ), '[]'),
    'films', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.films as a
      where a.project_id = j.project_id and a.status = 'ready'
    ), '[]'),
    'under_way', coalesce((
      select jsonb_agg(jsonb_build_object('owner_id', w.owner_id, 'input_hash', w.input_hash))
      from (
        select coalesce(a.frame_id, a.character_id, a.scene_id) as owner_id, a.input_hash
        from public.image_assets as a
        where a.project_id = j.project_id and a.status in ('pending', 'rendering')
        union all
        select a.scene_id, a.input_hash from public.audio_clips as a
        where a.project_id = j.project_id and a.status in ('pending', 'rendering')
        union all
        select coalesce(a.frame_id, a.scene_id), a.input_hash from public.video_clips as a
        where a.project_id = j.project_id and a.status in ('pending', 'rendering')
      ) as w
      where w.input_hash is not null
    ), '[]'),
    'children', coalesce((
      select jsonb_agg(
        jsonb_build_object(
          'id', c.id, 'kind', c.kind, 'child_key', c.child_key, 'state', c.state, 'error', c.error,
          'subject_id', c.subject_id, 'progress', c.progress
        ) order by c.created_at
      ) from public.jobs as c
      where c.parent_id = j.id or (
        -- Who was taken out of the cast is not cast again when a production is tried again.
        c.kind = 'characters' and c.state not in ('failed', 'cancelled') and c.parent_id in (
          with recursive tries as (
            select j.retry_of as id
            union
            select t.retry_of from public.jobs as t join tries on t.id = tries.id
          )
          select tries.id from tries
        )
      )
    ), '[]'),
    'settings', (select to_jsonb(t) from public.settings as t where t.user_id = j.user_id),
    'models', (select jsonb_agg(to_jsonb(m) order by m.id) from public.models as m)
  )
  from public.jobs as j where j.id = p_job_id
$$;
comment on function public.read_production(uuid) is
  'All that a production decides by: project, scenes, cast, shots, ready assets newest first, whatever else is '
  'under way for the project, whoever asked for it (owner_id: the shot, character or scene it is of), its children '
  '(the cast that a production it is a retry of has written, or writes, is one too), the owner''s settings and '
  'the catalogue. Null: no such job.';

create function public.confirm_characters(p_user_id uuid, p_project_id uuid, p_character_ids uuid[] default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_bare jsonb;
  v_drawn jsonb;
  v_jobs jsonb;
begin
  -- Looked for without a lock: a step that holds the production, which is locked below, may be about to write
  -- the project's row.
  if not exists (
    select from public.projects as p
    where p.id = p_project_id and p.user_id = p_user_id and p.deleted_at is null
  ) or exists (
    select from unnest(p_character_ids) as w (id)
    where not exists (
      select from public.characters as c where c.id = w.id and c.project_id = p_project_id
    )
  ) then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id, 'character_ids', p_character_ids)::text;
  end if;
  select jsonb_agg(c.name order by c.name) into v_bare from public.characters as c
  where c.project_id = p_project_id and c.image_id is null
    and (p_character_ids is null or c.id = any (p_character_ids));
  if v_bare is not null or not exists (
    select from public.characters as c where c.project_id = p_project_id
  ) then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('state', 'without a reference picture', 'characters', v_bare)::text;
  end if;
  -- The picture that comes takes the place of the one that is seen now: nobody has seen it yet.
  select jsonb_agg(c.name order by c.name) into v_drawn from public.characters as c
  where c.project_id = p_project_id and (p_character_ids is null or c.id = any (p_character_ids))
    and exists (
      select from public.image_assets as a
      where a.character_id = c.id and a.status in ('pending', 'rendering')
    );
  if v_drawn is not null then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object(
        'state', 'a picture of ' || (v_drawn ->> 0) || ' is being drawn', 'characters', v_drawn
      )::text;
  end if;
  update public.characters as c set confirmed_at = now()
  where c.project_id = p_project_id and c.confirmed_at is null
    and (p_character_ids is null or c.id = any (p_character_ids));
  with woken as (
    update public.jobs as j set
      woken_at = clock_timestamp(),
      run_at = case when j.state = 'waiting' then clock_timestamp() else j.run_at end
    where j.project_id = p_project_id and j.kind = 'production' and j.finished_at is null
    returning j.id
  )
  select coalesce(jsonb_agg(w.id), '[]') into v_jobs from woken as w;
  return jsonb_build_object(
    'characters', (
      select jsonb_agg(to_jsonb(c) order by c.created_at, c.name) from public.characters as c
      where c.project_id = p_project_id
    ),
    'job_ids', v_jobs
  );
end
$$;
comment on function public.confirm_characters(uuid, uuid, uuid[]) is
  'The user says that these (null: all) are the cast: a production that waited for it goes on. Safe to repeat. '
  'Raises NOT_FOUND, STATE_CONFLICT (somebody has no reference picture yet, or one is being drawn; or there is '
  'nobody).';

revoke execute on function public.step_production(uuid, integer, text, real, jsonb, jsonb)
  from public, anon, authenticated;
revoke execute on function public.read_production(uuid) from public, anon, authenticated;
revoke execute on function public.confirm_characters(uuid, uuid, uuid[]) from public, anon, authenticated;
grant execute on function public.step_production(uuid, integer, text, real, jsonb, jsonb) to service_role;
grant execute on function public.read_production(uuid) to service_role;
grant execute on function public.confirm_characters(uuid, uuid, uuid[]) to service_role;

create function public.production_history(p_project_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'wish', (
      select j.payload -> 'wish' from public.jobs as j
      where j.project_id = p_project_id and j.kind = 'production'
      order by j.created_at desc, j.id limit 1
    ),
    'spent_credits', (
      select coalesce(-sum(e.amount), 0)::integer
      from public.credit_entries as e join public.jobs as j on j.id = e.job_id
      where j.project_id = p_project_id
    )
  )
$$;
comment on function public.production_history(uuid) is
  'What was wished for when the project was last worked on (null: never), and what it has cost after refunds, as '
  'the caller may see them (RLS applies).';
revoke execute on function public.production_history(uuid) from public, anon;
grant execute on function public.production_history(uuid) to authenticated;

create or replace function public.read_job(p_job_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'job', to_jsonb(j) - 'payload', 'asset', private.asset_of(j.kind, j.subject_id),
    'levels', coalesce((
      select jsonb_agg(
        jsonb_build_object(
          'kind', k.kind, 'total', k.total, 'succeeded', k.succeeded, 'failed', k.failed
        ) order by k.begun_at
      )
      from (
        select c.kind, min(c.created_at) as begun_at, count(*) as total,
          count(*) filter (where c.state = 'succeeded') as succeeded,
          count(*) filter (where c.state in ('failed', 'cancelled')) as failed
        from public.jobs as c where c.parent_id = j.id group by c.kind
      ) as k
    ), '[]')
  )
  from public.jobs as j where j.id = p_job_id
$$;
comment on function public.read_job(uuid) is
  'A job with the asset it fills and, of a production, how many of each kind it has started and how they stand '
  '(levels, in the order they began), as the caller may see them (RLS applies). Null: no such job.';

drop function public.studio_context(text, uuid, uuid);
create function public.studio_context(
  p_kind text, p_project_id uuid default null, p_scene_id uuid default null, p_click jsonb default null
) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  v_project_id uuid := p_project_id;
  v_replay jsonb;
begin
  if p_click is not null then
    v_replay := private.known_answer(p_click);
    if v_replay is not null then
      return jsonb_build_object('replay', v_replay);
    end if;
  end if;
  if p_scene_id is not null then
    select s.project_id into v_project_id from public.scenes as s where s.id = p_scene_id;
  end if;
  return jsonb_build_object(
    'project', (select to_jsonb(p) from public.projects as p where p.id = v_project_id),
    'scenes', coalesce((
      select jsonb_agg(to_jsonb(s) order by s.index) from public.scenes as s
      where s.project_id = v_project_id
    ), '[]'),
    'characters', coalesce((
      select jsonb_agg(to_jsonb(c) order by c.created_at, c.name) from public.characters as c
      where c.project_id = v_project_id
    ), '[]'),
    'frames', private.frames_of(v_project_id),
    'images', coalesce((
      select jsonb_agg(to_jsonb(i) order by i.created_at desc) from public.image_assets as i
      where i.project_id = v_project_id and i.status = 'ready'
    ), '[]'),
    'audio_clips', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.audio_clips as a
      where a.project_id = v_project_id and a.status = 'ready'
    ), '[]'),
    'video_clips', coalesce((
      select jsonb_agg(to_jsonb(v) order by v.created_at desc) from public.video_clips as v
      where v.project_id = v_project_id and v.status = 'ready'
    ), '[]'),
    'films', coalesce((
      select jsonb_agg(to_jsonb(f) order by f.created_at desc) from public.films as f
      where f.project_id = v_project_id and f.status = 'ready'
    ), '[]'),
    'settings', (select to_jsonb(t) from public.settings as t where t.user_id = (select auth.uid())),
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = (select auth.uid())),
    'models', coalesce((
      select jsonb_agg(to_jsonb(m) order by m.id) from public.models as m
      where p_kind = 'all' or m.kind = p_kind
    ), '[]')
  );
end
$$;
comment on function public.studio_context(text, uuid, uuid, jsonb) is
  'What an operation needs to know, as the caller may see it (RLS applies): the project (null when it is not '
  'the caller''s), its scenes in order, its cast and shots, its ready assets newest first, the caller''s '
  'settings and balance, and the catalogue''s models of p_kind (or all). p_click {operation, key, fingerprint}: when it was '
  'answered before, only {replay: {status, body}}. Raises IDEMPOTENCY_KEY_REUSED.';
revoke execute on function public.studio_context(text, uuid, uuid, jsonb) from public, anon;
grant execute on function public.studio_context(text, uuid, uuid, jsonb) to authenticated;
