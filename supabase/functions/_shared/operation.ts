/**
 * The one request pipeline: CORS, method, who, how much, what, then the operation; one envelope for every
 * failure and one log line for every request.
 *
 * Order: method → authentication → content type → size → JSON → Idempotency-Key → schema → operation.
 *
 * @module
 */
import { ERRORS } from "../../../shared/contract/errors.ts";
import { MAX_BODY_BYTES } from "../../../shared/contract/limits.ts";
import type { OperationDefinition } from "../../../shared/contract/operation.ts";
import { type OperationName, OPERATIONS } from "../../../shared/contract/operations.ts";
import type { z } from "zod";
import { AppError } from "./app_error.ts";
import type { Identity } from "./authenticate.ts";
import { CORS_HEADERS } from "./cors.ts";
import type { ReadFor } from "./database/studio_context.ts";
import { fingerprint, type Idempotency, parseIdempotencyKey } from "./idempotency.ts";
import { createLog, type Log } from "./log.ts";
import { parseBody, parseJsonObject, readBytes } from "./request_body.ts";
import type { Services } from "./services.ts";

/** What an operation is given, all of it verified. */
export interface OperationCall<Name extends OperationName> {
  /** As it came, its body read. */
  readonly request: Request;
  /** Checked and completed. */
  readonly body: z.output<(typeof OPERATIONS)[Name]["request"]>;
  /** The body as it came: for signatures, and for files. */
  readonly rawBody: Uint8Array<ArrayBuffer>;
  /** Who is calling. */
  readonly identity: Identity;
  /** Present on operations that spend; empty key otherwise. */
  readonly idempotency: Idempotency;
  /** Also in `X-Request-Id`, errors and logs. */
  readonly requestId: string;
  /** Its lines carry request id and operation. */
  readonly log: Log;
  /** What the function stands on. */
  readonly services: Services;
}

/** Reads of this call: with the caller's rights, and the click's first answer when it came again. */
export function readFor(
  { identity, idempotency }: Pick<OperationCall<OperationName>, "identity" | "idempotency">,
  operation: OperationName,
): ReadFor {
  return {
    client: identity.client,
    ...(idempotency.key === "" ? {} : { click: { operation, ...idempotency } }),
  };
}

/** An operation's success. */
export interface OperationAnswer {
  /** Sent as it is when a text (already JSON) or a stream, else as JSON. */
  readonly body: unknown;
  /** Besides the pipeline's own. `Content-Type` defaults to JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Defaults to the operation's own. */
  readonly status?: number;
  /** True when it is an earlier request's answer. */
  readonly replayed?: boolean;
}

/** Makes the fetch handler of an operation. `services` is called once a request, never on import. */
export function createOperation<Name extends OperationName>(
  name: Name,
  services: () => Services,
  run: (call: OperationCall<Name>) => Promise<OperationAnswer>,
): (request: Request) => Promise<Response> {
  const operation: OperationDefinition = OPERATIONS[name];
  return async (request) => {
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: CORS_HEADERS });
    }
    const started = performance.now();
    const requestId = crypto.randomUUID();
    let log: Log | undefined;
    let response: Response;
    let userId: string | undefined;
    let failure: unknown;
    try {
      const given = services();
      log = given.log.with({ request_id: requestId, operation: name });
      const identity = await admit(request, name, given);
      userId = identity.userId || undefined;
      const type = bodyType(request, operation);
      const rawBody = await readBody(request, type, operation);
      const json = readInput(request, rawBody, { type, numbers: operation.numbers ?? [] });
      const key = operation.spends ? parseIdempotencyKey(request.headers) : "";
      const body = parseBody(operation.request, json) as OperationCall<Name>["body"];
      const idempotency = { key, fingerprint: key === "" ? "" : await fingerprint(name, body) };
      const answer = await run(
        { request, body, rawBody, identity, idempotency, requestId, log, services: given },
      );
      response = succeed(answer, { status: operation.status, requestId });
    } catch (error) {
      failure = error;
      response = fail(error, requestId);
      if (response.status === 405) response.headers.set("Allow", methodsOf(name).join(", "));
    }
    await request.body?.cancel().catch(() => {});
    const fields = {
      status: response.status,
      ms: Math.round(performance.now() - started),
      user_id: userId,
      code: failure instanceof AppError ? failure.code : undefined,
    };
    // Without services, such as when a variable is missing, there is still somebody who has to know.
    log ??= createLog({ request_id: requestId, operation: name });
    if (response.status >= 500) log.error("request", fields, failure);
    else log.info("request", fields);
    return response;
  };
}

