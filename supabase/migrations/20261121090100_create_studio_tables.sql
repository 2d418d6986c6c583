-- Why: what users make: projects, their scenes, and the assets that belong to them.
-- Objects: projects, scenes, image_assets, audio_clips, video_clips, films.
-- Locks: none (new tables). Deploy order: after foundations. Undo: drop the tables in reverse order.
--
-- Every child carries user_id and a foreign key on (parent, user_id): a row can't point into another
-- tenant's project, whoever writes it. Clients write what they author (projects, scenes, which picture is
-- the main one); assets' state, URLs and errors are written by the service alone.

create table public.projects (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null,
  description text not null default '',
  platform text not null default 'youtube',
  category text not null default 'story',
  tone text not null default 'warm',
  target_length integer not null default 30,
  language text not null default 'en-US',
  status text not null default 'draft',
  budget_credits integer,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, user_id),
  constraint title_is_short check (char_length(title) between 1 and 200),
  constraint description_is_bounded check (char_length(description) <= 5000),
  constraint platform_is_short check (char_length(platform) between 1 and 50),
  constraint category_is_short check (char_length(category) between 1 and 50),
  constraint tone_is_short check (char_length(tone) between 1 and 50),
  constraint target_length_is_a_film check (target_length between 3 and 600),
  constraint language_is_bcp47 check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  constraint status_is_known check (status in ('draft', 'in-progress', 'completed')),
  constraint budget_is_positive check (budget_credits > 0)
);
comment on table public.projects is 'One film in the making. Owner: user_id.';
comment on column public.projects.target_length is 'Wanted length of the film in seconds.';
comment on column public.projects.language is 'BCP 47 tag of script and narration, such as ko-KR.';
comment on column public.projects.budget_credits is
  'Ceiling of what the project may cost after refunds, in credits. Null: no ceiling.';
comment on column public.projects.deleted_at is 'Set when the user deleted it: hidden at once, removed later.';
alter table public.projects enable row level security;
revoke all on public.projects from anon, authenticated, service_role;
grant select on public.projects to authenticated;
grant insert (title, description, platform, category, tone, target_length, language, budget_credits)
  on public.projects to authenticated;
grant update (title, description, platform, category, tone, target_length, language, budget_credits)
  on public.projects to authenticated;
grant select, insert, update, delete on public.projects to service_role;
-- Owners read, start and edit their projects; deleted ones are gone from their sight.
create policy projects_select on public.projects for select to authenticated
  using (user_id = (select auth.uid()) and deleted_at is null);
create policy projects_insert on public.projects for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy projects_update on public.projects for update to authenticated
  using (user_id = (select auth.uid()) and deleted_at is null)
  with check (user_id = (select auth.uid()));
create index projects_user_id_created_at_idx on public.projects (user_id, created_at desc);
create trigger touch_updated_at before update on public.projects
  for each row execute function private.touch_updated_at();

create table public.scenes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  project_id uuid not null,
  index integer not null,
  title text not null default '',
  text text not null,
  plot text not null default '',
  notes text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, project_id, user_id),
  constraint scenes_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  -- Deferrable so that one statement can renumber a whole project.
  constraint index_is_unique unique (project_id, index) deferrable initially immediate,
  constraint index_is_counted_from_one check (index between 1 and 100),
  constraint title_is_short check (char_length(title) <= 200),
  constraint text_is_bounded check (char_length(text) between 1 and 10000),
  constraint plot_is_bounded check (char_length(plot) <= 5000),
  constraint notes_are_bounded check (char_length(notes) <= 5000)
);
comment on table public.scenes is 'A scene of a project, in order of index (1..N).';
comment on column public.scenes.text is 'What the narrator says.';
comment on column public.scenes.plot is 'What is to be seen.';
alter table public.scenes enable row level security;
revoke all on public.scenes from anon, authenticated, service_role;
grant select, delete on public.scenes to authenticated;
grant insert (project_id, index, title, text, plot, notes) on public.scenes to authenticated;
grant update (index, title, text, plot, notes) on public.scenes to authenticated;
grant select, insert, update, delete on public.scenes to service_role;
-- Owners write their scenes; the foreign key keeps them inside their own projects.
create policy scenes_select on public.scenes for select to authenticated
  using (user_id = (select auth.uid()));
create policy scenes_insert on public.scenes for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy scenes_update on public.scenes for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy scenes_delete on public.scenes for delete to authenticated
  using (user_id = (select auth.uid()));
