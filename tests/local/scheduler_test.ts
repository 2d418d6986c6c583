import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type Scheduler, startScheduler } from "../../supabase/local/scheduler.ts";
import {
  eventually,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from "./temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension pg_cron;
    create extension pg_net;
    create role clerk login;
    create table marks (mark text, by text default current_user, at timestamptz default clock_timestamp());
    grant insert on marks to clerk;
  `);
});
Deno.test.afterAll(() => database?.remove());

const TICK_MS = 20;

/** The scheduler on a clock that the test sets. */
async function withScheduler(
  work: (clock: { time: number }, lines: string[]) => Promise<void>,
): Promise<void> {
  const clock = { time: Date.parse("2026-11-21T10:00:30Z") };
  const lines: string[] = [];
  const scheduler = startScheduler({
    databaseUrl: database.server.url,
    log: (line) => lines.push(line),
    tickMs: TICK_MS,
    now: () => clock.time,
  });
  try {
    await eventually("the scheduler", async () => {
      const [row] = await database.sql`
        select count(*)::int as count from pg_stat_activity
        where application_name in ('pg_cron scheduler', 'pg_net 0.20.4') and state = 'idle'`;
      return row?.count === 2 ? true : undefined;
    });
    await work(clock, lines);
  } finally {
    await scheduler.stop();
    await database.sql`delete from cron.job`;
    await database.sql`truncate cron.job_run_details, marks, net._http_response`;
  }
}

/** Adds a job by its name and waits until the scheduler knows of it. */
async function schedule(
  clock: { time: number },
  schedule: string,
  command: string,
): Promise<string> {
  const [row] = await database.sql`select cron.schedule('job', ${schedule}, ${command}) as id`;
  await noticed(clock);
  return row?.id;
}

/** Lets the scheduler read the jobs again, which it does once a second. */
async function noticed(clock: { time: number }): Promise<void> {
  clock.time += 1000;
  await ticks(2);
}

/** Waits for this many looks of the scheduler at its clock. */
function ticks(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * (TICK_MS + 40)));
}

/** The runs so far, once there are `count` that have ended. */
function runs(count: number) {
  return eventually(`${count} runs`, async () => {
    const rows = await database.sql`select * from cron.job_run_details order by runid`;
    return rows.filter((row) => row.end_time !== null).length >= count ? rows : undefined;
  });
}

const marks = async () =>
  (await database.sql`select mark from marks order by at`).map((row) => row.mark);

interface Received {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

/** A server that answers by path: `/slow` not before the work is over, `/fail` with 500, `/away` by a redirect, else with 202. */
async function withTarget(
  work: (url: string, received: Received[]) => Promise<void>,
): Promise<void> {
  const received: Received[] = [];
  const over = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    received.push({
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body,
    });
    if (pathname === "/slow") await over.promise;
    if (pathname === "/away") return Response.redirect(new URL("/here", request.url), 307);
    return Response.json({ path: pathname }, { status: pathname === "/fail" ? 500 : 202 });
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}`, received);
  } finally {
    over.resolve();
    await server.shutdown();
  }
}

/** The response row of a request, when it is there. */
function response(id: string, timeoutMs?: number) {
  return eventually(`the response of request ${id}`, async () => {
    const [row] = await database.sql`select * from net._http_response where id = ${id}`;
    return row;
  }, timeoutMs);
}

Deno.test("startScheduler() runs a job once in each minute its schedule names", async () => {
  await withScheduler(async (clock) => {
    const id = await schedule(clock, "1,3 10 * * *", "insert into marks values ('minute')");
    clock.time = Date.parse("2026-11-21T10:01:00Z");
    const [run] = await runs(1);
    for (const time of ["10:01:30", "10:02:00", "10:02:59"]) {
      clock.time = Date.parse(`2026-11-21T${time}Z`);
      await ticks(1);
    }
    deepEqual(await marks(), ["minute"]);
    clock.time = Date.parse("2026-11-21T10:03:00Z");
    await runs(2);
    deepEqual(await marks(), ["minute", "minute"]);
    const { runid: _, job_pid: pid, start_time: start, end_time: end, ...rest } = run ?? {};
    ok(pid > 0);
    ok(start <= end);
    deepEqual(rest, {
      jobid: id,
      database: "postgres",
      username: "postgres",
      command: "insert into marks values ('minute')",
      status: "succeeded",
      return_message: "INSERT 0 1",
    });
  });
});

