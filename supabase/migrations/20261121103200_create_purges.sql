-- Why: rows that go must not leave files behind, whoever deletes them: our own tick, Auth's admin API, or SQL. A
--   row's deletion and the note of what it leaves in Storage commit together; the files go afterwards.
-- Objects: storage_purges; private.late_upload_window, before_project_is_deleted and before_user_is_deleted
--   (triggers); public.delete_expired_projects, claim_storage_purges, finish_storage_purge, note_new_folder,
--   expired_upload_places, forget_upload_places, delete_account; cron job purge-projects.
-- Locks: short ones on projects and auth.users for the triggers. Undo: unschedule, drop triggers, functions and table.

create table public.storage_purges (
  prefix text primary key,
  next_at timestamptz not null default now(),
  attempt_count integer not null default 0,
  removed_count integer not null default 0,
  error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint prefix_is_known check (prefix ~ '^(projects|uploads)/[0-9a-f-]{36}$'),
  constraint attempt_count_is_not_negative check (attempt_count >= 0),
  constraint removed_count_is_not_negative check (removed_count >= 0),
  constraint error_is_bounded check (char_length(error) <= 500)
);
comment on table public.storage_purges is
  'Folders in the bucket whose rows are gone, or not there yet: to be emptied, and looked at again before they are '
  'forgotten. Service only.';
comment on column public.storage_purges.prefix is
  'projects/{id}: the folder as projectFolder in _shared/media/storage_path.ts builds it. uploads/{user id}: the '
  'user''s folder in the bucket of pictures that were sent and not taken over yet.';
comment on column public.storage_purges.next_at is
  'When it is to be looked at next. While somebody empties it, the end of their lease.';
comment on column public.storage_purges.removed_count is 'Objects removed so far.';
comment on column public.storage_purges.error is 'Why the last try failed. Null: it did not.';
alter table public.storage_purges enable row level security;
revoke all on public.storage_purges from anon, authenticated, service_role;
grant select on public.storage_purges to service_role;
create index storage_purges_next_at_idx on public.storage_purges (next_at);
create trigger touch_updated_at before update on public.storage_purges
  for each row execute function private.touch_updated_at();

create function private.late_upload_window() returns interval
language sql immutable security invoker set search_path = '' as $$ select interval '3 hours' $$;
comment on function private.late_upload_window() is
  'How long after a project''s end something may still be written into its folder. A worker that lost its job is '
  'told within a heartbeat (5 s), a step ends after 110 s, and no worker of the platform outlives 400 s; an upload '
  'URL that Storage signed is good for 2 hours. A folder is forgotten only when it is found empty after this.';

create function private.before_project_is_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- The row is locked, so that nothing is started in it: without work the owner's account is left alone.
  if exists (select from public.jobs as j where j.project_id = old.id and j.finished_at is null) then
    perform private.stop_work(old.user_id, old.id);
  end if;
  insert into public.storage_purges (prefix) values ('projects/' || old.id)
  on conflict (prefix) do nothing;
  return old;
end
$$;
comment on function private.before_project_is_deleted() is
  'Trigger: no charge stays open, and no file is forgotten. Definer: whoever deletes the row may not write either.';
revoke execute on function private.before_project_is_deleted() from public, anon, authenticated;
create trigger before_project_is_deleted before delete on public.projects
  for each row execute function private.before_project_is_deleted();

create function private.before_user_is_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Scripts too, which have no project yet, and while there is an account to pay back to.
  perform private.stop_work(old.id, null);
  insert into public.storage_purges (prefix) values ('uploads/' || old.id)
  on conflict (prefix) do nothing;
  return old;
end
$$;
comment on function private.before_user_is_deleted() is
  'Trigger: no charge stays open. The user''s projects note their folders. Definer: the auth service deletes users.';
revoke execute on function private.before_user_is_deleted() from public, anon, authenticated;
create trigger before_user_is_deleted before delete on auth.users
  for each row execute function private.before_user_is_deleted();

create function public.delete_expired_projects(p_limit integer default 50) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_count integer;
begin
  with expired as (
    select p.id from public.projects as p
    where p.deleted_at <= clock_timestamp() - private.delete_grace()
    order by p.deleted_at limit p_limit
    for update skip locked
  )
  delete from public.projects as p using expired as e where p.id = e.id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.delete_expired_projects(integer) is
  'Deletes the rows of projects whose grace is over, with all that belongs to them, and notes their folders. '
  'Returns how many. Definer: jobs and attempts are nobody''s to delete.';
revoke execute on function public.delete_expired_projects(integer) from public, anon, authenticated;
grant execute on function public.delete_expired_projects(integer) to service_role;

create function public.claim_storage_purges(p_limit integer default 20, p_lease_sec integer default 300)
returns setof text
language plpgsql security definer set search_path = '' as $$
begin
  return query
  with due as (
    select s.prefix from public.storage_purges as s
    where s.next_at <= clock_timestamp()
    order by s.next_at, s.prefix limit p_limit
    for update skip locked
  )
  update public.storage_purges as s set
    attempt_count = s.attempt_count + 1,
    next_at = clock_timestamp() + make_interval(secs => p_lease_sec)
  from due where s.prefix = due.prefix
  returning s.prefix;
