-- Why: clients hear of changes instead of asking, where the project has Realtime (hosted, or the official local
--   stack). Without it nothing happens and nothing is needed.
-- Objects: private.announce_change with triggers on jobs, image_assets, audio_clips, video_clips, films, projects;
--   private.allow_own_events; a policy on realtime.messages.
-- Locks: each table for as long as a trigger takes to add. Undo: drop triggers, functions and the policy.
--
-- One private topic a user, `user:<auth.uid()>`; event: the table's name; payload: {table, schema, operation,
-- record}. What a client starts itself it has from the answer, so new rows are announced for jobs that other
-- jobs have started alone. A click of 60 jobs costs no message.

create function private.announce_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- At run time, since Realtime may come later than this migration.
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is null then
    return null;
  end if;
  begin
    perform realtime.send(
      jsonb_build_object(
        'table', tg_table_name, 'schema', tg_table_schema, 'operation', tg_op,
        'record', to_jsonb(new) - 'payload'
      ),
      tg_table_name, 'user:' || new.user_id, true
    );
  exception when others then
    -- An event is a nudge, never the record: nothing that is settled may fail for it.
    raise warning 'Cannot announce a change of %: %', tg_table_name, sqlerrm;
  end;
  return null;
end
$$;
comment on function private.announce_change() is
  'Trigger: tells the row''s owner by Realtime, where there is one. Never fails. Definer: sending is a right of the '
  'owner''s, whoever changes the row.';
revoke execute on function private.announce_change() from public, anon, authenticated;

-- Heartbeats and leases move run_at, claimed_at and attempt alone: not a word of those.
create trigger announce_change after update on public.jobs
  for each row when (
    old.state is distinct from new.state or old.progress is distinct from new.progress
    or old.error is distinct from new.error
  ) execute function private.announce_change();
create trigger announce_new after insert on public.jobs
  for each row when (new.parent_id is not null) execute function private.announce_change();
create trigger announce_change after update on public.image_assets
  for each row when (
    old.status is distinct from new.status or old.url is distinct from new.url
    or old.error is distinct from new.error
  ) execute function private.announce_change();
create trigger announce_change after update on public.audio_clips
  for each row when (
    old.status is distinct from new.status or old.url is distinct from new.url
    or old.error is distinct from new.error
  ) execute function private.announce_change();
create trigger announce_change after update on public.video_clips
  for each row when (
    old.status is distinct from new.status or old.url is distinct from new.url
    or old.error is distinct from new.error
  ) execute function private.announce_change();
create trigger announce_change after update on public.films
  for each row when (
    old.status is distinct from new.status or old.url is distinct from new.url
    or old.error is distinct from new.error
  ) execute function private.announce_change();
create trigger announce_change after update on public.projects
  for each row when (old.status is distinct from new.status)
  execute function private.announce_change();

create function private.allow_own_events() returns boolean
language plpgsql volatile security invoker set search_path = '' as $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null then
    return false;
  end if;
  if not exists (
    select from pg_catalog.pg_policies as p
    where p.schemaname = 'realtime' and p.tablename = 'messages' and p.policyname = 'studio_own_events'
  ) then
    -- Users hear their own topic, and nobody sends on it but the database.
    execute $policy$
      create policy studio_own_events on realtime.messages for select to authenticated
      using (
        extension = 'broadcast'
        and (select realtime.topic()) = 'user:' || (select auth.uid())::text
      )
    $policy$;
  end if;
  return true;
exception when insufficient_privilege then
  -- Closed is safe: nobody hears anything until somebody with the right calls it.
  raise warning 'Cannot let users hear their own events: %', sqlerrm;
  return false;
end
$$;
comment on function private.allow_own_events() is
  'Lets users hear their own topic. False: there is no Realtime yet, or no right to its table; call it again when '
  'there is. Safe to repeat.';
revoke execute on function private.allow_own_events() from public, anon, authenticated;

select private.allow_own_events();