Deno.test("startScheduler() makes up for minutes missed in a short pause, not in a long one", async () => {
  await withScheduler(async (clock) => {
    await schedule(clock, "* * * * *", "insert into marks values ('minute')");
    clock.time = Date.parse("2026-11-21T10:04:10Z");
    await runs(4);
    clock.time = Date.parse("2026-11-21T11:04:10Z");
    await runs(5);
    await ticks(2);
    equal((await marks()).length, 5);
  });
});

Deno.test("startScheduler() runs an 'N seconds' job N seconds after it is known, and again", async () => {
  await withScheduler(async (clock) => {
    await schedule(clock, "10 seconds", "insert into marks values ('tick')");
    clock.time += 8000;
    await ticks(2);
    deepEqual(await marks(), []);
    clock.time += 2000;
    await runs(1);
    await ticks(2);
    deepEqual(await marks(), ["tick"]);
    clock.time += 10_000;
    await runs(2);
  });
});

Deno.test("startScheduler() takes up a change by name and forgets what is unscheduled or inactive", async () => {
  await withScheduler(async (clock) => {
    const id = await schedule(clock, "5 seconds", "insert into marks values ('old')");
    await schedule(clock, "2 seconds", "insert into marks values ('new')");
    clock.time += 2000;
    await runs(1);
    await database.sql`select cron.alter_job(${id}, active := false)`;
    await noticed(clock);
    clock.time += 60_000;
    await ticks(2);
    await database.sql`select cron.unschedule('job')`;
    await noticed(clock);
    clock.time += 60_000;
    await ticks(2);
    deepEqual(await marks(), ["new"]);
  });
});

Deno.test("startScheduler() runs a job once at a time, with one due run waiting behind", async () => {
  await withScheduler(async (clock) => {
    await schedule(
      clock,
      "1 second",
      "insert into marks values ('begin'); select pg_sleep(0.3); insert into marks values ('end')",
    );
    for (let n = 0; n < 8; n++) {
      clock.time += 1000;
      await ticks(1);
    }
    await database.sql`select cron.unschedule('job')`;
    const rows = await runs(2);
    for (const [index, row] of rows.slice(1).entries()) {
      ok(row.start_time >= rows[index]?.end_time, "runs overlap");
    }
    ok(rows.length < 5);
  });
});

Deno.test("startScheduler() records what a job's last statement did", async () => {
  await withScheduler(async (clock) => {
    const message = async (command: string, count: number) => {
      await schedule(clock, "1 second", command);
      clock.time += 1000;
      const row = (await runs(count)).at(-1);
      await database.sql`select cron.unschedule('job')`;
      await noticed(clock);
      return [row?.status, row?.return_message];
    };
    deepEqual(await message("select 1", 1), ["succeeded", "1 row"]);
    deepEqual(await message("select generate_series(1, 3)", 2), ["succeeded", "3 rows"]);
    deepEqual(await message("update marks set mark = 'x'; select 1", 3), ["succeeded", "1 row"]);
    deepEqual(await message("vacuum marks", 4), ["succeeded", "VACUUM"]);
    deepEqual(await message("select 1 / 0", 5), ["failed", "ERROR:  division by zero\n"]);
    const [status, text] = await message("do $$ begin raise 'no' using hint = 'why'; end $$", 6);
    equal(status, "failed");
    match(String(text), /^ERROR: {2}no\nHINT: {2}why\nCONTEXT: {2}PL\/pgSQL/);
  });
});

Deno.test("startScheduler() runs a job as its user", async () => {
  await withScheduler(async (clock) => {
    await database.sql`
      select cron.schedule_in_database('job', '1 second',
        'insert into marks values (session_user); select mark from marks', 'postgres', 'clerk')`;
    await noticed(clock);
    clock.time += 1000;
    const [run] = await runs(1);
    // The whole command is one transaction: clerk may insert, but not read.
    equal(run?.return_message, "ERROR:  permission denied for table marks\n");
    equal(run?.username, "clerk");
    deepEqual(await marks(), []);
  });
});

