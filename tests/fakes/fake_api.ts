/**
 * The Data API as a `fetch`: answers calls of SQL functions from memory and says what was called, so that
 * the official client can be used without a network.
 *
 * @module
 */
import type { FunctionName } from "../../supabase/functions/_shared/database/rpc.ts";

/** What PostgREST says when a function raises. */
export class FakeSqlError extends Error {
  /** Tells it from others in logs. */
  override readonly name = "FakeSqlError";

  /** Takes SQLSTATE, message and detail, as `raise` does. */
  constructor(
    readonly sqlstate: string,
    message: string,
    readonly detail: string | null = null,
  ) {
    super(message);
  }
}

/** Arguments of a call by name. */
export type RpcArgs = Readonly<Record<string, unknown>>;

/** Answers one function, or raises by throwing {@link FakeSqlError}. */
export type RpcHandler = (args: RpcArgs) => unknown;

/** A call that was made. */
export interface RpcCall {
  /** The function. */
  readonly name: string;
  /** As they came. */
  readonly args: RpcArgs;
}

/** The API. */
export interface FakeApi {
  /** Given to the client instead of the network. */
  readonly fetch: typeof fetch;
  /** In their order. */
  readonly calls: RpcCall[];
}

/** Makes an API of some functions. A call of any other fails as a connection would. */
export function createFakeApi(functions: Partial<Record<FunctionName, RpcHandler>>): FakeApi {
  const calls: RpcCall[] = [];
  const handlers = new Map(Object.entries(functions));
  const answer: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const stored = answerStorage(request);
    if (stored !== null) return stored;
    const name = /\/rest\/v1\/rpc\/(\w+)$/.exec(new URL(request.url).pathname)?.[1] ?? "";
    const handler = handlers.get(name);
    if (handler === undefined) throw new TypeError(`Nobody answers ${request.url}`);
    const args: RpcArgs = await request.json();
    calls.push({ name, args });
    try {
      return Response.json(handler(args) ?? null);
    } catch (error) {
      if (!(error instanceof FakeSqlError)) throw error;
      // As PostgREST: PTxyz is the status xyz.
      const status = Number(/^PT(\d{3})$/.exec(error.sqlstate)?.[1] ?? 400);
      const body = {
        code: error.sqlstate,
        message: error.message,
        details: error.detail,
        hint: null,
      };
      return Response.json(body, { status });
    }
  };
  return { fetch: answer, calls };
}

/** Storage, as far as handlers without a network ask it: an empty folder that takes whatever comes. */
function answerStorage({ method, url }: Request): Response | null {
  const { pathname } = new URL(url);
  if (method !== "POST" || !pathname.startsWith("/storage/v1/object/")) return null;
  if (pathname.startsWith("/storage/v1/object/list/")) return Response.json([]);
  const place = /^\/storage\/v1(\/object\/upload\/sign\/.+)$/.exec(pathname)?.[1];
  if (place !== undefined) return Response.json({ url: `${place}?token=a-token` });
  return Response.json({
    Id: crypto.randomUUID(),
    Key: pathname.slice("/storage/v1/object/".length),
  });
}
