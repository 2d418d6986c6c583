-- Why: a client's page in one call: a project with all there is to show of it, where the credits went, and what can
--   be asked for at what price.
-- Objects: views project_overview, credit_history, model_catalogue. Undo: drop them.
--
-- With the caller's rights (security_invoker): the policies of the tables decide what is in them.

create view public.project_overview with (security_invoker = true) as
select
  p.id, p.user_id, p.title, p.description, p.platform, p.category, p.tone, p.target_length, p.language, p.status,
  p.budget_credits, p.created_at, p.updated_at,
  coalesce((
    select jsonb_agg(
      jsonb_build_object(
        'id', s.id, 'index', s.index, 'title', s.title, 'text', s.text, 'plot', s.plot, 'notes', s.notes,
        'main_image', (
          select to_jsonb(i) from public.image_assets as i where i.scene_id = s.id and i.is_main
        ),
        'audio_clip', (
          select to_jsonb(a) from public.audio_clips as a
          where a.scene_id = s.id and a.status = 'ready' order by a.created_at desc, a.id limit 1
        ),
        'video_clip', (
          select to_jsonb(v) from public.video_clips as v
          where v.scene_id = s.id order by v.created_at desc, v.id limit 1
        ),
        'shots', coalesce((
          select jsonb_agg(
            to_jsonb(f) || jsonb_build_object(
              'image', (select to_jsonb(i) from public.image_assets as i where i.id = f.image_id),
              'video_clip', (select to_jsonb(v) from public.video_clips as v where v.id = f.video_clip_id)
            )
            order by f.index
          )
          from public.frames as f where f.scene_id = s.id
        ), '[]')
      )
      order by s.index
    )
    from public.scenes as s where s.project_id = p.id
  ), '[]') as scenes,
  (
    select to_jsonb(f) from public.films as f
    where f.project_id = p.id order by f.created_at desc, f.id limit 1
  ) as film,
  coalesce((
    select jsonb_object_agg(c.state, c.jobs) from (
      select j.state, count(*) as jobs from public.jobs as j where j.project_id = p.id group by j.state
    ) as c
  ), '{}') as job_counts,
  coalesce((
    select jsonb_agg(to_jsonb(n) - 'payload' order by n.finished_at is null desc, n.created_at desc, n.id) from (
      select j.* from public.jobs as j
      where j.project_id = p.id
      order by j.finished_at is null desc, j.created_at desc, j.id limit 100
    ) as n
  ), '[]') as jobs
from public.projects as p;
comment on view public.project_overview is
  'A project with what a page shows of it: its scenes in order, each with its main picture, its newest ready '
  'narration, its newest clip (whatever its status) and its shots; its newest film; and its jobs.';
comment on column public.project_overview.scenes is
  'In order: [{id, index, title, text, plot, notes, main_image|null, audio_clip|null, video_clip|null, shots: [frame '
  'with image|null, video_clip|null]}], assets as their rows are.';
comment on column public.project_overview.film is 'The row of the newest film, whatever its status. Null: none.';
comment on column public.project_overview.jobs is
  'Rows without their payload: the unfinished ones, then the others, newest first, 100 at most.';
comment on column public.project_overview.job_counts is '{state: count}, without the states no job is in.';
revoke all on public.project_overview from anon, authenticated, service_role;
grant select on public.project_overview to authenticated;

create view public.credit_history with (security_invoker = true) as
select
  e.id, e.created_at, e.amount,
  sum(e.amount) over (partition by e.user_id order by e.id)::integer as balance,
  e.kind, e.reason, e.job_id, j.kind as job_kind, j.state as job_state, j.project_id, p.title as project_title
from public.credit_entries as e
left join public.jobs as j on j.id = e.job_id
left join public.projects as p on p.id = j.project_id;
comment on view public.credit_history is
  'The caller''s ledger with what each entry was for. What a deleted project''s entries were for is null: the '
  'amounts and reasons stay.';
comment on column public.credit_history.balance is 'After this entry, in credits.';
comment on column public.credit_history.reason is
  'The operation of a charge, the code that ended the job of a refund, or what a grant was for.';
revoke all on public.credit_history from anon, authenticated, service_role;
grant select on public.credit_history to authenticated;

create view public.model_catalogue with (security_invoker = true) as
select
  -- A number for clients: of numeric, some drivers make text.
  m.id, m.kind, m.provider, m.title, m.price::double precision as price, m.unit, m.typical_sec, m.is_default,
  m.limits -> 'durations_sec' as durations_sec,
  m.limits -> 'aspect_ratios' as aspect_ratios,
  (m.limits ->> 'max_prompt_chars')::integer as max_prompt_chars,
  (m.limits ->> 'max_scenes')::integer as max_scenes,
  (m.limits ->> 'max_clips')::integer as max_clips,
  array(
    select r.id from public.models as r
    where r.replaced_by = m.id and r.retired_at is not null order by r.id
  ) as replaces
from public.models as m
where m.retired_at is null;
comment on view public.model_catalogue is
  'What can be asked for now: price in credits per unit, and what the model takes. Limits that are null are not '
  'known or do not concern its kind.';
comment on column public.model_catalogue.durations_sec is 'Whole seconds a clip may have, as a list.';
comment on column public.model_catalogue.aspect_ratios is 'Width to height, as a list such as ["16:9"].';
comment on column public.model_catalogue.replaces is 'Retired models whose place it takes.';
revoke all on public.model_catalogue from anon, authenticated, service_role;
grant select on public.model_catalogue to authenticated;
