-- Why: the director: a conversation per project, and proposals that a person confirms before anything is
--   spent or deleted.
-- Objects: director_messages, director_proposals; models (kind director, unit turn); private.director_limits,
--   message_text, note_director_turn, proposal_of;
--   public.director_project, director_scene, begin_director_turn, finish_director_turn,
--   create_director_proposal, confirm_director_proposal, reorder_scenes.
-- Locks: models, for as long as two checks take. Deploy order: before the functions' code. Undo: drop the
--   functions and tables; the checks may stay.
--
-- A turn is one write and one read before the model is asked, in one round trip (begin_director_turn), and one
-- write after it. A proposal is run at most once: what deletes, cancels or confirms a cast in the transaction of
-- the person's yes, whatever starts jobs through create_jobs with the proposal's id as the click's key.

alter table public.models
  drop constraint kind_is_known,
  add constraint kind_is_known check (kind in ('script', 'image', 'speech', 'video', 'film', 'director')),
  drop constraint unit_is_known,
  add constraint unit_is_known check (
    unit in ('script', 'image', 'second', 'thousand_characters', 'film', 'turn')
  );

create table public.director_messages (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  role text not null,
  page text not null,
  parts jsonb not null,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  is_replaced boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  constraint director_messages_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint role_is_known check (role in ('user', 'assistant')),
  constraint page_is_short check (char_length(page) between 1 and 50),
  constraint parts_is_a_list check (jsonb_typeof(parts) = 'array'),
  -- Eight kilobytes of a user's text, however much JSON has to escape in it; an answer with all its tools.
  constraint parts_are_bounded check (
    octet_length(parts::text) <= case role when 'user' then 65536 else 262144 end
  ),
  constraint tokens_are_not_negative check (input_tokens >= 0 and output_tokens >= 0)
);
comment on table public.director_messages is
  'The conversation with the director, a project each. Written by begin_director_turn and finish_director_turn.';
comment on column public.director_messages.page is 'Where the user was: see shared/contract/director.ts.';
comment on column public.director_messages.parts is
  'Parts of a UIMessage of the AI SDK: text, tools with input and output, data-proposal.';
comment on column public.director_messages.input_tokens is 'What the answer''s model calls read. 0 for users.';
comment on column public.director_messages.output_tokens is 'What they wrote. 0 for users.';
comment on column public.director_messages.is_replaced is
  'True when the user had the turn answered anew: no longer shown, still counted.';
