-- Why: users bring pictures of their own: each is kept once, in a project of theirs.
-- Objects: bucket uploads; image_assets.content_hash; upload_grants; private.max_uploads_a_day, max_upload_grants;
--   public.grant_upload, find_upload, add_upload.
-- Locks: image_assets for as long as the column and the index take. Deploy order: upload-image after it.
-- Undo: drop the functions, the table, the index and the column; empty and delete the bucket.

-- Where large files wait until they are looked at: private, and Storage itself refuses what is too large. Only
-- signed uploads get in, since no policy lets a client do anything here.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('uploads', 'uploads', false, 10485759, '{image/jpeg,image/png,image/webp}')
on conflict (id) do nothing;

alter table public.image_assets add column content_hash text;
alter table public.image_assets add constraint content_hash_is_sha256
  check (content_hash ~ '^[0-9a-f]{64}$');
comment on column public.image_assets.content_hash is
  'SHA-256 of an uploaded picture as it is kept, in hex: the same one is kept once a project. Null: drawn by us.';
create unique index image_assets_upload_idx on public.image_assets (user_id, project_id, content_hash)
  where source = 'uploaded';

create function private.max_uploads_a_day() returns integer
language sql immutable security invoker set search_path = '' as $$ select 300 $$;
comment on function private.max_uploads_a_day() is
  'Per user. Uploads cost no credits, so that this alone keeps Storage from being filled: 3 GB a day.';

create table public.upload_grants (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null,
  created_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('picture', 'track'))
);
comment on table public.upload_grants is
  'Files that users were let put into Storage, where nothing else counts them, noted before they can come. Service '
  'only.';
comment on column public.upload_grants.id is
  'Of a picture''s place: the id it will have. It waits as {user_id}/{id} in the bucket uploads.';
comment on column public.upload_grants.kind is
  'picture: a place in the bucket uploads, forgotten once it is emptied. track: music that goes to its project.';
alter table public.upload_grants enable row level security;
revoke all on public.upload_grants from anon, authenticated, service_role;
grant select on public.upload_grants to service_role;
create index upload_grants_user_id_kind_created_at_idx on public.upload_grants (user_id, kind, created_at);
create index upload_grants_created_at_idx on public.upload_grants (created_at) where kind = 'picture';

create function private.max_upload_grants(p_kind text) returns integer
language sql immutable security invoker set search_path = '' as $$
  select case p_kind when 'picture' then 60 else 100 end
$$;
comment on function private.max_upload_grants(text) is
  'Per user. Pictures within private.late_upload_window(): 20 an hour, used or not, since a place that was used '
  'takes another file until its token ends; so at most 600 MB of a user wait unseen. Tracks a day: 2 GB.';

create function public.grant_upload(p_user_id uuid, p_grant_id uuid, p_kind text) returns void
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_window interval := case p_kind when 'picture' then private.late_upload_window() else interval '1 day' end;
  v_count integer;
  v_oldest timestamptz;
begin
  -- As add_upload: counting needs the others to be there.
  perform pg_advisory_xact_lock(hashtextextended('upload ' || p_user_id::text, 0));
  if not exists (select from public.credit_accounts as a where a.user_id = p_user_id) then
    raise sqlstate 'PT401' using message = 'UNAUTHENTICATED', detail = '{"account": "none"}';
  end if;
  select count(*), min(u.created_at) into v_count, v_oldest from public.upload_grants as u
  where u.user_id = p_user_id and u.kind = p_kind and u.created_at > now() - v_window;
  if v_count >= private.max_upload_grants(p_kind) then
    raise sqlstate 'PT429' using message = 'RATE_LIMITED', detail = jsonb_build_object(
      'uploads', private.max_upload_grants(p_kind),
      'window_sec', extract(epoch from v_window)::integer,
      'retry_after_sec', ceil(extract(epoch from v_oldest + v_window - now()))::integer
    )::text;
  end if;
  -- A picture's place is forgotten by the purge, which empties it first.
  delete from public.upload_grants as u
  where u.user_id = p_user_id and u.kind = 'track' and u.created_at <= now() - interval '1 day';
  insert into public.upload_grants (id, user_id, kind) values (p_grant_id, p_user_id, p_kind);
end
$$;
comment on function public.grant_upload(uuid, uuid, text) is
  'Counts a file that a user may put into Storage, before it can come. p_grant_id: of a picture''s place, else any. '
  'Raises RATE_LIMITED, UNAUTHENTICATED. Definer: nobody may write the table by hand.';
revoke execute on function public.grant_upload(uuid, uuid, text) from public, anon, authenticated;
grant execute on function public.grant_upload(uuid, uuid, text) to service_role;

