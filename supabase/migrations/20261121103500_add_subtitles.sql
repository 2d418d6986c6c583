-- Why: a finished film has subtitles, and the project a receipt and everything an export needs.
-- Objects: films.subtitles_vtt_url, subtitles_srt_url; private.take_subtitles (trigger on films),
--   private.submits_of; public.film_receipt, read_export.
-- Locks: films for as long as two nullable columns take. Deploy order: before the functions' code.
-- Undo: drop the functions, the trigger and the columns.

alter table public.films
  add column subtitles_vtt_url text,
  add column subtitles_srt_url text,
  add constraint subtitles_come_in_both_formats
    check ((subtitles_vtt_url is null) = (subtitles_srt_url is null)),
  add constraint subtitles_belong_to_a_film check (subtitles_vtt_url is null or status = 'ready');
comment on column public.films.subtitles_vtt_url is
  'Public URL of the subtitles as WebVTT. Null until ready, and when nothing is said.';
comment on column public.films.subtitles_srt_url is 'The same as SubRip (.srt).';

create function private.take_subtitles() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Settling writes the job's row first, so its result is here when the film becomes ready.
  select j.result ->> 'subtitles_vtt_url', j.result ->> 'subtitles_srt_url'
  into new.subtitles_vtt_url, new.subtitles_srt_url
  from public.jobs as j
  where j.subject_id = new.id and j.kind = 'film' and j.state = 'succeeded'
  order by j.finished_at desc limit 1;
  return new;
end
$$;
comment on function private.take_subtitles() is
  'Trigger: a film that becomes ready takes the subtitles its job has made. Definer: it reads the job whoever '
  'settles it.';
revoke execute on function private.take_subtitles() from public, anon, authenticated;
create trigger take_subtitles before update of status on public.films
  for each row when (new.status = 'ready' and old.status <> 'ready')
  execute function private.take_subtitles();

create function private.submits_of(p_project_id uuid)
returns table (job_id uuid, submit_count bigint)
language sql stable security definer set search_path = '' as $$
  select t.job_id, count(*)
  from public.jobs as j join public.job_attempts as t on t.job_id = j.id
  where j.project_id = p_project_id and j.user_id = (select auth.uid())
  group by t.job_id
$$;
comment on function private.submits_of(uuid) is
  'How often each job of a project of the caller''s was sent to its provider. Definer: the attempts hold token '
  'hashes and are closed to users; this counts the caller''s own alone.';
revoke execute on function private.submits_of(uuid) from public, anon;
grant execute on function private.submits_of(uuid) to authenticated;

