-- Why: a film studio knows who is in a film and which shots a scene has: the same character in every shot,
--   and more than one shot a scene.
-- Objects: characters, frames, frame_characters; character_id, frame_id, input_hash and stale_at of the assets;
--   private.mark_stale_by_character, mark_stale_by_frame, mark_stale_by_scene,
--   mark_stale_by_cast, unconfirm_character.
-- Locks: the assets' tables for as long as columns and keys take. Undo: drop the triggers, columns and tables.

-- A picture can be named with its project, so that nothing can point at another tenant's.
alter table public.image_assets
  add constraint image_assets_id_project_id_user_id_key unique (id, project_id, user_id);
alter table public.video_clips
  add constraint video_clips_id_project_id_user_id_key unique (id, project_id, user_id);

create table public.characters (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  project_id uuid not null,
  name text not null,
  description text not null default '',
  voice_id text,
  image_id uuid,
  confirmed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, project_id, user_id),
  constraint characters_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint characters_image_id_fkey foreign key (image_id, project_id, user_id)
    references public.image_assets (id, project_id, user_id) on delete set null (image_id),
  constraint name_is_unique unique (project_id, name),
  constraint name_is_short check (char_length(name) between 1 and 100),
  constraint description_is_bounded check (char_length(description) <= 2000),
  constraint voice_is_short check (char_length(voice_id) between 1 and 100),
  constraint confirmed_has_a_reference check (confirmed_at is null or image_id is not null)
);
comment on table public.characters is 'Somebody in a film. Every shot with them is drawn after image_id.';
comment on column public.characters.description is 'How they look, in words a painter could follow.';
comment on column public.characters.voice_id is 'The provider''s voice. Null: the narrator speaks for them.';
comment on column public.characters.image_id is 'The reference picture. Null: not drawn yet.';
comment on column public.characters.confirmed_at is
  'When the user said that this is them (confirm-characters). Null: a film waits for it.';
alter table public.characters enable row level security;
revoke all on public.characters from anon, authenticated, service_role;
grant select, delete on public.characters to authenticated;
grant insert (project_id, name, description, voice_id) on public.characters to authenticated;
grant update (name, description, voice_id, image_id) on public.characters to authenticated;
grant select, insert, update, delete on public.characters to service_role;
-- Owners write their cast; the foreign keys keep it inside their own projects.
create policy characters_select on public.characters for select to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy characters_insert on public.characters for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy characters_update on public.characters for update to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  )
  with check (user_id = (select auth.uid()));
create policy characters_delete on public.characters for delete to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create index characters_user_id_idx on public.characters (user_id);
create index characters_project_id_user_id_idx on public.characters (project_id, user_id);
create index characters_image_id_idx on public.characters (image_id, project_id, user_id);
create trigger touch_updated_at before update on public.characters
  for each row execute function private.touch_updated_at();

create table public.frames (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  project_id uuid not null,
  scene_id uuid not null,
  index integer not null,
  camera text not null default '',
  action text not null,
  video_prompt text not null default '',
  duration_sec double precision,
  image_id uuid,
  video_clip_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, project_id, user_id),
  constraint frames_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint frames_scene_id_fkey foreign key (scene_id, project_id, user_id)
    references public.scenes (id, project_id, user_id) on delete cascade,
  constraint frames_image_id_fkey foreign key (image_id, project_id, user_id)
    references public.image_assets (id, project_id, user_id) on delete set null (image_id),
  constraint frames_video_clip_id_fkey foreign key (video_clip_id, project_id, user_id)
    references public.video_clips (id, project_id, user_id) on delete set null (video_clip_id),
  constraint frames_index_is_unique unique (scene_id, index) deferrable initially immediate,
  constraint index_is_counted_from_one check (index between 1 and 20),
  constraint camera_is_bounded check (char_length(camera) <= 500),
  constraint action_is_bounded check (char_length(action) between 1 and 5000),
  constraint video_prompt_is_bounded check (char_length(video_prompt) <= 5000),
  constraint duration_is_positive check (duration_sec > 0)
);
comment on table public.frames is 'A shot of a scene, in order of index (1..N): one picture, one clip.';
comment on column public.frames.action is 'What is to be seen.';
comment on column public.frames.video_prompt is 'What happens in it, for the clip. Empty: made of action and camera.';
comment on column public.frames.duration_sec is
  'How long it is shown in the film, in seconds; its clip is as long or longer. Null: not fitted yet.';
