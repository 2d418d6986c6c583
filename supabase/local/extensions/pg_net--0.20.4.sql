-- pg_net 0.20 for a server without its background worker: the tables and functions in SQL. Queued requests are
-- sent, after commit, by supabase/local/scheduler.ts.
-- Source of the rules: https://github.com/supabase/pg_net (sql/ and src/, read 2026-11-21).
\echo Use "create extension pg_net" to load this file. \quit

create schema net;

create domain net.http_method as text
check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (
  status net.request_status, message text, response net.http_response
);

-- Unlogged, as in pg_net: after a crash both are empty, so a request is a nudge and never a record.
create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);

-- Percent-encodes every byte that is not unreserved (RFC 3986, section 2.3).
create function net._urlencode_string(string character varying)
returns text
language sql
immutable
set search_path = ''
as $$
  select coalesce(pg_catalog.string_agg(
    case
      when c.letter ~ '^[A-Za-z0-9._~-]$' then c.letter
      else pg_catalog.regexp_replace(
        pg_catalog.upper(pg_catalog.encode(pg_catalog.convert_to(c.letter, 'UTF8'), 'hex')),
        '(..)', '%\1', 'g')
    end, '' order by c.place), '')
  from pg_catalog.regexp_split_to_table(string, '') with ordinality as c (letter, place)
$$;

-- Appends `key=value` pairs that are encoded already, before a fragment if there is one.
create function net._encode_url_with_params_array(url text, params_array text[])
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_parts text[] := pg_catalog.regexp_match(
    url, '^([A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?(#\S*)?$');
  v_query text := nullif(pg_catalog.array_to_string(params_array, '&'), '');
begin
  if url is null or params_array is null then
    return null;
  end if;
  if v_parts is null then
    raise exception 'Malformed input to a URL function: %', url;
  end if;
  return v_parts[1] || coalesce(nullif(v_parts[2], ''), '/')
    || coalesce(v_parts[3], '')
    || coalesce(
      case
        when v_parts[3] is null then '?'
        when v_parts[3] in ('?') or v_parts[3] like '%&' then ''
        else '&'
      end || v_query, '')
    || coalesce(v_parts[4], '');
end
$$;

create function net._enqueue(
  p_method text, p_url text, p_params jsonb, p_headers jsonb, p_body bytea, p_timeout_milliseconds integer
)
returns bigint
language sql
set search_path = ''
as $$
  insert into net.http_request_queue as q (method, url, headers, body, timeout_milliseconds)
  values (
    p_method,
    net._encode_url_with_params_array(p_url, array(
      select net._urlencode_string(p.key) || '=' || net._urlencode_string(p.value)
      from pg_catalog.jsonb_each_text(p_params) as p
    )),
    p_headers, p_body, p_timeout_milliseconds)
  returning q.id
$$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000
)
returns bigint
language sql
set search_path = ''
as $$
  select net._enqueue('GET', url, params, headers, null, timeout_milliseconds)
$$;

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_content_type text := (
    select h.value
    from pg_catalog.jsonb_each_text(coalesce(headers, '{}'::jsonb)) as h
    where pg_catalog.lower(h.key) = 'content-type'
    limit 1
  );
begin
  if v_content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net._enqueue(
    'POST', url, params,
    case
      when v_content_type is null then headers || '{"Content-Type": "application/json"}'::jsonb
      else headers
    end,
    pg_catalog.convert_to(body::text, 'UTF8'), timeout_milliseconds);
end
$$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds integer default 5000,
  body jsonb default null
)
returns bigint
language sql
set search_path = ''
as $$
  select net._enqueue(
    'DELETE', url, params, headers, pg_catalog.convert_to(body::text, 'UTF8'), timeout_milliseconds)
$$;

-- Waits until a request has its response row, however long that takes.
create function net._await_response(request_id bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  while not exists (select from net._http_response as r where r.id = request_id) loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;

-- Gives the response, at once or (async false) when it is there. A request that is still under way cannot
-- be told from one that never was.
create function net._http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
declare
  v_row net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select r.* into v_row from net._http_response as r where r.id = request_id;
  if v_row.id is null or v_row.error_msg is not null then
    return row(
      'ERROR', coalesce(v_row.error_msg, 'request matching request_id not found'), null
    )::net.http_response_result;
  end if;
  return row(
    'SUCCESS', 'ok', row(v_row.status_code, v_row.headers, v_row.content)::net.http_response
  )::net.http_response_result;
end
$$;

create function net.http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
begin
  raise notice 'The net.http_collect_response function is deprecated.';
  return net._http_collect_response(request_id, async);
end
$$;

create function net.check_worker_is_up()
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not exists (
    select from pg_catalog.pg_stat_activity as a where a.application_name like 'pg_net %'
  ) then
    raise exception using
      message = 'the pg_net background worker is not up',
      detail = 'the local scheduler, which stands in for it, is not connected to this server';
  end if;
end
$$;
comment on function net.check_worker_is_up() is
'raises an exception if the pg_net background worker is not up, otherwise it doesn''t return anything';

-- The scheduler looks at the queue by itself, so waking it is nothing to do.
create function net.wake()
returns void
language sql
set search_path = ''
as $$
  select
$$;

create function net.worker_restart()
returns boolean
language sql
set search_path = ''
as $$
  select true
$$;

create function net.wait_until_running()
returns void
language plpgsql
set search_path = ''
as $$
begin
  while not exists (
    select from pg_catalog.pg_stat_activity as a where a.application_name like 'pg_net %'
  ) loop
    perform pg_catalog.pg_sleep(0.05);
    perform pg_catalog.pg_stat_clear_snapshot();
  end loop;
end
$$;
comment on function net.wait_until_running() is 'waits until the worker is running';

-- The same wide grants as pg_net's own. The schema is kept out of the Data API, and must stay so: queued
-- headers hold keys.
grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;
