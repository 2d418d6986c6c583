-- Why: a project is deleted at once for its owner and for good a week later; whatever was being made for it
--   is stopped and paid back in the same transaction.
-- Objects: projects_deleted_idx; private.deleted_projects, delete_grace, cancel_jobs, stop_work; the policies of
--   scenes, image_assets, audio_clips, video_clips, films, jobs; public.cancel_job (same), delete_project,
--   restore_project; triggers on projects and auth.users.
-- Locks: short ones for policies and triggers. Deploy order: functions' code after it. Undo: bring the old
--   policies and cancel_job back, drop the rest.
--
-- Order of locks, everywhere: jobs (children first), what an asset belongs to (scene, characters, shot), assets
--   (pictures, clips), account, project. Where a job may have ended already its row
--   is locked for no key update: who retries it holds the account, and refers to it by a foreign key.

create index projects_deleted_idx on public.projects (user_id, deleted_at) where deleted_at is not null;

create function private.delete_grace() returns interval
language sql immutable security invoker set search_path = '' as $$ select interval '7 days' $$;
comment on function private.delete_grace() is
  'How long a deleted project can be restored. A week: who misses it by then does not miss it.';

create function private.deleted_projects() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(p.id), '{}') from public.projects as p
  where p.user_id = (select auth.uid()) and p.deleted_at is not null
$$;
comment on function private.deleted_projects() is
  'The caller''s own deleted projects, for policies: few, read once a statement from an index of their own '
  '(measured: 20 rows of 100,000 in 0.7 ms, 0.4 without). Definer: the policy of projects hides them.';
revoke execute on function private.deleted_projects() from public, anon;
grant execute on function private.deleted_projects() to authenticated;

alter policy scenes_select on public.scenes
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
alter policy scenes_insert on public.scenes with check (
  user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[])
);
alter policy scenes_update on public.scenes
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]))
  with check (user_id = (select auth.uid()));
alter policy scenes_delete on public.scenes
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
alter policy image_assets_select on public.image_assets
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
alter policy image_assets_update on public.image_assets
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]))
  with check (user_id = (select auth.uid()));
alter policy audio_clips_select on public.audio_clips
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
alter policy video_clips_select on public.video_clips
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
alter policy films_select on public.films
  using (user_id = (select auth.uid()) and project_id <> all ((select private.deleted_projects())::uuid[]));
-- A script has no project until it is written.
alter policy jobs_select on public.jobs using (
  user_id = (select auth.uid())
  and (project_id is null or project_id <> all ((select private.deleted_projects())::uuid[]))
);

create function private.cancel_jobs(p_job_ids uuid[]) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  v_id uuid;
  v_job public.jobs;
  v_cancelled integer := 0;
  v_tasks jsonb := '[]';
begin
  foreach v_id in array p_job_ids loop
    select j.* into v_job from public.jobs as j where j.id = v_id;
    if v_job.finished_at is not null then
      continue;
    end if;
    if v_job.external_task_id is not null then
      v_tasks := v_tasks || jsonb_build_object(
        'provider', v_job.provider, 'external_task_id', v_job.external_task_id,
        'endpoint', v_job.payload -> 'request' ->> 'endpoint'
      );
    end if;
    -- Whatever was sent and not heard of yet may still be rendered by the provider: on record as such.
    update public.job_attempts as a set state = 'orphaned'
    where a.job_id = v_job.id and a.state in ('submitting', 'unknown');
    perform private.settle(
      v_job, 'cancelled', null,
      jsonb_build_object('code', 'CANCELLED', 'message', 'The job was cancelled before it was finished')
    );
    v_cancelled := v_cancelled + 1;
  end loop;
  return jsonb_build_object('cancelled_count', v_cancelled, 'tasks', v_tasks);
end
$$;
comment on function private.cancel_jobs(uuid[]) is
  'Ends those of the jobs that are unfinished, and refunds them: {cancelled_count, tasks: what providers may be '
  'told to stop}. The caller holds the rows'' locks and gives children before their parents.';

create or replace function public.cancel_job(p_user_id uuid, p_job_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_ids uuid[];
  v_work jsonb;
begin
  for v_try in 1..20 loop
    begin
      -- All locks first: a row that its own child's settling has changed would drop out of a loop that locks.
      select array_agg(l.id order by l.depth desc, l.id) into v_ids from (
        with recursive tree as (
          select j.id, 0 as depth from public.jobs as j where j.id = p_job_id and j.user_id = p_user_id
          union all
          select c.id, t.depth + 1 from public.jobs as c join tree as t on c.parent_id = t.id
        )
        select j.id, t.depth from public.jobs as j join tree as t on t.id = j.id
        order by t.depth desc, j.id
        for no key update of j
      ) as l;
      if v_ids is null then
        raise sqlstate 'PT404' using message = 'NOT_FOUND',
          detail = jsonb_build_object('job_id', p_job_id)::text;
      end if;
      -- Settling writes the parent, and a sibling that is being settled holds it and waits for the account.
      perform 1 from public.jobs as j
      where j.id = (select c.parent_id from public.jobs as c where c.id = p_job_id) for no key update;
      -- Who starts children holds the account: from here on there are no new ones.
      perform from public.credit_accounts as a where a.user_id = p_user_id for update;
      if exists (
        select from public.jobs as j where j.parent_id = any (v_ids) and j.id <> all (v_ids)
      ) then
        -- A step came in between. Its children's locks are taken with all others, as in private.stop_work.
        raise serialization_failure;
      end if;
      v_work := private.cancel_jobs(v_ids);
      exit;
    exception when serialization_failure then
      if v_try = 20 then
        raise;
      end if;
    end;
  end loop;
  return v_work || jsonb_build_object(
    'job', (select to_jsonb(j) - 'payload' from public.jobs as j where j.id = p_job_id),
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_user_id)
  );
