-- What a hosted project has before its first migration, on a bare PostgreSQL. Safe to run at every start.

do $roles$
declare
  v_role record;
begin
  for v_role in
    select *
    from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_admin', 'nologin'),
      ('supabase_auth_admin', 'nologin noinherit'),
      ('supabase_storage_admin', 'nologin noinherit'),
      ('dashboard_user', 'nologin')
    ) as wanted (name, attributes)
    where not exists (select from pg_catalog.pg_roles as r where r.rolname = wanted.name)
  loop
    execute format('create role %I %s', v_role.name, v_role.attributes);
  end loop;
end
$roles$;

grant anon, authenticated, service_role to authenticator;

create schema if not exists extensions;
grant usage on schema public, extensions to anon, authenticated, service_role;
alter database postgres set search_path to "$user", public, extensions;

-- Since 30 October 2026 nothing new in public can be read or written without a grant. What is left of the
-- old default is worth a test: truncate does not ask RLS, so migrations have to revoke all.
-- Source: https://supabase.com/changelog/45329 (read 2026-11-21).
alter default privileges for role postgres in schema public
  grant truncate, references, trigger, maintain on tables to anon, authenticated, service_role;

-- auth and storage: tables by @supabase/lite, the doors as hosted.
grant usage on schema auth, storage to anon, authenticated, service_role;
revoke all on all tables in schema auth from anon, authenticated, service_role;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;

-- The hosted definitions read both the old and the new form of the claims; lite's read the old alone.
create or replace function auth.uid() returns uuid
language sql stable
as $fn$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$fn$;

create or replace function auth.role() returns text
language sql stable
as $fn$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$fn$;

create or replace function auth.email() returns text
language sql stable
as $fn$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$fn$;

do $publication$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$publication$;

-- A changed table is seen by the Data API at once, as on the platform.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
as $fn$
begin
  notify pgrst, 'reload schema';
end
$fn$;

drop event trigger if exists pgrst_ddl_watch;
create event trigger pgrst_ddl_watch on ddl_command_end
  execute function extensions.pgrst_ddl_watch();
drop event trigger if exists pgrst_drop_watch;
create event trigger pgrst_drop_watch on sql_drop
  execute function extensions.pgrst_ddl_watch();