alter table public.director_messages enable row level security;
revoke all on public.director_messages from anon, authenticated, service_role;
grant select on public.director_messages to authenticated, service_role;
-- Owners read their conversations; both sides are written by functions, so that neither can be put into the
-- other's mouth.
create policy director_messages_select on public.director_messages for select to authenticated
  using (
    user_id = (select auth.uid()) and not is_replaced
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create index director_messages_project_id_idx
  on public.director_messages (project_id, user_id, created_at);
create index director_messages_user_id_idx on public.director_messages (user_id, created_at);

create table public.director_proposals (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  operation text not null,
  body jsonb not null,
  title text not null,
  credits integer not null,
  typical_sec real not null,
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  replaced_by uuid references public.director_proposals (id) on delete set null,
  answer_status smallint,
  answer_body text,
  created_at timestamptz not null default now(),
  constraint director_proposals_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint operation_is_known check (operation in (
    'generate-image', 'generate-audio', 'generate-video', 'stitch-video', 'retry-job', 'make-film',
    'generate-characters', 'generate-scenes', 'generate-frames', 'confirm-characters', 'cancel-job',
    'delete-scene'
  )),
  constraint body_is_an_object check (jsonb_typeof(body) = 'object'),
  constraint title_is_short check (char_length(title) between 1 and 300),
  constraint credits_is_not_negative check (credits >= 0),
  constraint typical_sec_is_not_negative check (typical_sec >= 0),
  constraint answer_is_whole check ((answer_status is null) = (answer_body is null)),
  constraint answered_is_confirmed check (answer_body is null or confirmed_at is not null)
);
comment on table public.director_proposals is
  'What the director would do that spends or deletes, with its price. A person confirms it, once, in time.';
comment on column public.director_proposals.operation is
  'What is run: an operation of the contract, or delete-scene.';
comment on column public.director_proposals.body is 'The operation''s request.';
comment on column public.director_proposals.credits is 'Its price when it was proposed. 0: it spends nothing.';
comment on column public.director_proposals.typical_sec is 'Seconds until the result is usually there.';
comment on column public.director_proposals.expires_at is 'From then on it can''t be confirmed.';
comment on column public.director_proposals.confirmed_at is 'When it was first confirmed. Null: not yet.';
comment on column public.director_proposals.replaced_by is 'The same at another price, which was answered instead.';
comment on column public.director_proposals.answer_status is
  'HTTP status of what was answered when it was run here. Null where the click''s key holds the answer.';
alter table public.director_proposals enable row level security;
revoke all on public.director_proposals from anon, authenticated, service_role;
grant select on public.director_proposals to authenticated, service_role;
create policy director_proposals_select on public.director_proposals for select to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create index director_proposals_project_id_idx on public.director_proposals (project_id, user_id);
create index director_proposals_user_id_idx on public.director_proposals (user_id);
create index director_proposals_replaced_by_idx on public.director_proposals (replaced_by);

create function private.director_limits() returns table (turns integer, window_sec integer)
language sql immutable security invoker set search_path = '' as $$
  values (10, 60), (120, 3600)
$$;
comment on function private.director_limits() is
  'Turns a user may begin, by window. Turns cost nothing: nobody types faster than the first, and the second '
  'is what a long working hour takes.';

create function private.message_text(p_parts jsonb) returns text
language sql immutable security invoker set search_path = '' as $$
  select string_agg(
    case p.value ->> 'type'
      when 'text' then p.value ->> 'text'
      else format('[proposed: %s]', p.value -> 'data' ->> 'title')
    end, E'\n' order by p.ordinality
  )
  from jsonb_array_elements(p_parts) with ordinality as p
  where p.value ->> 'type' in ('text', 'data-proposal')
$$;
comment on function private.message_text(jsonb) is 'What was said in a message, without tools. Null: nothing.';
grant execute on function private.message_text(jsonb) to authenticated;

create function private.note_director_turn(
  p_project_id uuid, p_page text, p_text text, p_replaces boolean
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
  v_limit record;
  v_oldest timestamptz;
  v_id uuid;
begin
  -- The first word waits for this: a sentence that a crash of the server within half a second takes with it is
  -- said again.
  perform set_config('synchronous_commit', 'off', true);
  -- One turn of a user is counted at a time.
  perform pg_advisory_xact_lock(hashtextextended('director ' || v_user_id, 0));
  for v_limit in select l.turns, l.window_sec from private.director_limits() as l loop
    select m.created_at into v_oldest from public.director_messages as m
    where m.user_id = v_user_id and m.role = 'user'
      and m.created_at > clock_timestamp() - make_interval(secs => v_limit.window_sec)
    order by m.created_at desc offset v_limit.turns - 1 limit 1;
    if found then
      raise sqlstate 'PT429' using message = 'RATE_LIMITED', detail = jsonb_build_object(
        'turns', v_limit.turns, 'window_sec', v_limit.window_sec, 'retry_after_sec',
        greatest(1, ceil(extract(epoch from
          v_oldest + make_interval(secs => v_limit.window_sec) - clock_timestamp())))
      )::text;
    end if;
  end loop;
  if not exists (
    select from public.projects as p
    where p.id = p_project_id and p.user_id = v_user_id and p.deleted_at is null
  ) then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id)::text;
  end if;
  if p_replaces then
    update public.director_messages as m set is_replaced = true
    where m.project_id = p_project_id and m.user_id = v_user_id and not m.is_replaced
      and m.created_at >= (
        select max(l.created_at) from public.director_messages as l
        where l.project_id = p_project_id and l.user_id = v_user_id and l.role = 'user'
          and not l.is_replaced
      );
  end if;
  insert into public.director_messages (user_id, project_id, role, page, parts)
  values (
    v_user_id, p_project_id, 'user', p_page,
    jsonb_build_array(jsonb_build_object('type', 'text', 'text', p_text))
  )
  returning id into v_id;
  return v_id;
end
$$;
comment on function private.note_director_turn(uuid, text, text, boolean) is
  'Counts and keeps what the caller says to the director. Definer: the table is closed to users'' own writes; '
  'this adds to the caller''s own conversation alone. p_replaces: instead of the last turn. Raises '
  'RATE_LIMITED, NOT_FOUND.';
revoke execute on function private.note_director_turn(uuid, text, text, boolean) from public, anon;
grant execute on function private.note_director_turn(uuid, text, text, boolean) to authenticated;

create function public.director_project(p_project_id uuid) returns jsonb
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
revoke execute on function public.director_project(uuid) from public, anon;
grant execute on function public.director_project(uuid) to authenticated;

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

create function public.begin_director_turn(
  p_project_id uuid, p_page text, p_text text, p_replaces boolean default false
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  v_turn_id uuid := private.note_director_turn(p_project_id, p_page, p_text, p_replaces);
begin
  return jsonb_build_object(
    'turn_id', v_turn_id,
    'state', public.director_project(p_project_id),
    'history', coalesce((
      select jsonb_agg(
        jsonb_build_object('role', m.role, 'text', left(private.message_text(m.parts), 4000))
        order by m.created_at
      )
      from (
        select l.role, l.parts, l.created_at from public.director_messages as l
        where l.project_id = p_project_id and l.id <> v_turn_id
        order by l.created_at desc limit 20
      ) as m
    ), '[]'),
    'models', coalesce((
      select jsonb_agg(to_jsonb(m) order by m.is_default desc, m.id) from public.models as m
      where m.kind = 'director' and m.retired_at is null
    ), '[]')
  );
end
$$;
comment on function public.begin_director_turn(uuid, text, text, boolean) is
  'Begins a turn with the director as the caller (RLS applies): keeps what was said and gives {turn_id, state: '
  'see director_project, history: the last 20 messages'' texts, models of kind director}. Raises RATE_LIMITED '
  '{turns, window_sec, retry_after_sec}, NOT_FOUND.';
revoke execute on function public.begin_director_turn(uuid, text, text, boolean) from public, anon;
grant execute on function public.begin_director_turn(uuid, text, text, boolean) to authenticated;

create function public.finish_director_turn(
  p_user_id uuid,
  p_project_id uuid,
  p_message_id uuid,
  p_page text,
  p_parts jsonb,
  p_input_tokens integer,
  p_output_tokens integer
) returns void
language sql security definer set search_path = '' as $$
  insert into public.director_messages (
    id, user_id, project_id, role, page, parts, input_tokens, output_tokens
  )
  select p_message_id, p_user_id, p.id, 'assistant', p_page, p_parts, p_input_tokens, p_output_tokens
  from public.projects as p where p.id = p_project_id and p.user_id = p_user_id
  on conflict (id) do nothing
$$;
comment on function public.finish_director_turn(uuid, uuid, uuid, text, jsonb, integer, integer) is
  'Keeps what the director answered. Nothing when the project is gone by then. Safe to repeat.';
revoke execute on function public.finish_director_turn(uuid, uuid, uuid, text, jsonb, integer, integer)
  from public, anon, authenticated;
grant execute on function public.finish_director_turn(uuid, uuid, uuid, text, jsonb, integer, integer)
  to service_role;

create function private.proposal_of(p_proposal public.director_proposals) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'proposal_id', p_proposal.id, 'operation', p_proposal.operation, 'body', p_proposal.body,
    'credits', p_proposal.credits, 'typical_sec', p_proposal.typical_sec,
    'expires_at', p_proposal.expires_at, 'title', p_proposal.title
  )
$$;
comment on function private.proposal_of(public.director_proposals) is
  'A proposal as clients see it: see directorProposal in shared/contract/director.ts.';

create function public.create_director_proposal(
  p_user_id uuid,
  p_project_id uuid,
  p_operation text,
  p_body jsonb,
  p_title text,
  p_credits integer,
  p_typical_sec real,
  p_replaces uuid default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_proposal public.director_proposals;
  v_replaced public.director_proposals;
begin
  if p_replaces is not null then
    select d.* into v_replaced from public.director_proposals as d
    where d.id = p_replaces and d.user_id = p_user_id for update;
    -- Two who confirm the old one at once are shown the same new one.
    select d.* into v_proposal from public.director_proposals as d
    where d.id = v_replaced.replaced_by and d.credits = p_credits and d.expires_at > now();
  end if;
  if v_proposal.id is null then
    insert into public.director_proposals (
      user_id, project_id, operation, body, title, credits, typical_sec, expires_at
    )
    select p_user_id, p.id, p_operation, p_body, p_title, p_credits, p_typical_sec,
      now() + interval '10 minutes'
    from public.projects as p
    where p.id = p_project_id and p.user_id = p_user_id and p.deleted_at is null
    returning * into v_proposal;
    if not found then
      raise sqlstate 'PT404' using message = 'NOT_FOUND',
        detail = jsonb_build_object('project_id', p_project_id)::text;
    end if;
    update public.director_proposals as d set replaced_by = v_proposal.id where d.id = v_replaced.id;
  end if;
  return private.proposal_of(v_proposal);
end
$$;
comment on function
  public.create_director_proposal(uuid, uuid, text, jsonb, text, integer, real, uuid) is
  'Keeps a proposal for ten minutes and gives it as clients see it. p_replaces: the one whose price has changed. '
  'Raises NOT_FOUND.';
revoke execute on function
  public.create_director_proposal(uuid, uuid, text, jsonb, text, integer, real, uuid)
  from public, anon, authenticated;
grant execute on function
  public.create_director_proposal(uuid, uuid, text, jsonb, text, integer, real, uuid) to service_role;

create function public.confirm_director_proposal(p_user_id uuid, p_proposal_id uuid) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_proposal public.director_proposals;
  v_known public.idempotency_keys;
  v_newer public.director_proposals;
  v_scene public.scenes;
  v_job public.jobs;
  v_answer jsonb;
  v_tasks jsonb := '[]';
  v_woken jsonb := '[]';
begin
  -- A second click waits here for what the first one came to.
  select d.* into v_proposal from public.director_proposals as d
  where d.id = p_proposal_id and d.user_id = p_user_id
    and exists (select from public.projects as p where p.id = d.project_id and p.deleted_at is null)
  for update;
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
    -- Who starts jobs holds the account: none begins between this look and the deletion. A film under way would
    -- not fit any more or buy clips anew, and a picture would be paid for and shown nowhere.
    perform from public.credit_accounts as a where a.user_id = p_user_id for update;
    select j.* into v_job from public.jobs as j
    where j.user_id = p_user_id and j.project_id = v_proposal.project_id and j.finished_at is null
      and (
        j.kind in ('production', 'scenes', 'frames', 'film')
        or j.subject_id in (
          select i.id from public.image_assets as i where i.scene_id = (v_proposal.body ->> 'scene_id')::uuid
          union all
          select a.id from public.audio_clips as a where a.scene_id = (v_proposal.body ->> 'scene_id')::uuid
          union all
          select v.id from public.video_clips as v where v.scene_id = (v_proposal.body ->> 'scene_id')::uuid
        )
      )
    order by j.created_at limit 1;
    if found then
      raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
        detail = jsonb_build_object('job_id', v_job.id, 'kind', v_job.kind, 'state', v_job.state)::text;
    end if;
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
  'NOT_FOUND, STATE_CONFLICT (a scene that a job works on: {job_id, kind, state}), PROPOSAL_EXPIRED, '
  'PROPOSAL_CHANGED {proposal: the newer one}; 55P03 when another confirmation holds it for over 2 s.';
revoke execute on function public.confirm_director_proposal(uuid, uuid) from public, anon, authenticated;
grant execute on function public.confirm_director_proposal(uuid, uuid) to service_role;

create function public.reorder_scenes(p_project_id uuid, p_scene_ids uuid[]) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  perform 1 from public.scenes as s where s.project_id = p_project_id for update;
  if (select array_agg(s.id order by s.id) from public.scenes as s where s.project_id = p_project_id)
    is distinct from (select array_agg(i.id order by i.id) from unnest(p_scene_ids) as i (id)) then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('state', 'the scenes are others by now')::text;
  end if;
  update public.scenes as s set index = o.ordinality
  from unnest(p_scene_ids) with ordinality as o (id, ordinality)
  where s.id = o.id and s.project_id = p_project_id and s.index <> o.ordinality;
end
$$;
comment on function public.reorder_scenes(uuid, uuid[]) is
  'Numbers a project''s scenes 1..N in the order given, with the caller''s rights (RLS applies). Raises '
  'STATE_CONFLICT unless all of them are named once.';
revoke execute on function public.reorder_scenes(uuid, uuid[]) from public, anon;
grant execute on function public.reorder_scenes(uuid, uuid[]) to authenticated;
