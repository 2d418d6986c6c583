-- Why: money. Entries are only ever added; the balance is their sum, and can't fall below zero; a job has
--   at most one charge and one refund, by constraint.
-- Objects: credit_accounts, credit_entries, private.post_entry, public.grant_credits,
--   private.handle_new_user (trigger on auth.users).
-- Locks: short lock on auth.users for the trigger. Undo: drop the trigger, then the tables.

create table public.credit_accounts (
  user_id uuid primary key references auth.users (id) on delete cascade,
  balance integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint balance_is_not_negative check (balance >= 0)
);
comment on table public.credit_accounts is 'One row a user. balance equals the sum of the user''s entries.';
alter table public.credit_accounts enable row level security;
revoke all on public.credit_accounts from anon, authenticated, service_role;
grant select on public.credit_accounts to authenticated, service_role;
create policy credit_accounts_select on public.credit_accounts for select to authenticated
  using (user_id = (select auth.uid()));
create trigger touch_updated_at before update on public.credit_accounts
  for each row execute function private.touch_updated_at();

create table public.credit_entries (
  id bigint generated always as identity primary key,
  -- No foreign key: the ledger outlives the account.
  user_id uuid not null,
  amount integer not null,
  kind text not null,
  reason text not null,
  job_id uuid,
  created_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('grant', 'charge', 'refund', 'adjustment')),
  constraint sign_follows_kind check (
    (kind = 'grant' and amount > 0) or (kind = 'charge' and amount < 0)
    or (kind = 'refund' and amount > 0) or (kind = 'adjustment' and amount <> 0)
  ),
  constraint charge_and_refund_name_a_job check (kind not in ('charge', 'refund') or job_id is not null),
  constraint reason_is_bounded check (char_length(reason) between 1 and 200)
);
comment on table public.credit_entries is 'The ledger, append-only for everyone. Amounts are whole credits.';
comment on column public.credit_entries.amount is 'Positive: to the user. Negative: from the user.';
comment on column public.credit_entries.reason is 'For people: the operation, or the code that ended the job.';
alter table public.credit_entries enable row level security;
revoke all on public.credit_entries from anon, authenticated, service_role;
grant select on public.credit_entries to authenticated, service_role;
create policy credit_entries_select on public.credit_entries for select to authenticated
  using (user_id = (select auth.uid()));
create index credit_entries_user_id_created_at_idx on public.credit_entries (user_id, created_at desc);
create unique index credit_entries_charge_of_job_idx on public.credit_entries (job_id)
  where kind = 'charge';
create unique index credit_entries_refund_of_job_idx on public.credit_entries (job_id)
  where kind = 'refund';

create function private.refuse_change() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  raise sqlstate 'PT409' using message = 'STATE_CONFLICT', detail = '{"table": "append-only"}';
end
$$;
comment on function private.refuse_change() is 'Trigger: makes a table append-only, for its owner too.';
create trigger refuse_change before update or delete on public.credit_entries
  for each row execute function private.refuse_change();
create trigger refuse_truncate before truncate on public.credit_entries
  for each statement execute function private.refuse_change();

create function private.post_entry(
  p_user_id uuid, p_amount integer, p_kind text, p_reason text, p_job_id uuid default null
) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  v_balance integer;
begin
  -- The entry first: where it exists already, the balance must not move again.
  insert into public.credit_entries (user_id, amount, kind, reason, job_id)
  values (p_user_id, p_amount, p_kind, p_reason, p_job_id)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  update public.credit_accounts as a set balance = a.balance + p_amount
  where a.user_id = p_user_id and a.balance + p_amount >= 0
  returning a.balance into v_balance;
  if found then
    return true;
  end if;
  select a.balance into v_balance from public.credit_accounts as a where a.user_id = p_user_id;
  if found then
    raise sqlstate 'PT402' using message = 'INSUFFICIENT_CREDITS',
      detail = jsonb_build_object('price', -p_amount, 'balance', v_balance)::text;
  elsif p_kind <> 'refund' then
    raise sqlstate 'PT404' using message = 'NOT_FOUND', detail = '{"account": "none"}';
  end if;
  return true;
end
$$;
comment on function private.post_entry(uuid, integer, text, text, uuid) is
  'Adds one entry and moves the balance with it. False when the job has such an entry already. Raises '
  'INSUFFICIENT_CREDITS. A refund of a deleted account is entered without an account to move.';

create function public.grant_credits(p_user_id uuid, p_amount integer, p_reason text) returns integer
language plpgsql security definer set search_path = '' as $$
begin
  perform private.post_entry(
    p_user_id, p_amount, case when p_amount > 0 then 'grant' else 'adjustment' end, p_reason
  );
  return (select a.balance from public.credit_accounts as a where a.user_id = p_user_id);
end
$$;
comment on function public.grant_credits(uuid, integer, text) is
  'Gives (or, negative, takes back) credits and returns the balance. Definer: nobody may write the ledger.';
revoke execute on function public.grant_credits(uuid, integer, text) from public, anon, authenticated;
grant execute on function public.grant_credits(uuid, integer, text) to service_role;

create function private.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.settings (user_id) values (new.id);
  insert into public.credit_accounts (user_id) values (new.id);
  -- Enough for a film of eight scenes and some trying (prices: supabase/seed.sql).
  perform private.post_entry(new.id, 500, 'grant', 'welcome');
  return new;
end
$$;
comment on function private.handle_new_user() is
  'Trigger: settings, account and starting balance. Definer: the auth service inserts users.';
revoke execute on function private.handle_new_user() from public, anon, authenticated;
create trigger handle_new_user after insert on auth.users
  for each row execute function private.handle_new_user();
