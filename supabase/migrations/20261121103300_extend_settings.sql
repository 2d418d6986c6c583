-- Why: a user may prefer a clip model as well as its provider; and a preference for a model that makes something
--   else, or is no longer offered, would be ignored without a word.
-- Objects: settings.video_model; private.check_preferred_models (trigger on settings).
-- Locks: settings, short. Undo: drop trigger, function, index and column.

alter table public.settings add column video_model text references public.models (id);
comment on column public.settings.video_model is
  'Null: the default of video_provider. Where set, it decides, whatever video_provider says.';
comment on column public.settings.video_provider is 'Whose default model renders clips, unless video_model is set.';
grant update (video_model) on public.settings to authenticated;
create index settings_video_model_idx on public.settings (video_model);

create function private.check_preferred_models() returns trigger
language plpgsql security invoker set search_path = '' as $$
declare
  v_wish record;
  v_model public.models;
begin
  for v_wish in
    select * from (values
      ('script', new.script_model, case when tg_op = 'UPDATE' then old.script_model end),
      ('image', new.image_model, case when tg_op = 'UPDATE' then old.image_model end),
      ('video', new.video_model, case when tg_op = 'UPDATE' then old.video_model end)
    ) as w (kind, model_id, was)
    where w.model_id is not null and w.model_id is distinct from w.was
  loop
    select m.* into v_model from public.models as m where m.id = v_wish.model_id;
    if not found or v_model.kind <> v_wish.kind then
      raise sqlstate 'PT422' using message = 'MODEL_INPUT_INVALID',
        detail = jsonb_build_object('field', v_wish.kind || '_model', 'model', v_wish.model_id)::text;
    elsif v_model.retired_at is not null then
      raise sqlstate 'PT410' using message = 'MODEL_RETIRED',
        detail = jsonb_build_object('model', v_wish.model_id, 'replaced_by', v_model.replaced_by)::text;
    end if;
  end loop;
  return new;
end
$$;
comment on function private.check_preferred_models() is
  'Trigger: a preferred model is one of its kind that is offered. One that is retired later stays and gives way '
  'to the default. Raises MODEL_INPUT_INVALID, MODEL_RETIRED.';
revoke execute on function private.check_preferred_models() from public, anon, authenticated;
create trigger check_preferred_models before insert or update on public.settings
  for each row execute function private.check_preferred_models();