create index scenes_user_id_idx on public.scenes (user_id);
create index scenes_project_id_user_id_idx on public.scenes (project_id, user_id);
create trigger touch_updated_at before update on public.scenes
  for each row execute function private.touch_updated_at();

create table public.image_assets (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  scene_id uuid,
  source text not null default 'generated',
  url text,
  prompt text not null default '',
  model text,
  is_main boolean not null default false,
  width integer,
  height integer,
  status text not null default 'pending',
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint image_assets_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint image_assets_scene_id_fkey foreign key (scene_id, project_id, user_id)
    references public.scenes (id, project_id, user_id) on delete cascade,
  constraint source_is_known check (source in ('generated', 'uploaded')),
  constraint status_is_known check (status in ('pending', 'rendering', 'ready', 'failed')),
  constraint ready_has_url check ((status = 'ready') = (url is not null)),
  constraint failed_has_error check ((status = 'failed') = (error is not null)),
  constraint error_is_an_error check (private.is_error(error)),
  constraint main_has_a_scene check (not is_main or scene_id is not null)
);
comment on table public.image_assets is 'A picture: drawn for a scene or a project, or uploaded.';
comment on column public.image_assets.url is 'Public URL in our Storage. Null until ready.';
comment on column public.image_assets.is_main is 'The picture that stands for its scene: at most one a scene.';
comment on column public.image_assets.error is '{code, message}: why it failed. Null otherwise.';
alter table public.image_assets enable row level security;
revoke all on public.image_assets from anon, authenticated, service_role;
grant select on public.image_assets to authenticated;
grant update (is_main) on public.image_assets to authenticated;
grant select, insert, update, delete on public.image_assets to service_role;
-- Owners see their pictures and choose the main one; everything else is the service's.
create policy image_assets_select on public.image_assets for select to authenticated
  using (user_id = (select auth.uid()));
create policy image_assets_update on public.image_assets for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create index image_assets_user_id_idx on public.image_assets (user_id);
create index image_assets_project_id_user_id_idx on public.image_assets (project_id, user_id);
create index image_assets_scene_id_idx on public.image_assets (scene_id, project_id, user_id);
create unique index image_assets_main_of_scene_idx on public.image_assets (scene_id) where is_main;
create trigger touch_updated_at before update on public.image_assets
  for each row execute function private.touch_updated_at();

-- Choosing a main picture takes the place of the one before, so that a client needs one statement.
create function private.keep_one_main_image() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and old.is_main then
    return new;
  end if;
  -- One a scene at a time: two pictures that are ready at once would each miss the other and then collide in
  -- its unique index. Not the scene's row, which its deletion locks before the pictures.
  perform pg_advisory_xact_lock(hashtextextended(new.scene_id::text, 0));
  update public.image_assets set is_main = false
  where scene_id = new.scene_id and user_id = new.user_id and is_main and id <> new.id;
  return new;
end
$$;
comment on function private.keep_one_main_image() is
  'Trigger. Definer: it runs for owners too, who could otherwise not clear a row being replaced.';
revoke execute on function private.keep_one_main_image() from public, anon, authenticated;
create trigger keep_one_main_image before insert or update of is_main on public.image_assets
  for each row when (new.is_main) execute function private.keep_one_main_image();

create table public.audio_clips (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  scene_id uuid not null,
  url text,
  provider text not null,
  voice_id text not null,
  speed real not null default 1,
  pitch real,
  volume_gain_db real,
  duration_sec double precision,
  status text not null default 'pending',
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint audio_clips_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint audio_clips_scene_id_fkey foreign key (scene_id, project_id, user_id)
    references public.scenes (id, project_id, user_id) on delete cascade,
  constraint speed_is_speakable check (speed between 0.25 and 2),
  constraint pitch_is_in_range check (pitch between -20 and 20),
  constraint gain_is_in_range check (volume_gain_db between -96 and 16),
  constraint status_is_known check (status in ('pending', 'rendering', 'ready', 'failed')),
  constraint ready_has_url check ((status = 'ready') = (url is not null)),
  constraint ready_has_duration check ((status = 'ready') = (duration_sec is not null)),
  constraint failed_has_error check ((status = 'failed') = (error is not null)),
  constraint error_is_an_error check (private.is_error(error))
);
comment on table public.audio_clips is 'The narration of a scene, spoken.';
comment on column public.audio_clips.speed is '1 is the voice''s own speed.';
comment on column public.audio_clips.pitch is 'Semitones from the voice''s own. Null: unchanged.';
comment on column public.audio_clips.volume_gain_db is 'Decibels. Null: unchanged.';
comment on column public.audio_clips.duration_sec is 'Seconds, measured from the audio.';
comment on column public.audio_clips.error is '{code, message}: why it failed. Null otherwise.';
alter table public.audio_clips enable row level security;
revoke all on public.audio_clips from anon, authenticated, service_role;
grant select on public.audio_clips to authenticated;
grant select, insert, update, delete on public.audio_clips to service_role;
create policy audio_clips_select on public.audio_clips for select to authenticated
  using (user_id = (select auth.uid()));