async function admit(request: Request, name: OperationName, services: Services): Promise<Identity> {
  const methods = methodsOf(name);
  if (!methods.includes(request.method)) {
    throw new AppError(
      "METHOD_NOT_ALLOWED",
      `Cannot ${request.method} ${name}: it takes ${methods.join(" and ")}`,
    );
  }
  return await services.authenticate(request, OPERATIONS[name].caller);
}

function methodsOf(name: OperationName): readonly string[] {
  const operation: OperationDefinition = OPERATIONS[name];
  return operation.reads ? ["GET", "POST"] : ["POST"];
}

/** How a body is read: not at all, as JSON, or as a file that JSON does not describe. */
type BodyType = "none" | "json" | "cron" | "file";

/** Decides by method and media type. Throws `UNSUPPORTED_MEDIA_TYPE`. */
function bodyType(request: Request, { caller, files }: OperationDefinition): BodyType {
  if (request.method === "GET") return "none";
  // Cron may leave the body out: it has nothing to say.
  if (caller === "cron") return "cron";
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return "json";
  if (files?.contentTypes.includes(type)) return "file";
  const taken = ["application/json", ...files?.contentTypes ?? []];
  throw new AppError(
    "UNSUPPORTED_MEDIA_TYPE",
    `Cannot read a body of type "${type.slice(0, 100)}": send ${taken.join(", ")}`,
  );
}

async function readBody(
  request: Request,
  type: BodyType,
  { files, maxBytes = MAX_BODY_BYTES }: OperationDefinition,
): Promise<Uint8Array<ArrayBuffer>> {
  if (type === "none") return new Uint8Array();
  return await readBytes(request, type === "file" && files ? files.maxBytes : maxBytes);
}

/** The JSON body; the query where the body is not JSON, its numbers read as such. */
function readInput(
  request: Request,
  rawBody: Uint8Array,
  { type, numbers }: { type: BodyType; numbers: readonly string[] },
): Record<string, unknown> {
  if (type === "none" || type === "file") {
    const fields = [...new URL(request.url).searchParams].map(([name, text]) =>
      [name, numbers.includes(name) && DECIMAL.test(text) ? Number(text) : text] as const
    );
    return Object.fromEntries(fields);
  }
  return type === "cron" && rawBody.length === 0 ? {} : parseJsonObject(rawBody);
}

/** Any other text stays text, which the schema refuses by name. */
const DECIMAL = /^-?\d{1,15}(\.\d{1,15})?$/;

function succeed(
  answer: OperationAnswer,
  { status, requestId }: { status: number; requestId: string },
): Response {
  const { body } = answer;
  return new Response(
    typeof body === "string" || body instanceof ReadableStream ? body : JSON.stringify(body),
    {
      status: answer.status ?? status,
      headers: {
        ...CORS_HEADERS,
        "Content-Type": "application/json",
        "X-Request-Id": requestId,
        ...answer.headers,
        ...(answer.replayed ? { "X-Idempotent-Replay": "true" } : {}),
      },
    },
  );
}

/** Turns whatever was thrown into the envelope. Only an `AppError` says more than "a fault of ours". */
function fail(error: unknown, requestId: string): Response {
  const known = error instanceof AppError ? error : new AppError(
    "INTERNAL",
    "Something went wrong on our side: quote request_id when you report it",
  );
  return Response.json(
    {
      code: known.code,
      message: known.message,
      ...(known.details === undefined ? {} : { details: known.details }),
      ...(known.hint === undefined ? {} : { hint: known.hint }),
      request_id: requestId,
    },
    {
      status: ERRORS[known.code].status,
      headers: {
        ...CORS_HEADERS,
        "X-Request-Id": requestId,
        ...(known.retryAfterSeconds === undefined
          ? {}
          : { "Retry-After": String(Math.max(1, Math.ceil(known.retryAfterSeconds))) }),
      },
    },
  );
}
