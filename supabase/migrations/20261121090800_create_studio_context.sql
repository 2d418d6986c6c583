-- Why: an operation needs a project with its scenes and assets, the caller's settings and the catalogue:
--   one round trip instead of six.
-- Objects: public.studio_context. Undo: drop the function.

create function public.studio_context(
  p_kind text, p_project_id uuid default null, p_scene_id uuid default null
) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  v_project_id uuid := p_project_id;
begin
  if p_scene_id is not null then
    select s.project_id into v_project_id from public.scenes as s where s.id = p_scene_id;
  end if;
  return jsonb_build_object(
    'project', (select to_jsonb(p) from public.projects as p where p.id = v_project_id),
    'scenes', coalesce((
      select jsonb_agg(to_jsonb(s) order by s.index) from public.scenes as s
      where s.project_id = v_project_id
    ), '[]'),
    'images', coalesce((
      select jsonb_agg(to_jsonb(i) order by i.created_at desc) from public.image_assets as i
      where i.project_id = v_project_id and i.status = 'ready'
    ), '[]'),
    'audio_clips', coalesce((
      select jsonb_agg(to_jsonb(a) order by a.created_at desc) from public.audio_clips as a
      where a.project_id = v_project_id and a.status = 'ready'
    ), '[]'),
    'video_clips', coalesce((
      select jsonb_agg(to_jsonb(v) order by v.created_at desc) from public.video_clips as v
      where v.project_id = v_project_id and v.status = 'ready'
    ), '[]'),
    'settings', (select to_jsonb(t) from public.settings as t where t.user_id = (select auth.uid())),
    'models', coalesce((
      select jsonb_agg(to_jsonb(m) order by m.id) from public.models as m where m.kind = p_kind
    ), '[]')
  );
end
$$;
comment on function public.studio_context(text, uuid, uuid) is
  'What an operation needs to know, as the caller may see it (RLS applies): the project (null when it is not '
  'the caller''s), its scenes in order, its ready assets newest first, the caller''s settings, and the '
  'catalogue''s models of p_kind.';
revoke execute on function public.studio_context(text, uuid, uuid) from public, anon;
grant execute on function public.studio_context(text, uuid, uuid) to authenticated;