create function public.film_receipt(p_project_id uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with newest_film as (
    select f.id, f.cut from public.films as f
    where f.project_id = p_project_id and f.status = 'ready'
    order by f.created_at desc, f.id limit 1
  ),
  shots as (
    select s.id, min(s.shot_index) as shot_index
    from newest_film as f,
      jsonb_array_elements(f.cut) with ordinality as c (entry, shot_index),
      lateral (values (c.entry ->> 'clip_id', c.shot_index), (c.entry ->> 'audio_clip_id', c.shot_index))
        as s (id, shot_index)
    where s.id is not null
    group by s.id
  ),
  entries as (
    select e.job_id,
      coalesce(-sum(e.amount) filter (where e.kind = 'charge'), 0) as charged,
      coalesce(sum(e.amount) filter (where e.kind = 'refund'), 0) as refunded
    from public.jobs as j join public.credit_entries as e on e.job_id = j.id
    where j.project_id = p_project_id
    group by e.job_id
  ),
  lines as (
    select
      j.created_at, j.id, coalesce(e.charged, 0) as charged, coalesce(e.refunded, 0) as refunded,
      jsonb_build_object(
        'job_id', j.id, 'kind', j.kind, 'state', j.state,
        'scene_index', coalesce(i.index, a.index, v.index), 'shot_index', s.shot_index,
        'provider', coalesce(j.provider, m.provider), 'model_id', j.model_id,
        'external_task_id', j.external_task_id,
        -- Where nothing is submitted on record (speech, scripts, cuts), its runs are its attempts.
        'attempt_count', case when j.provider is not null then coalesce(t.submit_count, 0)
          else greatest(
            j.failure_count + (j.state = 'succeeded')::integer, (j.started_at is not null)::integer
          ) end,
        'retry_of', j.retry_of,
        'created_at', j.created_at, 'started_at', j.started_at, 'finished_at', j.finished_at,
        'queued_sec', round(extract(epoch from coalesce(j.started_at, j.finished_at) - j.created_at), 1),
        'worked_sec', round(extract(epoch from j.finished_at - j.started_at), 1),
        'quoted_credits', j.credits, 'charged_credits', coalesce(e.charged, 0),
        'refunded_credits', coalesce(e.refunded, 0),
        'error_code', j.error ->> 'code'
      ) as line
    from public.jobs as j
    left join public.models as m on m.id = j.model_id
    left join entries as e on e.job_id = j.id
    left join private.submits_of(p_project_id) as t on t.job_id = j.id
    left join shots as s on s.id = j.subject_id::text
    left join lateral (
      select c.index from public.image_assets as x join public.scenes as c on c.id = x.scene_id
      where j.kind = 'image' and x.id = j.subject_id
    ) as i on true
    left join lateral (
      select c.index from public.audio_clips as x join public.scenes as c on c.id = x.scene_id
      where j.kind = 'audio' and x.id = j.subject_id
    ) as a on true
    left join lateral (
      select c.index from public.video_clips as x join public.scenes as c on c.id = x.scene_id
      where j.kind = 'video' and x.id = j.subject_id
    ) as v on true
    where j.project_id = p_project_id
  )
  select jsonb_build_object(
    'project_id', p.id,
    'film_id', (select f.id from newest_film as f),
    'jobs', coalesce((select jsonb_agg(
      l.line order by l.created_at, (l.line ->> 'scene_index')::integer nulls first, l.id
    ) from lines as l), '[]'),
    'totals', (
      select jsonb_build_object(
        'job_count', count(*),
        'quoted_credits', coalesce(sum((l.line ->> 'quoted_credits')::integer), 0),
        'charged_credits', coalesce(sum(l.charged), 0),
        'refunded_credits', coalesce(sum(l.refunded), 0),
        'net_credits', coalesce(sum(l.charged - l.refunded), 0)
      )
      from lines as l
    )
  )
  from public.projects as p where p.id = p_project_id
$$;
comment on function public.film_receipt(uuid) is
  'What a project has cost, job by job, as the caller may see it (RLS applies): whom it went to, how long it '
  'took, what was quoted, charged and refunded. Charges and refunds are the ledger''s own entries. Null: no such '
  'project.';
revoke execute on function public.film_receipt(uuid) from public, anon;
grant execute on function public.film_receipt(uuid) to authenticated;

create function public.read_export(p_project_id uuid, p_film_id uuid default null) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'project', to_jsonb(p),
    'scenes', coalesce((
      select jsonb_agg(to_jsonb(s) order by s.index) from public.scenes as s where s.project_id = p.id
    ), '[]'),
    'film', (
      select to_jsonb(f) from public.films as f
      where f.project_id = p.id and f.status = 'ready' and (p_film_id is null or f.id = p_film_id)
      order by f.created_at desc, f.id limit 1
    ),
    'images', coalesce((
      select jsonb_agg(to_jsonb(i) order by i.created_at desc, i.id) from public.image_assets as i
      where i.project_id = p.id and i.status = 'ready'
    ), '[]'),
    'audio_clips', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc, a.id) from public.audio_clips as a
      where a.project_id = p.id and a.status = 'ready'
    ), '[]'),
    'video_clips', coalesce((
      select jsonb_agg(to_jsonb(v) order by v.created_at desc, v.id) from public.video_clips as v
      where v.project_id = p.id and v.status = 'ready'
    ), '[]'),
    'receipt', public.film_receipt(p.id)
  )
  from public.projects as p where p.id = p_project_id
$$;
comment on function public.read_export(uuid, uuid) is
  'Everything an export is made of, as the caller may see it (RLS applies): project, scenes in order, the film '
  '(the newest ready one, or the one named; null when there is none), ready assets newest first, the receipt. '
  'Null: no such project.';
revoke execute on function public.read_export(uuid, uuid) from public, anon;
grant execute on function public.read_export(uuid, uuid) to authenticated;
