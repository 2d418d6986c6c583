/**
 * Makes postgres.js 3.4.9 survive a server that is killed, for as long as this is the newest one.
 *
 * It puts small writes off with `setImmediate` and remembers that one is put off; when the connection closes
 * it forgets the write but not that. Then the write is tried on no socket, an exception nobody can catch, or
 * the connection never writes again, and every query given to it waits for ever. Written at once, nothing is
 * put off. Only the driver's own function is treated so. Imported first by each process whose pool outlives a
 * server: the API's, the scheduler's, and that of tests which kill servers.
 *
 * And it asks each new connection for the types of arrays (`fetchArrayTypes` in its connection.js) without
 * anybody awaiting that: a server that goes just then is a rejection that ends the process. The connection itself
 * is made again, so the rejection is no news. Neither is that of a query which a transaction sends on a connection
 * that has gone: the transaction itself was rejected when it went, and nobody waits for the query any more.
 *
 * Source: https://github.com/porsager/postgres/issues/1208 (open, read 2026-11-21).
 *
 * @module
 */

const original = globalThis.setImmediate;

/** What `setImmediate` gives; the driver takes null for "nothing is put off". */
type Handle = ReturnType<typeof original> | null;

Object.defineProperty(globalThis, "setImmediate", {
  configurable: true,
  writable: true,
  value: (run: (...args: unknown[]) => void, ...args: unknown[]): Handle => {
    if (run.name !== "nextWrite") return original(run, ...args);
    run();
    return null;
  },
});

/** How that question ends, by how the server went: closed, or killed with bytes under way. */
const GONE = ["CONNECTION_CLOSED", "ECONNRESET", "EPIPE"];

globalThis.addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  if (!(reason instanceof Error)) return;
  const isGone = GONE.includes(String(Reflect.get(reason, "code")));
  const isUnsent = reason instanceof TypeError && reason.stack?.includes("at nextWrite ") === true;
  if (isGone || isUnsent) event.preventDefault();
});
