/**
 * The door to the functions: which exist, who may call them, what an answer looks like when it is not the
 * function's own. The rules are the platform's.
 *
 * @module
 */
import type { StackKeys } from "./keys.ts";
import { CORS_HEADERS, platformError, type PlatformErrorCode } from "./platform_error.ts";
import type { FunctionConfigs } from "./project_config.ts";
import type { TokenTranslator } from "./tokens.ts";
import type { Workers } from "./workers.ts";

/** The functions and the workers that run them. */
export interface FunctionBackend {
  /** Gives the functions as they are now. */
  readonly configs: () => FunctionConfigs;
  /** Who runs them. */
  readonly workers: Pick<Workers, "call">;
  /** A function that has not begun to answer after this is given up; 150,000 on the platform. */
  readonly idleTimeoutMs: number;
}

/** Methods of https://supabase.com/docs/guides/functions/error-codes (read 2026-11-21). */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Answers a request below `/functions/v1/`. The function sees its own name as the first part of the path. */
export async function callFunction(
  request: Request,
  headers: Headers,
  { backends, keys, tokens }: {
    readonly backends: { readonly functions: FunctionBackend };
    readonly keys: StackKeys;
    readonly tokens: TokenTranslator;
  },
): Promise<Response> {
  const { functions } = backends;
  const { pathname, search } = new URL(request.url);
  const path = pathname.slice("/functions/v1".length);
  const config = functions.configs().get(path.split("/")[1] ?? "");
  if (config === undefined) return platformError("NOT_FOUND");
  if (!METHODS.includes(request.method)) return platformError("METHOD_NOT_ALLOWED");
  if (config.verifyJwt && request.method !== "OPTIONS") {
    const refusal = await refuse(headers, keys, tokens);
    if (refusal !== undefined) return platformError(refusal);
  }
  // A caller who hangs up does not end a function, here as there; so no signal is passed on.
  const response = await functions.workers.call({
    method: request.method,
    path: `${path}${search}`,
    headers,
    body: request.body,
    idleTimeoutMs: functions.idleTimeoutMs,
  });
  if (response.status < 500 || response.headers.has("sb-error-code")) return response;
  const marked = new Headers(response.headers);
  marked.set("sb-error-code", "EDGE_FUNCTION_ERROR");
  if (!marked.has("access-control-allow-origin")) {
    for (const [name, value] of Object.entries(CORS_HEADERS)) marked.set(name, value);
  }
  return new Response(response.body, { status: response.status, headers: marked });
}

/** What `verify_jwt` refuses: no credential at all, a key in the place of a token, a bad token. */
async function refuse(
  headers: Headers,
  keys: StackKeys,
  tokens: TokenTranslator,
): Promise<PlatformErrorCode | undefined> {
  const authorization = headers.get("authorization");
  if (authorization === null) {
    const key = headers.get("apikey");
    return key === keys.publishable || key === keys.secret
      ? undefined
      : "UNAUTHORIZED_NO_AUTH_HEADER";
  }
  const token = /^bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? "";
  if (token.split(".").length !== 3) return "UNAUTHORIZED_INVALID_JWT_FORMAT";
  return await tokens.verify(token) === "valid" ? undefined : "UNAUTHORIZED_ASYMMETRIC_JWT";
}