create function public.find_upload(
  p_content_hash text, p_project_id uuid default null, p_image_id uuid default null
) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
begin
  if p_project_id is not null and not exists (
    select from public.projects as p where p.id = p_project_id
  ) then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id)::text;
  end if;
  return (
    select jsonb_build_object(
      'image_asset', to_jsonb(i), 'project', to_jsonb(p), 'is_new', false
    )
    from public.image_assets as i join public.projects as p on p.id = i.project_id
    where i.source = 'uploaded' and (
      i.id = p_image_id
      or (i.content_hash = p_content_hash and i.project_id = p_project_id)
      or (i.content_hash = p_content_hash and p_project_id is null and p.category = 'photo')
    )
    order by i.id = p_image_id desc nulls last, i.created_at desc
    limit 1
  );
end
$$;
comment on function public.find_upload(text, uuid, uuid) is
  'An upload that is there already, as the caller may see it (RLS applies): by its id, or by its content in the '
  'project, or without a project in one that was made for an upload. Answers as add_upload; null when there is '
  'none. Raises NOT_FOUND.';
revoke execute on function public.find_upload(text, uuid, uuid) from public, anon;
grant execute on function public.find_upload(text, uuid, uuid) to authenticated;

create function public.add_upload(
  p_user_id uuid,
  p_project_id uuid,
  p_is_new_project boolean,
  p_image_id uuid,
  p_content_hash text,
  p_url text,
  p_width integer,
  p_height integer
) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_image public.image_assets;
  v_project public.projects;
  v_is_new boolean := true;
begin
  -- One upload of a user at a time: counting them, and finding the same picture, needs the others to be there.
  perform pg_advisory_xact_lock(hashtextextended('upload ' || p_user_id::text, 0));
  -- A token may outlive its account.
  if not exists (select from public.credit_accounts as a where a.user_id = p_user_id) then
    raise sqlstate 'PT401' using message = 'UNAUTHENTICATED', detail = '{"account": "none"}';
  end if;

  if p_is_new_project then
    select i.* into v_image
    from public.image_assets as i join public.projects as p on p.id = i.project_id
    where i.user_id = p_user_id and i.source = 'uploaded'
      and (i.id = p_image_id or i.content_hash = p_content_hash)
      and p.category = 'photo' and p.deleted_at is null
    order by i.created_at desc limit 1;
  else
    select p.* into v_project from public.projects as p
    where p.id = p_project_id and p.user_id = p_user_id and p.deleted_at is null
    for share;
    if not found then
      raise sqlstate 'PT404' using message = 'NOT_FOUND',
        detail = jsonb_build_object('project_id', p_project_id)::text;
    end if;
    select i.* into v_image from public.image_assets as i
    where i.user_id = p_user_id and i.project_id = p_project_id and i.source = 'uploaded'
      and i.content_hash = p_content_hash;
  end if;

  if v_image.id is not null then
    v_is_new := v_image.url = p_url;
  else
    if (
      select count(*) from public.image_assets as i
      where i.user_id = p_user_id and i.source = 'uploaded' and i.created_at > now() - interval '1 day'
    ) >= private.max_uploads_a_day() then
      raise sqlstate 'PT429' using message = 'RATE_LIMITED',
        detail = jsonb_build_object('limit_a_day', private.max_uploads_a_day())::text;
    end if;
    if p_is_new_project then
      insert into public.projects (id, user_id, title, category, language, tone)
      select p_project_id, p_user_id, 'Photo of ' || to_char(now() at time zone 'utc', 'YYYY-MM-DD'), 'photo',
        s.default_language, s.default_tone
      from public.settings as s where s.user_id = p_user_id;
      -- From here on the folder belongs to a row: see note_new_folder.
      delete from public.storage_purges as s where s.prefix = 'projects/' || p_project_id;
    end if;
    insert into public.image_assets (
      id, user_id, project_id, source, url, width, height, status, content_hash
    )
    values (
      p_image_id, p_user_id, p_project_id, 'uploaded', p_url, p_width, p_height, 'ready', p_content_hash
    )
    returning * into v_image;
  end if;
  select p.* into v_project from public.projects as p where p.id = v_image.project_id;
  return jsonb_build_object(
    'image_asset', to_jsonb(v_image), 'project', to_jsonb(v_project), 'is_new', v_is_new
  );
end
$$;
comment on function public.add_upload(uuid, uuid, boolean, uuid, text, text, integer, integer) is
  'Makes a stored picture the user''s: in a project of theirs, or with p_is_new_project in one made here under '
  'p_project_id (category photo, language and tone of the settings). The same picture again gives the first row, '
  'and p_url is not used. Returns {image_asset, project, is_new}. Raises NOT_FOUND, RATE_LIMITED, UNAUTHENTICATED.';
revoke execute on function public.add_upload(uuid, uuid, boolean, uuid, text, text, integer, integer)
  from public, anon, authenticated;
grant execute on function public.add_upload(uuid, uuid, boolean, uuid, text, text, integer, integer)
  to service_role;
