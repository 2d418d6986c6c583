-- Why: the director knows the cast, the shots and the films under way, and may propose what makes them.
-- Objects: director_proposals.operation_is_known; public.director_project (cast, shots, stale marks,
--   productions), director_scene (new), confirm_director_proposal (as before, and confirm-characters).
-- Locks: director_proposals for as long as a check takes. Deploy order: before the functions' code.
-- Undo: drop director_scene, bring the old functions and the old check back.

alter table public.director_proposals
  drop constraint operation_is_known,
  add constraint operation_is_known check (operation in (
    'generate-image', 'generate-audio', 'generate-video', 'stitch-video', 'retry-job', 'make-film',
    'generate-characters', 'generate-scenes', 'generate-frames', 'confirm-characters', 'cancel-job',
    'delete-scene'
  ));

create or replace function public.director_project(p_project_id uuid) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
begin
  -- Not plain SQL, which would be planned anew each time: the first word waits for this.
  return (
    with counted as (
      select
        (select count(*) from public.scenes as s where s.project_id = p_project_id) as scenes,
        (select count(*) from public.frames as f where f.project_id = p_project_id) as shots,
        (select count(*) from public.characters as c where c.project_id = p_project_id) as cast_count
    ),
    shown as (
      -- A hundred long scenes, or a film of a hundred shots, must still fit into a prompt.
      select
        greatest(150, least(500, case n.shots when 0 then 20000 else 14000 end / greatest(n.scenes, 1)))::integer
          as characters,
        greatest(50, least(160, 6000 / greatest(n.shots, 1)))::integer as shot_characters,
        greatest(100, least(600, 4000 / greatest(n.cast_count, 1)))::integer as cast_characters,
        n.shots <= 120 as shows_shots
      from counted as n
    )
    select jsonb_build_object(
      'project', to_jsonb(p) - array['id', 'user_id', 'deleted_at', 'created_at', 'updated_at'],
      'scenes', coalesce((
        select jsonb_agg(jsonb_build_object(
          'scene', s.index, 'title', s.title, 'text', left(s.text, h.characters),
          'plot', left(s.plot, h.characters),
          'is_cut', greatest(char_length(s.text), char_length(s.plot)) > h.characters,
          'pictures', (
            select jsonb_agg(jsonb_build_object(
              'picture_id', i.id, 'status', i.status, 'is_main', i.is_main,
              'is_stale', i.stale_at is not null) order by i.created_at desc)
            from (
              select a.id, a.status, a.is_main, a.stale_at, a.created_at from public.image_assets as a
              -- Shots show their own.
              where a.scene_id = s.id and (a.frame_id is null or a.is_main)
              order by a.created_at desc limit 6
            ) as i
          ),
          'narration', (
            select jsonb_build_object(
              'status', a.status, 'duration_sec', a.duration_sec, 'is_stale', a.stale_at is not null)
            from public.audio_clips as a where a.scene_id = s.id order by a.created_at desc limit 1
          ),
          'clip', (
            select jsonb_build_object(
              'status', v.status, 'duration_sec', v.duration_sec, 'is_stale', v.stale_at is not null)
            from public.video_clips as v where v.scene_id = s.id order by v.created_at desc limit 1
          ),
          'shot_count', (select count(*) from public.frames as f where f.scene_id = s.id),
          'shots', case when h.shows_shots then (
            select jsonb_agg(jsonb_build_object(
              'shot', f.index, 'action', left(f.action, h.shot_characters), 'duration_sec', f.duration_sec,
              'picture', coalesce(
                (
                  select case when a.stale_at is null then a.status else 'stale' end
                  from public.image_assets as a where a.id = f.image_id
                ),
                (
                  select a.status from public.image_assets as a where a.frame_id = f.id
                  order by a.created_at desc limit 1
                ),
                'none'
              ),
              'clip', coalesce(
                (
                  select case when v.stale_at is null then v.status else 'stale' end
                  from public.video_clips as v where v.id = f.video_clip_id
                ),
                (
                  select v.status from public.video_clips as v where v.frame_id = f.id
                  order by v.created_at desc limit 1
                ),
                'none'
              )
            ) order by f.index)
            from public.frames as f where f.scene_id = s.id
          ) end
        ) order by s.index)
        from public.scenes as s where s.project_id = p.id
      ), '[]'),
      'characters', coalesce((
        select jsonb_agg(jsonb_build_object(
          'name', c.name, 'description', left(c.description, h.cast_characters),
          'is_cut', char_length(c.description) > h.cast_characters, 'voice', c.voice_id,
          'has_picture', c.image_id is not null, 'is_confirmed', c.confirmed_at is not null
        ) order by c.created_at, c.name)
        from (
          select k.name, k.description, k.voice_id, k.image_id, k.confirmed_at, k.created_at
          from public.characters as k where k.project_id = p.id
          order by k.created_at, k.name limit 40
        ) as c
      ), '[]'),
      'film', (
        select jsonb_build_object('status', f.status, 'duration_sec', f.duration_sec)
        from public.films as f where f.project_id = p.id order by f.created_at desc limit 1
      ),
      'productions', coalesce((
        select jsonb_agg(jsonb_build_object(
          'job_id', j.id, 'state', j.state, 'stage', j.stage, 'progress', j.progress,
          'stop_at', j.payload -> 'stop_at', 'quoted_credits', j.payload -> 'quoted_credits',
          'error', case when j.error is not null then jsonb_build_object(
            'code', j.error -> 'code', 'message', left(j.error ->> 'message', 300)) end,
          'created_at', j.created_at
        ) order by j.created_at desc)
        from (
          select k.id, k.state, k.stage, k.progress, k.payload, k.error, k.created_at
          from public.jobs as k where k.project_id = p.id and k.kind = 'production'
          order by k.created_at desc limit 2
        ) as j
      ), '[]'),
      'jobs', (
        select jsonb_object_agg(c.state, c.jobs) from (
          select j.state, count(*) as jobs from public.jobs as j where j.project_id = p.id group by j.state
        ) as c
      ),
      'settings', (
        select to_jsonb(t) - array['user_id', 'created_at', 'updated_at']
        from public.settings as t where t.user_id = (select auth.uid())
      ),
      'balance', (
        select a.balance from public.credit_accounts as a where a.user_id = (select auth.uid())
      )
    )
    from public.projects as p cross join shown as h where p.id = p_project_id
  );
