-- Why: clips may have a last frame, and the catalogue says by which models.
-- Objects: comment of models.limits. Locks: none to speak of. Deploy order: any. Undo: the former comment.

comment on column public.models.limits is
  'What the model takes: durations_sec, aspect_ratios, max_prompt_chars, max_scenes, max_clips, last_frame (true: a clip may be told its last frame), last_frame_required. Absent: no limit known, no last frame.';
