import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { startScheduler } from "../../supabase/local/scheduler.ts";
import { ticks, withScheduler } from "./running_scheduler.ts";
import {
  eventually,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from "./temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension pg_cron;
    create extension pg_net;`);
});
Deno.test.afterAll(() => database?.remove());

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
Deno.test("startScheduler() posts a queued request and records the answer in pg_net's columns", async () => {
  await withScheduler(database, async () => {
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
  await withScheduler(database, async () => {
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
  await withScheduler(database, async () => {
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
  await withScheduler(database, async ({ lines }) => {
    await withTarget(async (url, received) => {
      const [row] = await database.sql`
        select net.http_post(${url} || '/slow?key=secret', timeout_milliseconds := 1500) as slow,
          net.http_post(${url} || '/quick') as quick`;
      equal((await response(row?.quick)).status_code, 202);
      const [next] = await database.sql`select net.http_post(${url} || '/next') as id`;
      equal((await response(next?.id)).status_code, 202);
      equal((await database.sql`select from net._http_response where id = ${row?.slow}`).length, 0);
      const { created: _created, error_msg: message, ...rest } = await response(row?.slow);
      match(message, /^Timeout of 1500 ms reached\. Total time: 1\d{3}\.\d+ ms$/);
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
  await withScheduler(database, async () => {
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
  await withScheduler(database, async () => {
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
  await withScheduler(database, async () => {
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

Deno.test("startScheduler() goes on sending after the database was killed and restarted", async () => {
  await withScheduler(database, async ({ lines }) => {
    database.server.kill();
    await eventually(
      "a word on the loss",
      () => Promise.resolve(lines.find((line) => line.startsWith("net: "))),
    );
    await database.server.restart();
    await withTarget(async (url) => {
      const [row] = await database.sql`select net.http_post(${url}) as id`;
      equal((await response(row?.id)).status_code, 202);
    });
  });
});