end
$$;
comment on function public.director_project(uuid) is
  'A project as the director sees it, with the caller''s rights (RLS applies): scenes by number with the start '
  'of their texts, what there is of each and what is stale, its shots (null where a film has over 120), the '
  'cast, the last two productions, jobs by state, settings, balance. Null: no such project.';

create function public.director_scene(p_project_id uuid, p_scene integer) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with shown as (
    -- Twenty shots of the longest texts must still fit into a prompt.
    select s.id, greatest(600, 12000 / greatest(count(f.id), 1))::integer as characters
    from public.scenes as s left join public.frames as f on f.scene_id = s.id
    where s.project_id = p_project_id and s.index = p_scene
    group by s.id
  )
  select jsonb_build_object(
    'scene', s.index, 'title', s.title, 'text', s.text, 'plot', s.plot, 'notes', s.notes,
    'shots', coalesce((
      select jsonb_agg(jsonb_build_object(
        'shot', f.index, 'camera', f.camera, 'action', left(f.action, h.characters),
        'video_prompt', left(f.video_prompt, h.characters),
        'is_cut', greatest(char_length(f.action), char_length(f.video_prompt)) > h.characters,
        'duration_sec', f.duration_sec,
        'characters', coalesce((
          select jsonb_agg(c.name order by c.created_at, c.name)
          from public.frame_characters as k join public.characters as c on c.id = k.character_id
          where k.frame_id = f.id
        ), '[]'),
        'pictures', coalesce((
          select jsonb_agg(jsonb_build_object(
            'picture_id', i.id, 'status', i.status, 'is_chosen', i.id is not distinct from f.image_id,
            'is_stale', i.stale_at is not null) order by i.created_at desc)
          from (
            select a.id, a.status, a.stale_at, a.created_at from public.image_assets as a
            where a.frame_id = f.id or a.id = f.image_id
            order by a.id = f.image_id desc, a.created_at desc limit 4
          ) as i
        ), '[]'),
        'clip', (
          select jsonb_build_object(
            'status', v.status, 'duration_sec', v.duration_sec, 'is_stale', v.stale_at is not null)
          from public.video_clips as v where v.id = f.video_clip_id or v.frame_id = f.id
          order by v.id = f.video_clip_id desc, v.created_at desc limit 1
        )
      ) order by f.index)
      from public.frames as f where f.scene_id = s.id
    ), '[]')
  )
  from public.scenes as s join shown as h on h.id = s.id