comment on column public.frames.image_id is 'Its picture. Null: none yet.';
comment on column public.frames.video_clip_id is 'Its clip. Null: none yet.';
alter table public.frames enable row level security;
revoke all on public.frames from anon, authenticated, service_role;
grant select, delete on public.frames to authenticated;
grant insert (project_id, scene_id, index, camera, action, video_prompt) on public.frames to authenticated;
grant update (index, camera, action, video_prompt, image_id, video_clip_id) on public.frames to authenticated;
grant select, insert, update, delete on public.frames to service_role;
-- Owners write their shots; the foreign keys keep them inside their own scenes.
create policy frames_select on public.frames for select to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy frames_insert on public.frames for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy frames_update on public.frames for update to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  )
  with check (user_id = (select auth.uid()));
create policy frames_delete on public.frames for delete to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create index frames_user_id_idx on public.frames (user_id);
create index frames_project_id_user_id_idx on public.frames (project_id, user_id);
create index frames_scene_id_idx on public.frames (scene_id, project_id, user_id);
create index frames_image_id_idx on public.frames (image_id, project_id, user_id);
create index frames_video_clip_id_idx on public.frames (video_clip_id, project_id, user_id);
create trigger touch_updated_at before update on public.frames
  for each row execute function private.touch_updated_at();

create table public.frame_characters (
  frame_id uuid not null,
  character_id uuid not null,
  project_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (frame_id, character_id),
  constraint frame_characters_frame_id_fkey foreign key (frame_id, project_id, user_id)
    references public.frames (id, project_id, user_id) on delete cascade,
  constraint frame_characters_character_id_fkey foreign key (character_id, project_id, user_id)
    references public.characters (id, project_id, user_id) on delete cascade
);
comment on table public.frame_characters is 'Who is in a shot.';
alter table public.frame_characters enable row level security;
revoke all on public.frame_characters from anon, authenticated, service_role;
grant select, delete on public.frame_characters to authenticated;
grant insert (frame_id, character_id, project_id) on public.frame_characters to authenticated;
grant select, insert, update, delete on public.frame_characters to service_role;
-- Owners cast their shots; the foreign keys keep shot and character in one project of theirs.
create policy frame_characters_select on public.frame_characters for select to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy frame_characters_insert on public.frame_characters for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create policy frame_characters_delete on public.frame_characters for delete to authenticated
  using (
    user_id = (select auth.uid())
    and project_id <> all ((select private.deleted_projects())::uuid[])
  );
create index frame_characters_user_id_idx on public.frame_characters (user_id);
create index frame_characters_frame_id_idx on public.frame_characters (frame_id, project_id, user_id);
create index frame_characters_character_id_idx
  on public.frame_characters (character_id, project_id, user_id);

alter table public.image_assets
  add column character_id uuid,
  add column frame_id uuid,
  add column input_hash text,
  add column stale_at timestamptz,
  add constraint image_assets_character_id_fkey foreign key (character_id, project_id, user_id)
    references public.characters (id, project_id, user_id) on delete set null (character_id),
  add constraint image_assets_frame_id_fkey foreign key (frame_id, project_id, user_id)
    references public.frames (id, project_id, user_id) on delete set null (frame_id),
  add constraint input_hash_is_sha256 check (input_hash ~ '^[0-9a-f]{64}$');
create index image_assets_character_id_idx on public.image_assets (character_id, project_id, user_id);
create index image_assets_frame_id_idx on public.image_assets (frame_id, project_id, user_id);

