-- Why: a dance, a camera move or a look by its name, so that a picture and one word make a clip.
-- Objects: presets; video_clips.preset, prompt_by. (insert_asset writes them: see create_productions.)
-- Locks: video_clips for as long as the columns take. Deploy order: the functions' code and the seed after it.
-- Undo: drop the columns and the table.

create table public.presets (
  slug text primary key,
  kind text not null,
  name_en text not null,
  name_ko text not null,
  description_en text not null,
  description_ko text not null,
  prompt_template text not null,
  sample_settings jsonb not null default '{}',
  sort integer not null default 0,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint slug_is_kebab_case check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 60),
  constraint kind_is_known check (kind in ('dance', 'camera', 'look')),
  constraint names_are_short check (
    char_length(name_en) between 1 and 60 and char_length(name_ko) between 1 and 60
  ),
  constraint descriptions_are_short check (
    char_length(description_en) between 1 and 300 and char_length(description_ko) between 1 and 300
  ),
  constraint template_is_bounded check (char_length(prompt_template) between 1 and 2000),
  constraint sample_settings_is_an_object check (jsonb_typeof(sample_settings) = 'object')
);
comment on table public.presets is
  'The catalogue of styles for clips from pictures. Read by all users; nobody writes it but migrations and seeds.';
comment on column public.presets.slug is 'Its name in requests, such as hip-hop.';
comment on column public.presets.prompt_template is
  'In English, for image-to-video models. {subject}: who or what the picture shows; {prompt}: the user''s words.';
comment on column public.presets.sample_settings is
  'Used where a request does not say: {duration_sec?, aspect_ratio?, model?}.';
comment on column public.presets.sort is 'Order within its kind, ascending.';
comment on column public.presets.active is 'False: no longer offered; clips made with it keep its name.';
alter table public.presets enable row level security;
revoke all on public.presets from anon, authenticated, service_role;
grant select on public.presets to authenticated, service_role;
-- A catalogue: everybody who is signed in reads all of it.
create policy presets_select on public.presets for select to authenticated using (true);
create trigger touch_updated_at before update on public.presets
  for each row execute function private.touch_updated_at();

alter table public.video_clips
  add column preset text references public.presets (slug),
  add column prompt_by text;
alter table public.video_clips add constraint prompt_by_is_known
  check (prompt_by in ('user', 'template', 'model'));
comment on column public.video_clips.preset is 'The style it was made in. Null: none.';
comment on column public.video_clips.prompt_by is
  'Who wrote prompt: the user word for word, a template of ours, or a language model. Null: not known.';
create index video_clips_preset_idx on public.video_clips (preset);