create index audio_clips_user_id_idx on public.audio_clips (user_id);
create index audio_clips_project_id_user_id_idx on public.audio_clips (project_id, user_id);
create index audio_clips_scene_id_idx on public.audio_clips (scene_id, project_id, user_id);
create trigger touch_updated_at before update on public.audio_clips
  for each row execute function private.touch_updated_at();

create table public.video_clips (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  scene_id uuid,
  image_id uuid references public.image_assets (id) on delete set null,
  url text,
  thumbnail_url text,
  provider text not null,
  model_id text not null,
  prompt text not null default '',
  aspect_ratio text not null,
  duration_sec double precision not null,
  external_task_id text,
  status text not null default 'pending',
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint video_clips_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint video_clips_scene_id_fkey foreign key (scene_id, project_id, user_id)
    references public.scenes (id, project_id, user_id) on delete cascade,
  constraint duration_is_positive check (duration_sec > 0),
  constraint status_is_known check (status in ('pending', 'rendering', 'ready', 'failed')),
  constraint ready_has_url check ((status = 'ready') = (url is not null)),
  constraint failed_has_error check ((status = 'failed') = (error is not null)),
  constraint error_is_an_error check (private.is_error(error))
);
comment on table public.video_clips is 'A clip rendered from a picture.';
comment on column public.video_clips.thumbnail_url is 'The source picture until there is a better one.';
comment on column public.video_clips.duration_sec is 'Seconds: as asked until ready, as measured then.';
comment on column public.video_clips.external_task_id is 'The provider''s task. Null until it accepted.';
comment on column public.video_clips.error is '{code, message}: why it failed. Null otherwise.';
alter table public.video_clips enable row level security;
revoke all on public.video_clips from anon, authenticated, service_role;
grant select on public.video_clips to authenticated;
grant select, insert, update, delete on public.video_clips to service_role;
create policy video_clips_select on public.video_clips for select to authenticated
  using (user_id = (select auth.uid()));
create index video_clips_user_id_idx on public.video_clips (user_id);
create index video_clips_project_id_user_id_idx on public.video_clips (project_id, user_id);
create index video_clips_scene_id_idx on public.video_clips (scene_id, project_id, user_id);
create index video_clips_image_id_idx on public.video_clips (image_id);
create trigger touch_updated_at before update on public.video_clips
  for each row execute function private.touch_updated_at();

create table public.films (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  project_id uuid not null,
  url text,
  duration_sec double precision,
  cut jsonb not null,
  status text not null default 'pending',
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint films_project_id_fkey foreign key (project_id, user_id)
    references public.projects (id, user_id) on delete cascade,
  constraint cut_is_a_list check (jsonb_typeof(cut) = 'array'),
  constraint status_is_known check (status in ('pending', 'rendering', 'ready', 'failed')),
  constraint ready_has_url check ((status = 'ready') = (url is not null)),
  constraint ready_has_duration check ((status = 'ready') = (duration_sec is not null)),
  constraint failed_has_error check ((status = 'failed') = (error is not null)),
  constraint error_is_an_error check (private.is_error(error))
);
comment on table public.films is 'Clips and narration cut into one mp4.';
comment on column public.films.cut is 'In order: [{clip_id, audio_clip_id|null, start_sec?, duration_sec?}].';
comment on column public.films.error is '{code, message}: why it failed. Null otherwise.';
alter table public.films enable row level security;
revoke all on public.films from anon, authenticated, service_role;
grant select on public.films to authenticated;
grant select, insert, update, delete on public.films to service_role;
create policy films_select on public.films for select to authenticated
  using (user_id = (select auth.uid()));
create index films_user_id_idx on public.films (user_id);
create index films_project_id_user_id_idx on public.films (project_id, user_id);
create trigger touch_updated_at before update on public.films
  for each row execute function private.touch_updated_at();
