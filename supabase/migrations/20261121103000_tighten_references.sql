-- Why: what belongs to a project goes with it, and no row can name another tenant's row, whoever writes it.
--   Jobs kept their project's rows alive as orphans (on delete set null) with the prompts in their payloads.
-- Objects: jobs.project_id, image_assets (unique), video_clips.image_id, and their indexes.
-- Locks: jobs, image_assets and video_clips for as long as the checks and indexes take. Undo: the same
--   constraints with one column each.
--
-- The ledger names jobs without a foreign key and stays: a charge is history, the prompt behind it is not.

alter table public.jobs drop constraint jobs_project_id_fkey;
alter table public.jobs add constraint jobs_project_id_fkey foreign key (project_id, user_id)
  references public.projects (id, user_id) on delete cascade;
drop index public.jobs_project_id_idx;
create index jobs_project_id_user_id_idx on public.jobs (project_id, user_id);

-- By user, not by project: one uploaded picture may be used in several projects of its owner.
alter table public.image_assets add constraint id_is_unique_by_user unique (id, user_id);
alter table public.video_clips drop constraint video_clips_image_id_fkey;
alter table public.video_clips add constraint video_clips_image_id_fkey foreign key (image_id, user_id)
  references public.image_assets (id, user_id) on delete set null (image_id);
drop index public.video_clips_image_id_idx;
create index video_clips_image_id_user_id_idx on public.video_clips (image_id, user_id);