alter table public.audio_clips
  add column input_hash text,
  add column stale_at timestamptz,
  add constraint input_hash_is_sha256 check (input_hash ~ '^[0-9a-f]{64}$');

alter table public.video_clips
  add column frame_id uuid,
  add column input_hash text,
  add column stale_at timestamptz,
  add constraint video_clips_frame_id_fkey foreign key (frame_id, project_id, user_id)
    references public.frames (id, project_id, user_id) on delete set null (frame_id),
  add constraint input_hash_is_sha256 check (input_hash ~ '^[0-9a-f]{64}$');
create index video_clips_frame_id_idx on public.video_clips (frame_id, project_id, user_id);

comment on column public.image_assets.character_id is 'Whose reference it is. Null: nobody''s.';
comment on column public.image_assets.frame_id is 'The shot it was drawn for. Null: a scene or a project as a whole.';
comment on column public.video_clips.frame_id is 'The shot it was rendered for. Null: none.';
comment on column public.image_assets.input_hash is
  'Hex SHA-256 of model and request: the same is not bought again. Null: uploaded, or older than this column.';
comment on column public.audio_clips.input_hash is
  'Hex SHA-256 of model and request: the same is not bought again. Null: older than this column.';
comment on column public.video_clips.input_hash is
  'Hex SHA-256 of model and request: the same is not bought again. Null: older than this column.';
comment on column public.image_assets.stale_at is
  'When something it was made from changed. Null: it still shows what it was made from.';
comment on column public.audio_clips.stale_at is 'When its scene''s text changed. Null: it is what the scene says.';
comment on column public.video_clips.stale_at is
  'When something it was made from changed. Null: it still shows what it was made from.';

-- What depends on an edit is marked, in the edit's own statement: what is being made, too, for it is made from what
-- was there before. Definer: owners edit characters, shots and scenes, and may not write assets.
create function private.mark_stale_by_character() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Pictures before clips, as everywhere: one statement for both would begin with the clips.
  update public.image_assets as a set stale_at = now()
  from public.frame_characters as f
  where f.character_id = new.id and f.project_id = new.project_id and f.user_id = new.user_id
    and a.frame_id = f.frame_id and a.stale_at is null;
  update public.video_clips as v set stale_at = now()
  from public.frame_characters as f
  where f.character_id = new.id and f.project_id = new.project_id and f.user_id = new.user_id
    and v.frame_id = f.frame_id and v.stale_at is null;
  return null;
end
$$;
comment on function private.mark_stale_by_character() is
  'Trigger: the pictures and clips of every shot with a character who looks different now.';
revoke execute on function private.mark_stale_by_character() from public, anon, authenticated;
create trigger mark_stale after update on public.characters for each row
  when (old.name <> new.name or old.description <> new.description or old.image_id is distinct from new.image_id)
  execute function private.mark_stale_by_character();

-- A shot may show what was made of its scene before there were shots: that is then made from the shot's words too.
create function private.mark_stale_by_frame() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if old.action <> new.action or old.camera <> new.camera then
    update public.image_assets as a set stale_at = now()
    where a.stale_at is null and (
      a.frame_id = new.id or (
        a.id = old.image_id and a.id = new.image_id and a.scene_id = new.scene_id and a.frame_id is null
        and a.source = 'generated'
      )
    );
  end if;
  update public.video_clips as v set stale_at = now()
  where v.stale_at is null
    and (
      v.frame_id = new.id or (
        v.id = old.video_clip_id and v.id = new.video_clip_id and v.scene_id = new.scene_id and v.frame_id is null
      )
    )
    and (
      old.action <> new.action or old.camera <> new.camera or old.video_prompt <> new.video_prompt
      or v.image_id is distinct from new.image_id
    );
  return null;
