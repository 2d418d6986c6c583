/**
 * The worker of pg_net: takes committed requests off `net.http_request_queue`, sends them side by side and
 * writes `net._http_response`.
 *
 * One difference: pg_net keeps a transaction open until the slowest of a batch has ended. Here a request is
 * gone from the queue before it is sent, so a slow one holds up nothing, and one under way when the scheduler
 * is killed is not sent again. Both lose requests in a crash: callers must not rely on one.
 * Source: https://github.com/supabase/pg_net (src/worker.c, src/core.c, read 2026-11-21).
 *
 * @module
 */
import { connect, type Sql } from "./connection.ts";
import { type QueuedRequest, type RecordedResponse, sendRequest } from "./http_request.ts";
import { describe, repeat, settle, type Worker, type WorkerOptions } from "./loop.ts";

/** Requests under way at once; pg_net's default for `pg_net.batch_size`. */
const MAX_UNDER_WAY = 200;

/** How often responses older than 6 hours (pg_net's default for `pg_net.ttl`) are deleted. */
const EXPIRE_EVERY_MS = 60_000;

/** Starts sending queued requests. */
export function startHttpQueue({ databaseUrl, log, tickMs }: WorkerOptions): Worker {
  const stopping = new AbortController();
  const cancel = new AbortController();
  const underWay = new Set<Promise<void>>();
  const sql = connect(databaseUrl, { name: "pg_net 0.20.4" });
  let expiredAt = 0;

  const step = async () => {
    const [extension] = await sql<{ exists: boolean }[]>`
      select to_regclass('net.http_request_queue') is not null as exists`;
    if (!extension?.exists) return;
    if (underWay.size < MAX_UNDER_WAY) {
      for (const request of await takeRequests(sql, MAX_UNDER_WAY - underWay.size)) {
        const delivery = deliver(request).finally(() => underWay.delete(delivery));
        underWay.add(delivery);
      }
    }
    if (Date.now() - expiredAt > EXPIRE_EVERY_MS) {
      await sql`delete from net._http_response where created < now() - interval '6 hours'`;
      expiredAt = Date.now();
    }
  };

  const deliver = async (request: QueuedRequest) => {
    const response = await sendRequest(request, cancel.signal);
    if (response.error_msg !== null) {
      log(`request ${request.id} to ${request.url.split("?")[0]}: ${response.error_msg}`);
    }
    await recordResponse(sql, request.id, response).catch((cause) =>
      log(`request ${request.id}: its response is lost: ${describe(cause)}`)
    );
  };

  const loop = repeat("net", step, { signal: stopping.signal, log, tickMs });
  return {
    async stop() {
      stopping.abort();
      await loop;
      await settle(underWay, () => cancel.abort());
      await sql.end({ timeout: 1 });
    },
  };
}

/** Takes the oldest requests that are committed. Header values are text, as curl would send them. */
async function takeRequests(sql: Sql, limit: number): Promise<QueuedRequest[]> {
  const rows = await sql<QueuedRequest[]>`
    delete from net.http_request_queue as q
    using (
      select o.id from net.http_request_queue as o
      order by o.id limit ${limit} for update skip locked
    ) as n
    where q.id = n.id
    returning q.id, q.method, q.url, q.body, q.timeout_milliseconds,
      coalesce((
        select jsonb_object_agg(h.key, h.value)
        from jsonb_each_text(q.headers) as h where h.value is not null
      ), '{}') as headers`;
  return rows.toSorted((a, b) => Number(a.id) - Number(b.id));
}

async function recordResponse(sql: Sql, id: string, response: RecordedResponse): Promise<void> {
  await sql`
    insert into net._http_response
      (id, status_code, content_type, headers, content, timed_out, error_msg)
    values (
      ${id}, ${response.status_code}, ${response.content_type},
      ${response.headers === null ? null : JSON.stringify(response.headers)}::text::jsonb,
      ${response.content}, ${response.timed_out}, ${response.error_msg}
    )`;
}
