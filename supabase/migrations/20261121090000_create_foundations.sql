-- Why: what every later migration stands on: a schema that is never exposed, the extensions, and shared
--   trigger functions.
-- Objects: schema private; extensions pg_cron, pg_net, supabase_vault; private.touch_updated_at,
--   private.is_error.
-- Locks: none that matter. Deploy order: first. Undo: drop the schema; the extensions may stay.

create extension if not exists pg_cron;
create extension if not exists pg_net with schema extensions;
create extension if not exists supabase_vault with schema vault;

create schema private;
comment on schema private is 'Helpers of policies and functions. Never exposed through the Data API.';
revoke all on schema private from public;

-- From here on nothing is open by default: each object says who may use it.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public
  revoke execute on functions from public, anon, authenticated, service_role;
alter default privileges in schema private revoke execute on functions from public;
alter default privileges revoke execute on functions from public;

create function private.touch_updated_at() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.touch_updated_at() is 'Trigger: sets updated_at on every update.';

create function private.is_error(p_error jsonb) returns boolean
language sql immutable security invoker set search_path = '' as $$
  select p_error is null
    or (jsonb_typeof(p_error -> 'code') = 'string' and jsonb_typeof(p_error -> 'message') = 'string')
$$;
comment on function private.is_error(jsonb) is
  'Check of error columns: null, or an object with code (see shared/contract/errors.ts) and message.';
grant usage on schema private to authenticated, service_role;
grant execute on function private.is_error(jsonb) to authenticated, service_role;