end
$$;

create function private.stop_work(p_user_id uuid, p_project_id uuid) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  v_ids uuid[];
begin
  for v_try in 1..20 loop
    begin
      select coalesce(array_agg(l.id order by l.depth desc, l.id), '{}') into v_ids from (
        with recursive tree as (
          select j.id, 0 as depth from public.jobs as j
          where j.user_id = p_user_id and j.finished_at is null
            and (p_project_id is null or j.project_id = p_project_id)
          union all
          select c.id, t.depth + 1 from public.jobs as c join tree as t on c.parent_id = t.id
          where c.finished_at is null
        ),
        placed as (select t.id, max(t.depth) as depth from tree as t group by t.id)
        select j.id, p.depth from public.jobs as j join placed as p on p.id = j.id
        order by p.depth desc, j.id
        for no key update of j
      ) as l;
      -- Who starts jobs holds the account: from here on there are no new ones.
      perform 1 from public.credit_accounts as a where a.user_id = p_user_id for update;
      if exists (
        select from public.jobs as j
        where j.user_id = p_user_id and j.finished_at is null and j.id <> all (v_ids)
          and (p_project_id is null or j.project_id = p_project_id)
      ) then
        -- A click came in between. Taking its job's lock now would be the wrong way round: all locks are given
        -- back (the block is undone) and taken again with it.
        raise serialization_failure;
      end if;
      return private.cancel_jobs(v_ids);
    exception when serialization_failure then
      if v_try = 20 then
        raise;
      end if;
    end;
  end loop;
  return null;
end
$$;
comment on function private.stop_work(uuid, uuid) is
  'Ends and refunds everything unfinished of a project, or of a user (null), and leaves the account locked, so '
  'that nothing new is started before the caller''s transaction ends. Returns what private.cancel_jobs does.';

create function public.delete_project(p_user_id uuid, p_project_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_work jsonb;
  v_project public.projects;
begin
  -- Looked for without a lock: the locks' order is jobs, account, project.
  if not exists (
    select from public.projects as p where p.id = p_project_id and p.user_id = p_user_id
  ) then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id)::text;
  end if;
  v_work := private.stop_work(p_user_id, p_project_id);
  update public.projects as p set deleted_at = clock_timestamp()
  where p.id = p_project_id and p.user_id = p_user_id and p.deleted_at is null;
  select p.* into v_project from public.projects as p
  where p.id = p_project_id and p.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id)::text;
  end if;
  return v_work || jsonb_build_object(
    'project', to_jsonb(v_project),
    'restorable_until', v_project.deleted_at + private.delete_grace(),
    'balance', (select a.balance from public.credit_accounts as a where a.user_id = p_user_id)
  );
end
$$;
comment on function public.delete_project(uuid, uuid) is
  'Hides a project and all that is in it, and ends and refunds its unfinished jobs. tasks: what providers may be '
  'told to stop. Nothing new can be started in it. Raises NOT_FOUND. Safe to repeat: the first deletion counts.';
revoke execute on function public.delete_project(uuid, uuid) from public, anon, authenticated;
grant execute on function public.delete_project(uuid, uuid) to service_role;

create function public.restore_project(p_user_id uuid, p_project_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_project public.projects;
begin
  select p.* into v_project from public.projects as p
  where p.id = p_project_id and p.user_id = p_user_id
  for update;
  if not found then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id)::text;
  end if;
  if v_project.deleted_at + private.delete_grace() <= clock_timestamp() then
    raise sqlstate 'PT410' using message = 'PROJECT_GONE',
      detail = jsonb_build_object(
        'project_id', p_project_id, 'restorable_until', v_project.deleted_at + private.delete_grace()
      )::text;
  end if;
  if v_project.deleted_at is not null then
    update public.projects as p set deleted_at = null
    where p.id = p_project_id
    returning p.* into v_project;
  end if;
  return jsonb_build_object('project', to_jsonb(v_project));
end
$$;
comment on function public.restore_project(uuid, uuid) is
  'Brings a deleted project back with all that was in it; cancelled jobs stay cancelled and can be retried. '
  'Raises NOT_FOUND, PROJECT_GONE (the grace is over). Safe to repeat.';
revoke execute on function public.restore_project(uuid, uuid) from public, anon, authenticated;
grant execute on function public.restore_project(uuid, uuid) to service_role;
