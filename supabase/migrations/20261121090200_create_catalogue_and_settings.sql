-- Why: which models exist and what they cost, what each provider allows us, and what a user prefers.
-- Objects: models, provider_limits, settings, private.price.
-- Locks: none (new tables). Deploy order: after studio tables. Undo: drop the tables and the function.

create table public.models (
  id text primary key,
  kind text not null,
  provider text not null,
  endpoint text not null,
  title text not null,
  price numeric(10, 3) not null,
  unit text not null,
  limits jsonb not null default '{}',
  typical_sec real not null,
  is_default boolean not null default false,
  retired_at timestamptz,
  replaced_by text references public.models (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('script', 'image', 'speech', 'video', 'film')),
  constraint price_is_not_negative check (price >= 0),
  constraint unit_is_known check (unit in ('script', 'image', 'second', 'thousand_characters', 'film')),
  constraint retired_is_no_default check (retired_at is null or not is_default),
  constraint limits_is_an_object check (jsonb_typeof(limits) = 'object')
);
comment on table public.models is 'The catalogue: what can be asked for, and its price. Read by all users.';
comment on column public.models.endpoint is 'The provider''s own name of the model.';
comment on column public.models.price is 'Credits per unit; a charge is rounded up to whole credits.';
comment on column public.models.limits is
  'What the model takes: durations_sec, aspect_ratios, max_prompt_chars, max_scenes. Absent: no limit known.';
comment on column public.models.typical_sec is 'How long a result usually takes, in seconds: paces polling.';
comment on column public.models.retired_at is 'Since when it can''t be asked for. Null: it can.';
alter table public.models enable row level security;
revoke all on public.models from anon, authenticated, service_role;
grant select on public.models to authenticated, service_role;
create policy models_select on public.models for select to authenticated using (true);
create unique index models_default_of_kind_idx on public.models (kind) where is_default;
create index models_replaced_by_idx on public.models (replaced_by);
create trigger touch_updated_at before update on public.models
  for each row execute function private.touch_updated_at();

create table public.provider_limits (
  provider text primary key,
  slots integer not null,
  creates integer not null,
  window_sec integer not null,
  blocked_until timestamptz not null default '-infinity',
  failure_count integer not null default 0,
  updated_at timestamptz not null default now(),
  constraint slots_is_positive check (slots > 0),
  constraint creates_is_positive check (creates > 0),
  constraint window_is_positive check (window_sec > 0),
  constraint failure_count_is_not_negative check (failure_count >= 0)
);
comment on table public.provider_limits is
  'What a provider lets our account do. Its row is the lock under which submits are counted.';
comment on column public.provider_limits.slots is 'Tasks in flight at once.';
comment on column public.provider_limits.creates is 'New tasks per window_sec seconds.';
comment on column public.provider_limits.blocked_until is
  'No submit before this: the provider said wait, or the breaker is open.';
comment on column public.provider_limits.failure_count is
  'Calls in a row that found the provider down. Five open the breaker; see private.note_provider.';
alter table public.provider_limits enable row level security;
revoke all on public.provider_limits from anon, authenticated, service_role;
grant select on public.provider_limits to service_role;
create trigger touch_updated_at before update on public.provider_limits
  for each row execute function private.touch_updated_at();

create table public.settings (
  user_id uuid primary key references auth.users (id) on delete cascade,
  default_language text not null default 'en-US',
  default_tone text not null default 'warm',
  default_image_style text not null default 'cinematic, soft light, rich colour',
  default_tts_voice text not null default 'en-US-Neural2-C',
  script_model text references public.models (id),
  image_model text references public.models (id),
  tts_provider text not null default 'google_tts',
  video_provider text not null default 'kie',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint language_is_bcp47 check (default_language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  constraint tone_is_short check (char_length(default_tone) between 1 and 50),
  constraint style_is_bounded check (char_length(default_image_style) <= 500),
  constraint voice_is_short check (char_length(default_tts_voice) between 1 and 100),
  constraint tts_provider_is_known check (tts_provider in ('google_tts')),
  constraint video_provider_is_known check (video_provider in ('kie', 'fal', 'runway'))
);
comment on table public.settings is 'One row a user: what an operation uses when the request does not say.';
comment on column public.settings.script_model is 'Null: the catalogue''s default.';
comment on column public.settings.image_model is 'Null: the catalogue''s default.';
alter table public.settings enable row level security;
revoke all on public.settings from anon, authenticated, service_role;
grant select on public.settings to authenticated;
grant update (
  default_language, default_tone, default_image_style, default_tts_voice,
  script_model, image_model, tts_provider, video_provider
) on public.settings to authenticated;
grant select, insert, update, delete on public.settings to service_role;
create policy settings_select on public.settings for select to authenticated
  using (user_id = (select auth.uid()));
create policy settings_update on public.settings for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create index settings_script_model_idx on public.settings (script_model);
create index settings_image_model_idx on public.settings (image_model);
create trigger touch_updated_at before update on public.settings
  for each row execute function private.touch_updated_at();

create function private.price(p_model_id text, p_units numeric) returns integer
language plpgsql stable security invoker set search_path = '' as $$
declare
  v_model public.models;
begin
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
  'Whole credits for so many units of a model. Raises MODEL_INPUT_INVALID, MODEL_RETIRED.';
