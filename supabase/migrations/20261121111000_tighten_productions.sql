-- Why: productions under fire: a film that is stopped stays stopped whatever its step was starting just then,
--   confirming a cast waits for nobody who waits for it, a production is tried again from its newest try alone,
--   who is in a shot is part of what the shot shows, and a film goes on as it was wished for.
-- Objects: private.take_retry, public.confirm_characters, public.cancel_job (as before, but for the above);
--   private.mark_stale_by_cast, unconfirm_character; public.production_history.
-- Locks: frame_characters and characters for as long as the triggers take.
-- Deploy order: any. Undo: bring the old functions back, drop the triggers.

create or replace function private.take_retry(p_user_id uuid, p_job_id uuid) returns public.jobs
language plpgsql security invoker set search_path = '' as $$
declare
  v_job public.jobs;
begin
  -- No lock: whoever settles a job locks its row before the account, and the account is locked here already.
  -- An ended job does not change, and the account's lock keeps a second retry waiting.
  select j.* into v_job from public.jobs as j where j.id = p_job_id and j.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('job_id', p_job_id)::text;
  end if;
  -- The asset says whether there is anything to do: it may have been retried, or made, since. A production
  -- has none; what it made is found again by its content, and one at a time may work on a project.
  if v_job.state not in ('failed', 'cancelled')
    or (
      v_job.kind <> 'production'
      and coalesce(private.asset_of(v_job.kind, v_job.subject_id) ->> 'status', '') <> 'failed'
    )
    or (
      -- Only the newest try: an earlier one does not know what was made since, nor even the project.
      v_job.kind = 'production' and exists (
        select from public.jobs as j where j.user_id = p_user_id and j.retry_of = v_job.id
      )
    )
    or (
      v_job.kind = 'production' and exists (
        select from public.jobs as j
        where j.user_id = p_user_id and j.kind = 'production' and j.finished_at is null
          and j.project_id = v_job.project_id
      )
    ) then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('job_id', p_job_id, 'state', v_job.state)::text;
  end if;
  if v_job.kind = 'image' then
    update public.image_assets as a set status = 'pending', error = null where a.id = v_job.subject_id;
  elsif v_job.kind = 'audio' then
    update public.audio_clips as a set status = 'pending', error = null where a.id = v_job.subject_id;
  elsif v_job.kind = 'video' then
    update public.video_clips as a set status = 'pending', error = null, external_task_id = null
    where a.id = v_job.subject_id;
  elsif v_job.kind = 'film' then
    update public.films as a set status = 'pending', error = null where a.id = v_job.subject_id;
  end if;
  return v_job;
end
$$;

create or replace function public.confirm_characters(p_user_id uuid, p_project_id uuid, p_character_ids uuid[] default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_bare jsonb;
  v_jobs jsonb;
begin
  -- Looked for without a lock: a step that holds the production, which is locked below, may be about to write
  -- the project's row.
  if not exists (
    select from public.projects as p
    where p.id = p_project_id and p.user_id = p_user_id and p.deleted_at is null
  ) or exists (
    select from unnest(p_character_ids) as w (id)
    where not exists (
      select from public.characters as c where c.id = w.id and c.project_id = p_project_id
    )
  ) then
    raise sqlstate 'PT404' using message = 'NOT_FOUND',
      detail = jsonb_build_object('project_id', p_project_id, 'character_ids', p_character_ids)::text;
  end if;
  select jsonb_agg(c.name order by c.name) into v_bare from public.characters as c
  where c.project_id = p_project_id and c.image_id is null
    and (p_character_ids is null or c.id = any (p_character_ids));
  if v_bare is not null or not exists (
    select from public.characters as c where c.project_id = p_project_id
  ) then
    raise sqlstate 'PT409' using message = 'STATE_CONFLICT',
      detail = jsonb_build_object('state', 'without a reference picture', 'characters', v_bare)::text;
  end if;
  update public.characters as c set confirmed_at = now()
  where c.project_id = p_project_id and c.confirmed_at is null
    and (p_character_ids is null or c.id = any (p_character_ids));
  with woken as (
    update public.jobs as j set
      woken_at = clock_timestamp(),
      run_at = case when j.state = 'waiting' then clock_timestamp() else j.run_at end
    where j.project_id = p_project_id and j.kind = 'production' and j.finished_at is null
    returning j.id
  )
  select coalesce(jsonb_agg(w.id), '[]') into v_jobs from woken as w;
  return jsonb_build_object(
    'characters', (
      select jsonb_agg(to_jsonb(c) order by c.created_at, c.name) from public.characters as c
      where c.project_id = p_project_id
    ),
    'job_ids', v_jobs
  );
end
$$;

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
        for update of j
      ) as l;
      if v_ids is null then
        raise sqlstate 'PT404' using message = 'NOT_FOUND',
          detail = jsonb_build_object('job_id', p_job_id)::text;
      end if;
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

-- Definer, as the other marks: owners cast their shots, and may not write assets.
create function private.mark_stale_by_cast() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_frame_id uuid := coalesce(new.frame_id, old.frame_id);
begin
  update public.image_assets as a set stale_at = now()
  where a.frame_id = v_frame_id and a.status = 'ready' and a.stale_at is null;
  update public.video_clips as v set stale_at = now()
  where v.frame_id = v_frame_id and v.status = 'ready' and v.stale_at is null;
  return null;
end
$$;
comment on function private.mark_stale_by_cast() is
  'Trigger: the pictures and clips of a shot that somebody was put into or taken out of.';
revoke execute on function private.mark_stale_by_cast() from public, anon, authenticated;
create trigger mark_stale after insert or delete on public.frame_characters for each row
  execute function private.mark_stale_by_cast();

-- A reference picture may go, by its owner's hand or with its project: the word given for it goes along, or the
-- check would refuse the deletion.
create function private.unconfirm_character() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  new.confirmed_at := null;
  return new;
end
$$;
comment on function private.unconfirm_character() is
  'Trigger: a character whose reference picture is gone is nobody''s word any more.';
revoke execute on function private.unconfirm_character() from public, anon, authenticated;
create trigger unconfirm before update on public.characters for each row
  when (new.image_id is null and new.confirmed_at is not null)
  execute function private.unconfirm_character();

create function public.production_history(p_project_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'wish', (
      select j.payload -> 'wish' from public.jobs as j
      where j.project_id = p_project_id and j.kind = 'production'
      order by j.created_at desc, j.id limit 1
    ),
    'spent_credits', (
      select coalesce(-sum(e.amount), 0)::integer
      from public.credit_entries as e join public.jobs as j on j.id = e.job_id
      where j.project_id = p_project_id
    )
  )
$$;
comment on function public.production_history(uuid) is
  'What was wished for when the project was last worked on (null: never), and what it has cost after refunds, as '
  'the caller may see them (RLS applies).';
revoke execute on function public.production_history(uuid) from public, anon;
grant execute on function public.production_history(uuid) to authenticated;
