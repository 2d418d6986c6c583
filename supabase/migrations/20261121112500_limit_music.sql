-- Why: films can have music, mixed within an Edge Function's CPU: the catalogue says how long such a film may be, and
--   a film's cut says which music it has.
-- Objects: models (one row's limits, the column's comment), films (the comment of cut). No shape changes.
-- Locks: one row of models. Deploy order: before the functions' code. Undo: take the key out of the row's limits, and
--   the older comments.

update public.models set limits = limits || '{"max_music_sec": 180}' where id = 'packet-copy';

comment on column public.models.limits is
  'What the model takes: durations_sec, aspect_ratios, max_prompt_chars, max_scenes, max_clips, max_music_sec (seconds '
  'of a film with music), max_references, options (what model_options of a picture may set: {name: {min, max}}, others '
  'are refused), last_frame (true: a clip may be told its last frame), last_frame_required; for speech voice_families, '
  'takes_ssml, takes_pitch, max_chars, max_ssml_bytes. Absent: no limit known, no last frame.';

comment on column public.films.cut is
  'In order: [{clip_id, audio_clip_id|null, start_sec?, duration_sec?, music?}]. start_sec: its place in the film, '
  'absent until ready. duration_sec: how long it is shown, until ready only where that is less than the whole clip. '
  'music, with the first alone: {url, sha256|null, gain_db|null}, the track under the whole film.';
