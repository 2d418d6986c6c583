-- Why: narration comes as mp3 or as ogg, and films are cut from mp3 alone: a row has to say which it is.
-- Objects: audio_clips.format; models.limits' comment. (insert_asset writes it: see create_productions.)
-- Locks: audio_clips for a moment (a constant default rewrites nothing). Deploy order: functions' code after
--   it. Undo: drop the column.

alter table public.audio_clips add column format text not null default 'mp3';
alter table public.audio_clips add constraint format_is_known check (format in ('mp3', 'ogg'));
comment on column public.audio_clips.format is 'The file''s type; ogg is Opus. Films take mp3 alone.';

comment on column public.models.limits is
  'What the model takes: durations_sec, aspect_ratios, max_prompt_chars, max_scenes, max_clips; for speech '
  'voice_families, takes_ssml, takes_pitch, max_chars, max_ssml_bytes. Absent: no limit known.';