$$;
comment on function public.director_scene(uuid, integer) is
  'A scene as the director sees it, with the caller''s rights (RLS applies): its texts in full, its shots with '
  'who is in them, their newest pictures and their clip, and what is stale. Null: no such scene.';
revoke execute on function public.director_scene(uuid, integer) from public, anon;
grant execute on function public.director_scene(uuid, integer) to authenticated;

create or replace function public.confirm_director_proposal(p_user_id uuid, p_proposal_id uuid) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_proposal public.director_proposals;
  v_known public.idempotency_keys;
  v_newer public.director_proposals;
  v_scene public.scenes;
  v_answer jsonb;
  v_tasks jsonb := '[]';
  v_woken jsonb := '[]';
begin
  -- A second click waits here for what the first one came to.
  select d.* into v_proposal from public.director_proposals as d
  where d.id = p_proposal_id and d.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('proposal_id', p_proposal_id)::text;
  end if;
  if v_proposal.answer_body is not null then
    return jsonb_build_object(
      'status', v_proposal.answer_status, 'body', v_proposal.answer_body, 'replayed', true
    );
  end if;
  select k.* into v_known from public.idempotency_keys as k
  where k.user_id = p_user_id and k.key = p_proposal_id::text and k.operation = v_proposal.operation
    and k.status is not null;
  if found then
    return jsonb_build_object('status', v_known.status, 'body', v_known.body, 'replayed', true);
  end if;
  if v_proposal.expires_at <= now() then
    raise sqlstate 'PT410' using message = 'PROPOSAL_EXPIRED', detail = jsonb_build_object(
      'proposal_id', p_proposal_id, 'expires_at', v_proposal.expires_at)::text;
  end if;
  -- Also when the price is the old one again: one wish is not run once for each of its prices.
  select d.* into v_newer from public.director_proposals as d where d.id = v_proposal.replaced_by;
  if found then
    raise sqlstate 'PT409' using message = 'PROPOSAL_CHANGED',
      detail = jsonb_build_object('proposal', private.proposal_of(v_newer))::text;
  end if;
  update public.director_proposals as d set confirmed_at = coalesce(d.confirmed_at, now())
  where d.id = p_proposal_id;

  if v_proposal.operation = 'cancel-job' then
    v_answer := public.cancel_job(p_user_id, (v_proposal.body ->> 'job_id')::uuid);
    v_tasks := v_answer -> 'tasks';
    v_answer := v_answer - 'tasks';
  elsif v_proposal.operation = 'confirm-characters' then
    -- The project is the proposal's own, whatever the body says.
    v_answer := public.confirm_characters(p_user_id, v_proposal.project_id, array(
      select i.id::uuid from jsonb_array_elements_text(v_proposal.body -> 'character_ids') as i (id)
    ));
    v_woken := v_answer -> 'job_ids';
    v_answer := v_answer - 'job_ids';
  elsif v_proposal.operation = 'delete-scene' then
    delete from public.scenes as s
    where s.id = (v_proposal.body ->> 'scene_id')::uuid and s.project_id = v_proposal.project_id
      and s.user_id = p_user_id
    returning * into v_scene;
    -- Those behind it move up: scenes are counted 1..N.
    update public.scenes as s set index = s.index - 1
    where s.project_id = v_proposal.project_id and s.index > v_scene.index;
    v_answer := jsonb_build_object('scene_id', v_proposal.body -> 'scene_id', 'deleted', true);
  else
    return jsonb_build_object(
      'status', null, 'operation', v_proposal.operation, 'body', v_proposal.body,
      'project_id', v_proposal.project_id, 'title', v_proposal.title, 'credits', v_proposal.credits
    );
  end if;
  update public.director_proposals as d set answer_status = 200, answer_body = v_answer::text
  where d.id = p_proposal_id;
  return jsonb_build_object(
    'status', 200, 'body', v_answer::text, 'replayed', false, 'tasks', v_tasks,
    'woken', v_woken
  );
end
$$;
comment on function public.confirm_director_proposal(uuid, uuid) is
  'A person''s yes to a proposal. What deletes, cancels or confirms a cast is done here, once. What starts jobs is '
  'given back as {status: null, operation, body, project_id, title, credits}, to be run by create_jobs with the '
  'proposal''s id as key. Otherwise {status, body, replayed, tasks?, woken?: jobs that may go on}. Raises '
  'NOT_FOUND, STATE_CONFLICT, PROPOSAL_EXPIRED, PROPOSAL_CHANGED {proposal: the newer one}; 55P03 when another '
  'confirmation holds it for over 2 s.';
