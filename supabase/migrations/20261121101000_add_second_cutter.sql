-- Why: a film whose clips can't be joined by copying is joined by a provider instead; a film has a picture to
--   be shown by; and the same cut can be recognised.
-- Objects: films.poster_url, films.cut_hash, films_project_id_cut_hash_idx; private.cut_hash, insert_asset
--   (same), apply_result (same); public.route_job.
-- Locks: films, for as long as the columns and the index take. Deploy order: functions' code after it. Undo:
--   bring the old functions back, drop route_job, cut_hash, index and columns.

create function private.cut_hash(p_cut jsonb) returns text
language sql stable security invoker set search_path = '' as $$
  -- jsonb has one spelling: keys sorted, numbers and spaces as Postgres writes them.
  select encode(sha256(convert_to(p_cut::text, 'UTF8')), 'hex')
$$;
comment on function private.cut_hash(jsonb) is 'Hex SHA-256 of a planned cut: the same cut, the same hash.';
revoke execute on function private.cut_hash(jsonb) from public, anon, authenticated;

alter table public.films add column poster_url text;
alter table public.films add column cut_hash text;
-- What is there was planned from clips and narration alone; its places came with the finished film.
update public.films as f set cut_hash = private.cut_hash(coalesce((
  select jsonb_agg(c.value - 'start_sec' - 'duration_sec' order by c.ordinality)
  from jsonb_array_elements(f.cut) with ordinality as c
), '[]'));
alter table public.films alter column cut_hash set not null;
alter table public.films add constraint cut_hash_is_sha256 check (cut_hash ~ '^[0-9a-f]{64}$');
comment on column public.films.poster_url is
  'The picture of its first shot. Null until ready, or when that clip has none.';
comment on column public.films.cut_hash is
  'Hex SHA-256 of the cut as it was planned (private.cut_hash); equal for the same clips, lengths and narration.';
comment on column public.films.cut is
  'In order: [{clip_id, audio_clip_id|null, start_sec?, duration_sec?}]. start_sec: its place in the film, absent '
  'until ready. duration_sec: how long it is shown, until ready only where that is less than the whole clip.';
create index films_project_id_cut_hash_idx on public.films (project_id, cut_hash) where status = 'ready';

create or replace function private.insert_asset(
  p_user_id uuid, p_kind text, p_project_id uuid, p_asset jsonb
) returns uuid
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
    insert into public.films (user_id, project_id, cut, cut_hash)
    values (p_user_id, p_project_id, p_asset -> 'cut', private.cut_hash(p_asset -> 'cut'))
    returning id into v_id;
  end if;
  return v_id;
end
$$;

create or replace function private.apply_result(p_job public.jobs, p_result jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  if p_job.kind = 'image' then
    -- The newest picture of a scene stands for it until the user chooses another; of several candidates the
    -- first one does.
    update public.image_assets as a set status = 'ready', url = p_result ->> 'url',
      width = (p_result ->> 'width')::integer, height = (p_result ->> 'height')::integer,
      is_main = a.scene_id is not null and coalesce((p_job.payload ->> 'is_main')::boolean, true)
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
      poster_url = p_result ->> 'poster_url',
      cut = coalesce(p_result -> 'cut', a.cut)
    where a.id = p_job.subject_id;
    update public.projects as p set status = 'completed' where p.id = p_job.project_id;
  end if;
end
$$;

create function public.route_job(p_job_id uuid, p_attempt integer, p_provider text, p_payload jsonb)
returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  -- Only from nobody to somebody: what was submitted stays with the one it was submitted to.
  update public.jobs as j set provider = p_provider, payload = p_payload
  where j.id = p_job_id and j.attempt = p_attempt and j.state = 'running' and j.provider is null;
  return found;
end
$$;
comment on function public.route_job(uuid, integer, text, jsonb) is
  'Gives a claimed job that has no provider to one, with what to submit in its payload: begin_submit may be '
  'called for it from then on. False: it was no longer this worker''s, or has a provider. Definer: nobody may '
  'write jobs by hand. Raises 23503 for a provider that has no limits.';
revoke execute on function public.route_job(uuid, integer, text, jsonb) from public, anon, authenticated;
grant execute on function public.route_job(uuid, integer, text, jsonb) to service_role;