end
$$;
comment on function private.mark_stale_by_frame() is 'Trigger: the picture and the clips of a shot that was changed.';
revoke execute on function private.mark_stale_by_frame() from public, anon, authenticated;
create trigger mark_stale after update on public.frames for each row
  when (
    old.action <> new.action or old.camera <> new.camera or old.video_prompt <> new.video_prompt
    or old.image_id is distinct from new.image_id
  )
  execute function private.mark_stale_by_frame();

create function private.mark_stale_by_scene() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_seen_before text := coalesce(nullif(old.plot, ''), old.text);
  v_seen text := coalesce(nullif(new.plot, ''), new.text);
begin
  if old.text <> new.text then
    update public.audio_clips as a set stale_at = now()
    where a.scene_id = new.id and a.stale_at is null;
  end if;
  if old.title <> new.title or v_seen_before <> v_seen then
    -- A shot that is the scene itself stays it, field by field (composed as sceneShot() does); what somebody wrote
    -- for it is theirs to change.
    update public.frames as f set
      action = case when f.action = left(old.title || '. ' || v_seen_before, 5000)
        then left(new.title || '. ' || v_seen, 5000) else f.action end,
      video_prompt = case when f.video_prompt = left(v_seen_before, 5000)
        then left(v_seen, 5000) else f.video_prompt end
    where f.scene_id = new.id and (
      f.action = left(old.title || '. ' || v_seen_before, 5000) or f.video_prompt = left(v_seen_before, 5000)
    );
    update public.image_assets as a set stale_at = now()
    where a.scene_id = new.id and a.stale_at is null and a.source = 'generated';
    update public.video_clips as v set stale_at = now()
    where v.scene_id = new.id and v.stale_at is null;
  end if;
  return null;
end
$$;
comment on function private.mark_stale_by_scene() is
  'Trigger: the narration of a scene whose text changed; when what is seen did (the plot, or the text of a scene '
  'without one), its pictures and clips, and shots that repeat the scene''s own words go on doing so.';
revoke execute on function private.mark_stale_by_scene() from public, anon, authenticated;
create trigger mark_stale after update on public.scenes for each row
  when (old.text <> new.text or old.plot <> new.plot or old.title <> new.title)
  execute function private.mark_stale_by_scene();

-- Definer, as the other marks: owners cast their shots, and may not write assets.
create function private.mark_stale_by_cast() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_frame_id uuid := coalesce(new.frame_id, old.frame_id);
begin
  -- Settling a picture takes the shot before it.
  perform 1 from public.frames as f where f.id = v_frame_id for no key update;
  update public.image_assets as a set stale_at = now()
  where a.stale_at is null and (
    a.frame_id = v_frame_id or (
      a.frame_id is null and a.source = 'generated' and exists (
        select from public.frames as f
        where f.id = v_frame_id and f.image_id = a.id and f.scene_id = a.scene_id
      )
    )
  );
  update public.video_clips as v set stale_at = now()
  where v.stale_at is null and (
    v.frame_id = v_frame_id or (
      v.frame_id is null and exists (
        select from public.frames as f
        where f.id = v_frame_id and f.video_clip_id = v.id and f.scene_id = v.scene_id
      )
    )
  );
  return null;
end
$$;
comment on function private.mark_stale_by_cast() is
  'Trigger: the pictures and clips of a shot that somebody was put into or taken out of.';
revoke execute on function private.mark_stale_by_cast() from public, anon, authenticated;
create trigger mark_stale after insert or delete on public.frame_characters for each row
  execute function private.mark_stale_by_cast();

-- A reference picture may go, by its owner's hand or with its project: the word given for it goes along, or the
-- check would refuse the deletion.
create function private.unconfirm_character() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  new.confirmed_at := null;
  return new;
end
$$;
comment on function private.unconfirm_character() is
  'Trigger: a character whose reference picture is gone is nobody''s word any more.';
revoke execute on function private.unconfirm_character() from public, anon, authenticated;
create trigger unconfirm before update on public.characters for each row
  when (new.image_id is null and new.confirmed_at is not null)
  execute function private.unconfirm_character();
