-- Why: narration comes as mp3 or as ogg, and films are cut from mp3 alone: a row has to say which it is.
-- Objects: audio_clips.format; private.insert_asset (same, and the format); models.limits' comment.
-- Locks: audio_clips for a moment (a constant default rewrites nothing). Deploy order: functions' code after
--   it. Undo: bring the old function back, drop the column.

alter table public.audio_clips add column format text not null default 'mp3';
alter table public.audio_clips add constraint format_is_known check (format in ('mp3', 'ogg'));
comment on column public.audio_clips.format is 'The file''s type; ogg is Opus. Films take mp3 alone.';

comment on column public.models.limits is
  'What the model takes: durations_sec, aspect_ratios, max_prompt_chars, max_scenes, max_clips; for speech '
  'voice_families, takes_ssml, takes_pitch, max_chars, max_ssml_bytes. Absent: no limit known.';

create or replace function private.insert_asset(
  p_user_id uuid, p_kind text, p_project_id uuid, p_asset jsonb
) returns uuid
language plpgsql security invoker set search_path = '' as $$
declare
  v_id uuid;
begin
  if p_kind = 'image' then
    insert into public.image_assets (user_id, project_id, scene_id, prompt, model)
    values (p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, p_asset ->> 'prompt', p_asset ->> 'model')
    returning id into v_id;
  elsif p_kind = 'audio' then
    insert into public.audio_clips (
      user_id, project_id, scene_id, provider, voice_id, speed, pitch, volume_gain_db, format
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, p_asset ->> 'provider',
      p_asset ->> 'voice_id', coalesce((p_asset ->> 'speed')::real, 1), (p_asset ->> 'pitch')::real,
      (p_asset ->> 'volume_gain_db')::real, coalesce(p_asset ->> 'format', 'mp3')
    )
    returning id into v_id;
  elsif p_kind = 'video' then
    insert into public.video_clips (
      user_id, project_id, scene_id, image_id, thumbnail_url, provider, model_id, prompt, aspect_ratio,
      duration_sec
    )
    values (
      p_user_id, p_project_id, (p_asset ->> 'scene_id')::uuid, (p_asset ->> 'image_id')::uuid,
      p_asset ->> 'thumbnail_url', p_asset ->> 'provider', p_asset ->> 'model_id', p_asset ->> 'prompt',
      p_asset ->> 'aspect_ratio', (p_asset ->> 'duration_sec')::double precision
    )
    returning id into v_id;
  elsif p_kind = 'film' then
    insert into public.films (user_id, project_id, cut)
    values (p_user_id, p_project_id, p_asset -> 'cut')
    returning id into v_id;
  end if;
  return v_id;
end
$$;
