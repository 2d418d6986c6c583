-- pg_cron 1.6 for a server without its background worker: what migrations and people see of it (tables,
-- functions, checks, error texts) in SQL. Due jobs are run by supabase/local/scheduler.ts.
-- Source of the rules: https://github.com/citusdata/pg_cron (pg_cron.sql and src/, read 2026-11-21).
-- One difference: pg_cron writes cron.job with its owner's rights. In SQL that would lose the caller's name,
-- so here everybody may write cron.job, and row security limits that to rows of their own.
\echo Use "create extension pg_cron" to load this file. \quit

create schema cron;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;

create table cron.job (
  jobid bigint primary key default pg_catalog.nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default pg_catalog.inet_server_port(),
  database text not null default pg_catalog.current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default pg_catalog.nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

grant select, insert, update, delete on cron.job to public;
grant select, delete on cron.job_run_details to public;
grant select, usage on sequence cron.jobid_seq to public;
grant select on sequence cron.runid_seq to public;

select pg_catalog.pg_extension_config_dump('cron.job', '');
select pg_catalog.pg_extension_config_dump('cron.jobid_seq', '');
select pg_catalog.pg_extension_config_dump('cron.job_run_details', '');
select pg_catalog.pg_extension_config_dump('cron.runid_seq', '');

-- Gives the values a field such as `1-5,*/10,mon` stands for, or null when it is not one. Values of a
-- named field may be spelled by the first three letters; p_names starts at the field's lowest value.
create function cron._field_values(p_field text, p_low integer, p_high integer, p_names text[])
returns integer[]
language plpgsql
immutable strict
set search_path = ''
as $$
declare
  v_values integer[] := '{}';
  v_part text;
  v_match text[];
  v_first integer;
  v_last integer;
  v_step integer;
begin
  foreach v_part in array pg_catalog.string_to_array(pg_catalog.lower(p_field), ',') loop
    v_match := pg_catalog.regexp_match(
      v_part, '^(?:\*|(\d{1,4}|[a-z]{3})(?:-(\d{1,4}|[a-z]{3}))?)(?:/(\d{1,4}))?$');
    if v_match is null or (v_part not like '*%' and v_match[2] is null and v_match[3] is not null) then
      return null;
    end if;
    if v_part like '*%' then
      v_first := p_low;
      v_last := p_high;
    else
      v_first := coalesce(
        pg_catalog.array_position(p_names, v_match[1]) - 1 + p_low,
        pg_catalog.substring(v_match[1], '^\d+$')::integer);
      v_last := case
        when v_match[2] is null then v_first
        else coalesce(
          pg_catalog.array_position(p_names, v_match[2]) - 1 + p_low,
          pg_catalog.substring(v_match[2], '^\d+$')::integer)
      end;
    end if;
    v_step := coalesce(v_match[3]::integer, 1);
    if v_first is null or v_last is null or v_first < p_low or v_last > p_high
      or v_step not between 1 and p_high then
      return null;
    end if;
    v_values := v_values || array(select pg_catalog.generate_series(v_first, v_last, v_step));
  end loop;
  return v_values;
end
$$;

-- Splits a cron schedule into its five fields; null when there are fewer. Like pg_cron, ignores what follows
-- the fifth, and takes the @names, except @reboot, which has no times.
create function cron._fields(p_schedule text)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select case when pg_catalog.cardinality(f.fields) >= 5 then f.fields[1:5] end
  from (
    select pg_catalog.regexp_split_to_array(pg_catalog.btrim(
      case pg_catalog.btrim(p_schedule, E' \t\n')
        when '@yearly' then '0 0 1 1 *'
        when '@annually' then '0 0 1 1 *'
        when '@monthly' then '0 0 1 * *'
        when '@weekly' then '0 0 * * 0'
        when '@daily' then '0 0 * * *'
        when '@midnight' then '0 0 * * *'
        when '@hourly' then '0 * * * *'
        else p_schedule
      end, E' \t\n'), '[ \t]+') as fields
  ) as f
$$;

-- Gives N of the schedule 'N seconds', or null for any other schedule.
create function cron._interval_seconds(p_schedule text)
returns integer
language sql
immutable
set search_path = ''
as $$
  select case when m.n[1]::bigint between 1 and 59 then m.n[1]::integer end
  from (
    select pg_catalog.regexp_match(p_schedule, '^\s*(\d{1,18})\s*seconds?\s*$', 'i') as n
  ) as m
$$;

-- Tells whether a cron schedule names this minute, in UTC. When both day fields are restricted, either is
-- enough; when one begins with `*`, both must hold. Null when it is not a cron schedule.
create function cron._is_due(p_schedule text, p_minute timestamptz)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_fields text[] := cron._fields(p_schedule);
  v_at timestamp := p_minute at time zone 'UTC';
  v_months text[] := '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}';
  v_days text[] := '{sun,mon,tue,wed,thu,fri,sat}';
  v_minutes integer[] := cron._field_values(v_fields[1], 0, 59, '{}');
  v_hours integer[] := cron._field_values(v_fields[2], 0, 23, '{}');
  v_month integer[] := cron._field_values(v_fields[4], 1, 12, v_months);
  v_dow integer[] := cron._field_values(v_fields[5], 0, 7, v_days);
  v_dom integer[];
  v_is_dom boolean;
  v_is_dow boolean;
begin
  -- `$` is the last day of the month.
  v_dom := case
    when v_fields[3] = '$' then
      array[extract(day from pg_catalog.date_trunc('month', v_at) + interval '1 month - 1 day')::integer]
    else cron._field_values(v_fields[3], 1, 31, '{}')
  end;
  if v_fields is null or v_minutes is null or v_hours is null or v_dom is null or v_month is null
    or v_dow is null then
    return null;
  end if;
  v_is_dom := extract(day from v_at)::integer = any(v_dom);
  v_is_dow := extract(dow from v_at)::integer = any(v_dow)
    or (extract(dow from v_at) = 0 and 7 = any(v_dow));
  return extract(minute from v_at)::integer = any(v_minutes)
    and extract(hour from v_at)::integer = any(v_hours)
    and extract(month from v_at)::integer = any(v_month)
    and case
      when v_fields[3] like '*%' or v_fields[5] like '*%' then v_is_dom and v_is_dow
      else v_is_dom or v_is_dow
    end;
end
$$;

create function cron._assert_schedule(p_schedule text)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if pg_catalog.length(p_schedule) >= 1000
    or (pg_catalog.btrim(p_schedule, E' \t\n') not in ('@reboot', '@restart')
      and cron._interval_seconds(p_schedule) is null
      and cron._is_due(p_schedule, 'epoch') is null) then
    raise exception using
      errcode = 'invalid_parameter_value',
      message = pg_catalog.format('invalid schedule: %s', p_schedule),
      hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
end
$$;

-- Names the role a job runs as: the caller, or for superusers any role that may log in.
create function cron._job_user(p_username text, p_refusal text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_username is null then
    return current_user;
  end if;
  if not (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user) then
    raise exception '%', p_refusal;
  end if;
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = p_username) then
    raise exception 'role "%" does not exist', p_username;
  end if;
  if not (select r.rolcanlogin from pg_catalog.pg_roles as r where r.rolname = p_username) then
    raise exception using
      message = pg_catalog.format('role "%s" can not log in', p_username),
      detail = 'Jobs may only be run by roles that have the LOGIN attribute.';
  end if;
  return p_username;
end
$$;

create function cron._assert_may_connect(p_username text, p_database text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not pg_catalog.has_database_privilege(p_username, p_database, 'connect') then
    raise exception 'User % does not have CONNECT privilege on %', p_username, p_database;
  end if;
end
$$;

create function cron._put(
  p_job_name text, p_schedule text, p_command text, p_database text, p_username text, p_active boolean
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_database text := coalesce(p_database, pg_catalog.current_database());
  v_username text;
  v_job_id bigint;
begin
  if p_schedule is null then
    raise exception 'schedule can not be NULL';
  elsif p_command is null then
    raise exception 'command can not be NULL';
  end if;
  perform cron._assert_schedule(p_schedule);
  v_username := cron._job_user(p_username, 'must be superuser to create a job for another role');
  perform cron._assert_may_connect(v_username, v_database);
  insert into cron.job as j (schedule, command, nodeport, database, username, active, jobname)
  values (
    p_schedule, p_command, pg_catalog.current_setting('port')::integer, v_database, v_username,
    coalesce(p_active, true), p_job_name)
  on conflict on constraint jobname_username_uniq do update
    set schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning j.jobid into v_job_id;
  return v_job_id;
end
$$;

create function cron.schedule(schedule text, command text)
returns bigint
language sql
strict
set search_path = ''
as $$
  select cron._put(null, schedule, command, null, null, true)
$$;
comment on function cron.schedule(text, text) is 'schedule a pg_cron job';

create function cron.schedule(job_name text, schedule text, command text)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if job_name is null then
    raise exception 'job_name can not be NULL';
  end if;
  return cron._put(job_name, schedule, command, null, null, true);
end
$$;
comment on function cron.schedule(text, text, text) is 'schedule a pg_cron job';

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null,
  active boolean default true
)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if job_name is null then
    raise exception 'job_name can not be NULL';
  end if;
  return cron._put(job_name, schedule, command, database, username, active);
end
$$;
comment on function cron.schedule_in_database(text, text, text, text, text, boolean)
is 'schedule a pg_cron job';

create function cron.unschedule(job_id bigint)
returns boolean
language plpgsql
strict
set search_path = ''
as $$
begin
  delete from cron.job as j where j.jobid = job_id;
  if not found then
    raise exception 'could not find valid entry for job %', job_id;
  end if;
  return true;
end
$$;
comment on function cron.unschedule(bigint) is 'unschedule a pg_cron job';

create function cron.unschedule(job_name text)
returns boolean
language plpgsql
strict
set search_path = ''
as $$
begin
  delete from cron.job as j where j.jobname = job_name and j.username = current_user;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_name;
  end if;
  return true;
end
$$;
comment on function cron.unschedule(text) is 'unschedule a pg_cron job';

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_username text;
begin
  if job_id is null then
    raise exception 'job_id can not be NULL';
  end if;
  v_username := cron._job_user(alter_job.username, 'must be superuser to alter username');
  if alter_job.database is not null then
    perform cron._assert_may_connect(v_username, alter_job.database);
  end if;
  if alter_job.schedule is not null then
    perform cron._assert_schedule(alter_job.schedule);
  end if;
  if coalesce(schedule, command, database, username, active::text) is null then
    raise exception using
      message = 'no updates specified',
      hint = 'You must specify at least one job attribute to change when calling alter_job';
  end if;
  update cron.job as j
  set
    schedule = coalesce(alter_job.schedule, j.schedule),
    command = coalesce(alter_job.command, j.command),
    database = coalesce(alter_job.database, j.database),
    username = coalesce(alter_job.username, j.username),
    active = coalesce(alter_job.active, j.active)
  where j.jobid = job_id;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
end
$$;
comment on function cron.alter_job(bigint, text, text, text, text, boolean)
is 'Alter the job identified by job_id. Any option left as NULL will not be modified.';

-- Whether these are safe is the administrator's to decide, by granting them.
revoke all on function cron.alter_job(bigint, text, text, text, text, boolean) from public;
revoke all on function cron.schedule_in_database(text, text, text, text, text, boolean) from public;
