/**
 * The one door of the stack, at the address and with the rules of the platform's: keys, tokens, CORS and
 * paths are handled here, so that clients and functions run unmodified. Bodies stream through in both
 * directions and are never held, but for the small ones of Auth and of functions.
 *
 * @module
 */
import { callFunction, type FunctionBackend } from "./function_gate.ts";
import { publicKeySet, type StackKeys } from "./keys.ts";
import { VERIFIED_TOKEN } from "./lite.ts";
import { CORS_HEADERS } from "./platform_error.ts";
import { portTaken } from "./ports.ts";
import { createTokenTranslator, type TokenTranslator } from "./tokens.ts";

/** What stands behind the gateway. */
export interface Backends {
  /** Base URL of Auth, Data API and Storage. */
  readonly api: string;
  /** The functions. */
  readonly functions: FunctionBackend;
}

/** A listening gateway. */
export interface Gateway {
  /** Base URL for clients, without a trailing slash. */
  readonly url: string;
  /** Begins to pass requests on; until then they are answered 503. */
  open(backends: Backends): void;
  /** Stops listening; requests still under way after `graceMs` are cut off. */
  stop(graceMs?: number): Promise<void>;
}

/** Headers that belong to one connection and are not passed on (RFC 9110 §7.6.1), and what we set ourselves. */
const NOT_PASSED_ON = ["host", "connection", "keep-alive", "te", "transfer-encoding", "upgrade"];

/** How long a browser may remember an answer to its preflight. */
const PREFLIGHT_SECONDS = 3600;

/**
 * Listens on 127.0.0.1. `port` 0 means any.
 *
 * Errors: `StackError` when the port is taken.
 */
export async function startGateway(port: number, keys: StackKeys): Promise<Gateway> {
  let handle: (request: Request) => Promise<Response> = () =>
    Promise.resolve(Response.json({ message: "The stack is starting" }, {
      status: 503,
      headers: { ...CORS_HEADERS, "retry-after": "1" },
    }));
  const cut = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      signal: cut.signal,
      onListen: () => {},
    }, (request) => handle(request));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw portTaken(port, "the API", "choose another with --port");
  }
  const url = `http://127.0.0.1:${server.addr.port}`;
  const tokens = await createTokenTranslator(keys, url);
  return {
    url,
    open: (backends) => handle = (request) => route(request, { backends, keys, tokens, url }),
    async stop(graceMs = 500) {
      const timer = setTimeout(() => cut.abort(), graceMs);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

interface Setting {
  readonly backends: Backends;
  readonly keys: StackKeys;
  readonly tokens: TokenTranslator;
  readonly url: string;
}

async function route(request: Request, setting: Setting): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/functions/v1/")) {
    return await callFunction(request, forwardedHeaders(request, setting.url), setting);
  }
  if (!/^\/(auth|rest|storage)\/v1(\/|$)/.test(pathname)) {
    return Response.json({ message: `No service at "${pathname}"` }, {
      status: 404,
      headers: CORS_HEADERS,
    });
  }
  if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
    return preflight(request);
  }
  if (pathname === "/auth/v1/.well-known/jwks.json") {
    return Response.json(publicKeySet(setting.keys), {
      headers: { ...CORS_HEADERS, "cache-control": "public, max-age=600" },
    });
  }
  return await callApi(request, setting);
}

function preflight(request: Request): Response {
  const asked = request.headers.get("access-control-request-headers");
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      ...(asked ? { "access-control-allow-headers": asked } : {}),
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  });
}

/** Headers as a proxy passes them on. */
function forwardedHeaders(request: Request, url: string): Headers {
  const headers = new Headers(request.headers);
  for (const name of NOT_PASSED_ON) headers.delete(name);
  // Nothing is gained by compressing between processes of one machine.
  headers.set("accept-encoding", "identity");
  headers.set("x-forwarded-host", new URL(url).host);
  headers.set("x-forwarded-proto", "http");
  headers.set("x-forwarded-for", "127.0.0.1");
  return headers;
}

/** Passes a request to Auth, Data API or Storage with the caller's token translated. */
async function callApi(
  request: Request,
  { backends, keys, tokens, url }: Setting,
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = forwardedHeaders(request, url);
  headers.delete(VERIFIED_TOKEN);
  const bearer = /^bearer\s+(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined && !bearer.startsWith("sb_")) {
    const { verdict, inner } = await tokens.inward(bearer);
    const isUsual = verdict === "valid" && headers.get("apikey") === keys.publishable;
    if (isUsual && !pathname.startsWith("/auth/v1/")) {
      headers.delete("authorization");
      headers.set(VERIFIED_TOKEN, inner);
    } else headers.set("authorization", `Bearer ${inner}`);
  }
  let response: Response;
  try {
    response = await fetch(`${backends.api}${pathname}${search}`, {
      method: request.method,
      headers,
      body: request.body,
      redirect: "manual",
    });
  } catch {
    return Response.json({ message: "The API does not answer" }, {
      status: 502,
      headers: CORS_HEADERS,
    });
  }
  if (pathname.startsWith("/auth/v1/")) response = await resign(response, tokens);
  if (response.headers.has("access-control-allow-origin")) return response;
  const open = new Headers(response.headers);
  open.set("access-control-allow-origin", "*");
  return new Response(response.body, { status: response.status, headers: open });
}

/** Signs the access token in an answer of Auth anew: in a JSON body, or in the fragment of a redirect. */
async function resign(response: Response, tokens: TokenTranslator): Promise<Response> {
  const headers = new Headers(response.headers);
  const location = headers.get("location");
  const fragment = location?.split("#")[1];
  if (fragment?.includes("access_token=")) {
    const session = new URLSearchParams(fragment);
    session.set("access_token", await tokens.outward(session.get("access_token") ?? ""));
    headers.set("location", `${location?.split("#")[0]}#${session}`);
    return new Response(response.body, { status: response.status, headers });
  }
  if (!response.ok || !headers.get("content-type")?.includes("application/json")) return response;
  const body: Record<string, unknown> = await response.json();
  if (typeof body.access_token === "string") {
    body.access_token = await tokens.outward(body.access_token);
  }
  headers.delete("content-length");
  return Response.json(body, { status: response.status, headers });
}