Deno.test("startScheduler() cancels a job that is unscheduled while it runs", async () => {
  await withScheduler(async (clock) => {
    await schedule(clock, "1 second", "select pg_sleep(30)");
    clock.time += 1000;
    await eventually("the run", async () => {
      const [row] = await database
        .sql`select status from cron.job_run_details where status = 'running'`;
      return row;
    });
    await database.sql`select cron.unschedule('job')`;
    await noticed(clock);
    const [run] = await runs(1);
    deepEqual([run?.status, run?.return_message], ["failed", "job canceled"]);
  });
});

Deno.test("startScheduler() leaves the jobs to the scheduler that came first", async () => {
  await withScheduler(async (clock) => {
    const second: Scheduler = startScheduler({
      databaseUrl: database.server.url,
      now: () => clock.time,
    });
    await schedule(clock, "* * * * *", "insert into marks values ('minute')");
    clock.time += 60_000;
    await runs(1);
    await ticks(2);
    await second.stop();
    equal((await marks()).length, 1);
  });
});

Deno.test("startScheduler() goes on after the database was killed and restarted", async () => {
  await withScheduler(async (clock, lines) => {
    await schedule(clock, "1 second", "select pg_sleep(30)");
    clock.time += 1000;
    await eventually("the run", async () => {
      const [row] = await database
        .sql`select status from cron.job_run_details where status = 'running'`;
      return row;
    });
    database.server.kill();
    await eventually(
      "a word on the loss",
      () => Promise.resolve(lines.find((line) => line.endsWith("; trying again"))),
    );
    await database.server.restart();
    await eventually("the cut run's mark", async () => {
      const [row] = await database.sql`select return_message as m from cron.job_run_details`;
      clock.time += 1000;
      return ["server restarted", "connection lost"].includes(row?.m) ? row : undefined;
    });
    await schedule(clock, "1 second", "insert into marks values ('after')");
    await eventually("a run after the restart", async () => {
      clock.time += 1000;
      await ticks(1);
      return (await marks()).length > 0 ? true : undefined;
    });
    ok(lines.some((line) => line.endsWith("the database answers again")));
    await withTarget(async (url) => {
      const [row] = await database.sql`select net.http_post(${url}) as id`;
      equal((await response(row?.id)).status_code, 202);
    });
  });
});

Deno.test("startScheduler() posts a queued request and records the answer in pg_net's columns", async () => {
  await withScheduler(async () => {
    await withTarget(async (url, received) => {
      const [row] = await database.sql`
        select net.http_post(
          url := ${url} || '/functions/v1/poll', body := '{"a": [1, "ü"]}',
          params := '{"q": "a b"}', headers := '{"apikey": "sb_secret_x", "n": 1, "none": null}'
        ) as id`;
      const { created, headers, ...rest } = await response(row?.id);
      deepEqual(rest, {
        id: row?.id,
        status_code: 202,
        content_type: "application/json",
        content: '{"path":"/functions/v1/poll"}',
        timed_out: false,
        error_msg: null,
      });
      equal(headers["content-type"], "application/json");
      ok(Date.now() - created.getTime() < 5000);
      const [request] = received;
      equal(request?.method, "POST");
      equal(request?.path, "/functions/v1/poll?q=a%20b");
      equal(request?.body, '{"a": [1, "ü"]}');
      equal(request?.headers.get("apikey"), "sb_secret_x");
      equal(request?.headers.get("n"), "1");
      equal(request?.headers.get("none"), null);
      equal(request?.headers.get("content-type"), "application/json");
      equal(request?.headers.get("user-agent"), "pg_net/0.20.4");
      equal((await database.sql`select from net.http_request_queue`).length, 0);
      await database.sql`select net.check_worker_is_up(), net.wait_until_running()`;
    });
  });
});

Deno.test("startScheduler() sends GET and DELETE, follows redirects and records a server's 500", async () => {
  await withScheduler(async () => {
    await withTarget(async (url, received) => {
      const [row] = await database.sql`
        select net.http_get(${url} || '/get') as get,
          net.http_delete(${url} || '/delete', body := '{}') as delete,
          net.http_post(${url} || '/away', body := '{"kept": true}') as away,
          net.http_post(${url} || '/fail') as fail`;
      equal((await response(row?.get)).status_code, 202);
      equal((await response(row?.delete)).status_code, 202);
      equal((await response(row?.away)).content, '{"path":"/here"}');
      const failed = await response(row?.fail);
      deepEqual([failed.status_code, failed.error_msg, failed.timed_out], [500, null, false]);
      deepEqual(
        received.map(({ method, path, body }) => `${method} ${path} ${body}`).toSorted(),
        [
          "DELETE /delete {}",
          "GET /get ",
          'POST /away {"kept": true}',
          "POST /fail {}",
          'POST /here {"kept": true}',
        ],
      );
    });
  });
});