end
$$;
comment on function public.claim_storage_purges(integer, integer) is
  'Takes folders that are due to be emptied. Who dies over one leaves it to the next after p_lease_sec. '
  'Definer: nobody may write the table by hand.';
revoke execute on function public.claim_storage_purges(integer, integer) from public, anon, authenticated;
grant execute on function public.claim_storage_purges(integer, integer) to service_role;

create function public.finish_storage_purge(
  p_prefix text, p_removed_count integer, p_is_empty boolean, p_error text default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  delete from public.storage_purges as s
  where s.prefix = p_prefix and p_is_empty and p_removed_count = 0
    and s.created_at + private.late_upload_window() <= v_now;
  if found then
    return true;
  end if;
  update public.storage_purges as s set
    removed_count = s.removed_count + p_removed_count,
    error = left(p_error, 500),
    next_at = case
      -- From a minute, doubling to a day.
      when p_error is not null
        then v_now + least(interval '1 day', interval '1 minute' * 2 ^ least(s.attempt_count - 1, 11))
      when not p_is_empty then v_now
      -- Emptied: somebody may still be writing.
      else greatest(
        s.created_at + private.late_upload_window(),
        case when p_removed_count > 0 then v_now + interval '1 hour' else v_now end
      ) end
  where s.prefix = p_prefix;
  return false;
end
$$;
comment on function public.finish_storage_purge(text, integer, boolean, text) is
  'Records a pass over a folder: how many objects it removed, whether the folder was empty at its end, and why it '
  'failed (null: it did not). True: found empty after all late writers, and forgotten. Definer: nobody may write '
  'the table by hand.';
revoke execute on function public.finish_storage_purge(text, integer, boolean, text)
  from public, anon, authenticated;
grant execute on function public.finish_storage_purge(text, integer, boolean, text) to service_role;

create function public.note_new_folder(p_project_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.storage_purges (prefix, next_at)
  values ('projects/' || p_project_id, now() + private.late_upload_window())
  on conflict (prefix) do nothing
$$;
comment on function public.note_new_folder(uuid) is
  'Notes the folder of a project that is about to be made, before the first file is put there: who dies in between '
  'leaves the file to the purge. The transaction that makes the project takes the note away (add_upload). Definer: '
  'nobody may write the table by hand.';
revoke execute on function public.note_new_folder(uuid) from public, anon, authenticated;
grant execute on function public.note_new_folder(uuid) to service_role;

create function public.expired_upload_places(p_limit integer default 500)
returns table (place_id uuid, path text)
language sql stable security definer set search_path = '' as $$
  select u.id, u.user_id || '/' || u.id from public.upload_grants as u
  where u.kind = 'picture' and u.created_at <= now() - private.late_upload_window()
  order by u.created_at limit p_limit
$$;
comment on function public.expired_upload_places(integer) is
  'Places, oldest first, into which nothing can come any more. What lies there was never taken, and tells where '
  'it was made: its object is to be removed, and then the place forgotten. Definer: the window '
  'is read by nobody else.';
revoke execute on function public.expired_upload_places(integer) from public, anon, authenticated;
grant execute on function public.expired_upload_places(integer) to service_role;

create function public.forget_upload_places(p_place_ids uuid[]) returns void
language sql volatile security definer set search_path = '' as $$
  delete from public.upload_grants as u where u.id = any (p_place_ids)
$$;
comment on function public.forget_upload_places(uuid[]) is
  'Forgets places whose objects are removed. Safe to repeat. Definer: nobody may write the table by hand.';
revoke execute on function public.forget_upload_places(uuid[]) from public, anon, authenticated;
grant execute on function public.forget_upload_places(uuid[]) to service_role;

create function public.delete_account(p_user_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_work jsonb;
  v_projects bigint;
begin
  for v_try in 1..100 loop
    begin
      if not exists (select from auth.users as u where u.id = p_user_id) then
        raise sqlstate 'PT401' using message = 'UNAUTHENTICATED', detail = '{"account": "none"}';
      end if;
      v_work := private.stop_work(p_user_id, null);
      -- A click holds its user's row (by a foreign key) and waits for the account, which is ours by now: not
      -- to be waited for.
      perform 1 from auth.users as u where u.id = p_user_id for update nowait;
      select count(*) into v_projects from public.projects as p where p.user_id = p_user_id;
      delete from auth.users as u where u.id = p_user_id;
      return v_work || jsonb_build_object('project_count', v_projects);
    exception when lock_not_available or deadlock_detected then
      if v_try = 100 then
        raise;
      end if;
      -- Every lock is given back by now.
      perform pg_sleep(0.02);
    end;
  end loop;
  return null;
end
$$;
comment on function public.delete_account(uuid) is
  'Ends and refunds everything unfinished and deletes the user with every row of theirs; the ledger stays, and '
  'Storage is emptied by the next ticks. At once: there is no grace. tasks: what providers may be told to stop. '
  'Raises UNAUTHENTICATED when there is no such user. Definer: users are Auth''s.';
revoke execute on function public.delete_account(uuid) from public, anon, authenticated;
grant execute on function public.delete_account(uuid) to service_role;

-- Nobody waits for it: what is deleted is out of sight already.
select cron.schedule('purge-projects', '*/5 * * * *', $$select private.call_function('purge-projects')$$);
