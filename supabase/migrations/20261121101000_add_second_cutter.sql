-- Why: a film whose clips can't be joined by copying is joined by a provider instead; a film has a picture to
--   be shown by; and the same cut can be recognised.
-- Objects: films.poster_url, films.cut_hash, films_project_id_cut_hash_idx; private.cut_hash;
--   public.route_job. (insert_asset and apply_result write the columns: see create_productions.)
-- Locks: films, for as long as the columns and the index take. Deploy order: functions' code after it. Undo:
--   drop route_job, cut_hash, index and columns.

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
