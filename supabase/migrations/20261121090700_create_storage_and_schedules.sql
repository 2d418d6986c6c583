-- Why: where media lives, and what wakes the pollers.
-- Objects: bucket aiauto; cron jobs poll-video, run-jobs, expire-jobs, clean-history.
-- Needs: Vault secrets project_url and cron_secret_key (README, "Deploy"); until they exist the ticks post
--   nowhere and nothing else is harmed.
-- Undo: select cron.unschedule(name) for each; empty and delete the bucket.

-- Read by unguessable path; no policy on storage.objects, so clients can neither list nor write.
insert into storage.buckets (id, name, public) values ('aiauto', 'aiauto', true)
on conflict (id) do nothing;

create function private.call_function(p_name text) returns bigint
language sql volatile security invoker set search_path = '' as $$
  select net.http_post(
    url := (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'project_url')
      || '/functions/v1/' || p_name,
    body := '{}'::jsonb,
    headers := jsonb_build_object(
      'Content-Type', 'application/json',
      'apikey', (
        select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'cron_secret_key'
      )
    ),
    -- The function answers 202 at once. pg_net sends in batches: a long wait would hold up the others.
    timeout_milliseconds := 3000
  )
  where exists (select from vault.decrypted_secrets as s where s.name = 'project_url')
$$;
comment on function private.call_function(text) is
  'Nudges an Edge Function with the secret key. Fire and forget: never the record of any work.';

select cron.schedule('poll-video', '10 seconds', $$select private.call_function('poll-video')$$);
select cron.schedule('run-jobs', '10 seconds', $$select private.call_function('run-jobs')$$);
-- In SQL alone, so that deadlines hold while functions are down.
select cron.schedule('expire-jobs', '10 seconds', $$select public.expire_jobs()$$);
select cron.schedule('clean-history', '17 3 * * *', $$
  delete from cron.job_run_details where end_time < now() - interval '7 days';
  delete from public.idempotency_keys where created_at < now() - interval '72 hours' and status is not null;
$$);
