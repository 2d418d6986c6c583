import { deepEqual, equal, rejects } from "node:assert/strict";
import type postgres from "postgres";
import { rehearse, startTemporaryPostgres, type TemporaryPostgres } from "../temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension if not exists pg_net with schema extensions;
    create role clerk;
  `);
});
Deno.test.afterAll(() => database?.remove());

const as = <T>(role: string, work: (sql: postgres.TransactionSql) => Promise<T>) =>
  rehearse(database.sql, role, work);

/** Queues one request and gives its row. */
const queued = (query: string) =>
  as("postgres", async (sql) => {
    const [call] = await sql.unsafe(`select ${query} as id`);
    const [row] = await sql`
      select id, method, url, headers, convert_from(body, 'UTF8') as body, timeout_milliseconds as timeout
      from net.http_request_queue`;
    const { id, ...rest } = row ?? {};
    equal(id, call?.id);
    return rest;
  });

Deno.test("create extension pg_net works with and without a schema, its objects in net", async () => {
  const rows = await as("postgres", async (sql) => {
    const find = () =>
      sql`select extnamespace::regnamespace::text as place, to_regclass('net._http_response') is not null as there
        from pg_extension where extname = 'pg_net'`;
    const [first] = await find();
    await sql`drop extension pg_net`;
    await sql`create extension pg_net`;
    const [second] = await find();
    return [first, second];
  });
  deepEqual(rows, [{ place: "extensions", there: true }, { place: "public", there: true }]);
});

Deno.test("net tables have pg_net's columns and are unlogged", async () => {
  const rows = await database.sql`
    select c.relname as table, c.relpersistence as kind, string_agg(a.attname || ' ' ||
      format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end,
      ', ' order by a.attnum) as columns
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'net'::regnamespace and c.relkind = 'r' group by 1, 2 order by 1`;
  deepEqual([...rows], [
    {
      table: "_http_response",
      kind: "u",
      columns: "id bigint, status_code integer, content_type text, headers jsonb, content text, " +
        "timed_out boolean, error_msg text, created timestamp with time zone not null",
    },
    {
      table: "http_request_queue",
      kind: "u",
      columns:
        "id bigint not null, method net.http_method not null, url text not null, headers jsonb, " +
        "body bytea, timeout_milliseconds integer not null",
    },
  ]);
});

Deno.test("net functions have pg_net's names, parameters and results", async () => {
  const rows = await database.sql`
    select p.proname || '(' || pg_get_function_arguments(p.oid) || ') ' || pg_get_function_result(p.oid) as f
    from pg_proc as p where p.pronamespace = 'net'::regnamespace and p.proname <> '_enqueue' order by 1`;
  deepEqual(rows.map((row) => row.f), [
    "_await_response(request_id bigint) boolean",
    "_encode_url_with_params_array(url text, params_array text[]) text",
    "_http_collect_response(request_id bigint, async boolean DEFAULT true) net.http_response_result",
    "_urlencode_string(string character varying) text",
    "check_worker_is_up() void",
    "http_collect_response(request_id bigint, async boolean DEFAULT true) net.http_response_result",
    "http_delete(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, " +
    "timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL::jsonb) bigint",
    "http_get(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, " +
    "timeout_milliseconds integer DEFAULT 5000) bigint",
    "http_post(url text, body jsonb DEFAULT '{}'::jsonb, params jsonb DEFAULT '{}'::jsonb, " +
    'headers jsonb DEFAULT \'{"Content-Type": "application/json"}\'::jsonb, ' +
    "timeout_milliseconds integer DEFAULT 5000) bigint",
    "wait_until_running() void",
    "wake() void",
    "worker_restart() boolean",
  ]);
});

Deno.test("net.http_post() queues a POST with JSON body and type by default", async () => {
  deepEqual(await queued("net.http_post('http://h:1/p')"), {
    method: "POST",
    url: "http://h:1/p",
    headers: { "Content-Type": "application/json" },
    body: "{}",
    timeout: 5000,
  });
});

Deno.test("net.http_post() adds the content type to headers that lack it", async () => {
  deepEqual(
    await queued(
      `net.http_post(url := 'http://h/p', body := '{"a": 1}', headers := '{"apikey": "k"}', timeout_milliseconds := 9)`,
    ),
    {
      method: "POST",
      url: "http://h/p",
      headers: { apikey: "k", "Content-Type": "application/json" },
      body: '{"a": 1}',
      timeout: 9,
    },
  );
});

Deno.test("net.http_post() refuses another content type", async () => {
  await rejects(queued(`net.http_post('http://h', headers := '{"content-type": "text/plain"}')`), {
    message: 'Content-Type header must be "application/json"',
  });
});

Deno.test("net.http_get() appends encoded parameters to the URL", async () => {
  const url = async (base: string, params: string) =>
    (await queued(`net.http_get('${base}', '${params}')`)).url;
  equal(await url("http://h", '{"a b": "ü&/~"}'), "http://h/?a%20b=%C3%BC%26%2F~");
  equal(await url("http://h/p?x=1", '{"a": "1", "b": "2"}'), "http://h/p?x=1&a=1&b=2");
  equal(await url("http://h/p#part", '{"a": ""}'), "http://h/p?a=#part");
  equal(await url("http://h/p?", "{}"), "http://h/p?");
});

Deno.test("net.http_get() and net.http_delete() queue no body unless given one", async () => {
  deepEqual(await queued("net.http_get('http://h/p')"), {
    method: "GET",
    url: "http://h/p",
    headers: {},
    body: null,
    timeout: 5000,
  });
  deepEqual(await queued(`net.http_delete('http://h/p', body := '[1]')`), {
    method: "DELETE",
    url: "http://h/p",
    headers: {},
    body: "[1]",
    timeout: 5000,
  });
});

Deno.test("net.http_post() refuses what is no URL", async () => {
  for (const url of ["", "h/p", "http://", "http://h/a b"]) {
    await rejects(queued(`net.http_post('${url}')`), {
      message: `Malformed input to a URL function: ${url}`,
    });
  }
  await rejects(queued("net.http_post(null)"), { code: "23502" });
});

Deno.test("net.http_post() is open to every role, as in pg_net", async () => {
  await as("clerk", async (sql) => {
    await sql`select net.http_post('http://h')`;
    return await sql`select from net._http_response`;
  });
});

Deno.test("net._http_collect_response() tells the response, the failure or that there is none", async () => {
  const collect = (values: string) =>
    as("postgres", async (sql) => {
      await sql.unsafe(
        `insert into net._http_response (id, status_code, headers, content, error_msg) values ${values}`,
      );
      return await sql`
        select r.status, r.message, (r.response).* from net._http_collect_response(1, async := false) as r`;
    });
  deepEqual([...await collect(`(1, 202, '{"x": "y"}', 'body', null)`)], [
    { status: "SUCCESS", message: "ok", status_code: 202, headers: { x: "y" }, body: "body" },
  ]);
  deepEqual([...await collect("(1, null, null, null, 'Timeout')")], [
    { status: "ERROR", message: "Timeout", status_code: null, headers: null, body: null },
  ]);
  const [none] = await database.sql`select status, message from net.http_collect_response(4711)`;
  deepEqual(none, { status: "ERROR", message: "request matching request_id not found" });
});

Deno.test("net.check_worker_is_up() fails when no scheduler is connected", async () => {
  await rejects(database.sql`select net.check_worker_is_up()`, {
    message: "the pg_net background worker is not up",
  });
});