Deno.test("startScheduler() sends nothing that is not committed", async () => {
  await withScheduler(async () => {
    await withTarget(async (url, received) => {
      await rejects(
        database.sql.begin(async (sql) => {
          await sql`select net.http_post(${url} || '/never')`;
          await ticks(3);
          throw new Error("rolled back");
        }),
        /rolled back/,
      );
      await database.sql.begin(async (sql) => {
        await sql`select net.http_post(${url} || '/later')`;
        await ticks(3);
        equal(received.length, 0);
        return [];
      });
      await eventually("the request", () => Promise.resolve(received[0]));
      await ticks(2);
      deepEqual(received.map((request) => request.path), ["/later"]);
    });
  });
});

Deno.test("startScheduler() records a timeout and lets no other request wait for it", async () => {
  await withScheduler(async (_clock, lines) => {
    await withTarget(async (url, received) => {
      const [row] = await database.sql`
        select net.http_post(${url} || '/slow?key=secret', timeout_milliseconds := 900) as slow,
          net.http_post(${url} || '/quick') as quick`;
      const started = performance.now();
      equal((await response(row?.quick)).status_code, 202);
      const [next] = await database.sql`select net.http_post(${url} || '/next') as id`;
      equal((await response(next?.id)).status_code, 202);
      ok(performance.now() - started < 850);
      const { created: _created, error_msg: message, ...rest } = await response(row?.slow);
      match(message, /^Timeout of 900 ms reached\. Total time: 9\d\d\.\d+ ms/);
      deepEqual(rest, {
        id: row?.slow,
        status_code: null,
        content_type: null,
        headers: null,
        content: null,
        timed_out: true,
      });
      equal(received.filter((request) => request.path.startsWith("/slow")).length, 1);
      ok(lines.some((line) => line.includes("/slow: Timeout")));
      ok(!lines.some((line) => line.includes("secret")));
    });
  });
});

Deno.test("startScheduler() records a refused connection and does not try again", async () => {
  await withScheduler(async () => {
    const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = closed.addr;
    closed.close();
    const [row] = await database
      .sql`select net.http_post('http://127.0.0.1:' || ${port}::text) as id`;
    const { status_code, timed_out, error_msg } = await response(row?.id);
    deepEqual([status_code, timed_out], [null, false]);
    match(error_msg, /refused/i);
    await ticks(2);
    equal((await database.sql`select from net._http_response where id = ${row?.id}`).length, 1);
  });
});

Deno.test("startScheduler() sends 500 requests of one transaction, each once", async () => {
  await withScheduler(async () => {
    await withTarget(async (url, received) => {
      await database.sql`
        select net.http_post(${url} || '/' || n) from generate_series(1, 500) as n`;
      await eventually("500 responses", async () => {
        const [row] = await database.sql`select count(*)::int as count from net._http_response`;
        return row?.count === 500 ? true : undefined;
      });
      equal(new Set(received.map((request) => request.path)).size, 500);
      equal(received.length, 500);
    });
  });
});

Deno.test("startScheduler() deletes responses after six hours", async () => {
  await database.sql`
    insert into net._http_response (id, created)
    values (-1, now() - interval '7 hours'), (-2, now() - interval '5 hours')`;
  await withScheduler(async () => {
    await eventually("the deletion", async () => {
      const rows = await database.sql`select id from net._http_response order by id`;
      return rows.length === 1 && rows[0]?.id === "-2" ? true : undefined;
    });
  });
});

Deno.test("Scheduler.stop() cuts short what takes too long and leaves a record of it", async () => {
  await withTarget(async (url) => {
    const scheduler = startScheduler({ databaseUrl: database.server.url });
    const [row] = await database.sql`select net.http_post(${url} || '/slow') as id`;
    await eventually("the request's start", async () => {
      return (await database.sql`select from net.http_request_queue`).length === 0
        ? true
        : undefined;
    });
    const started = performance.now();
    await scheduler.stop();
    await scheduler.stop();
    ok(performance.now() - started < 1500);
    equal((await response(row?.id)).error_msg, "The worker stopped before the answer came");
  });
});
