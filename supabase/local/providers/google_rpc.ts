/**
 * What the simulated Google services share: answers and the error envelope of google.rpc.Status.
 *
 * @module
 */

/** HTTP status of a google.rpc.Code. Source: googleapis `google/rpc/code.proto`. */
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

/** The name of a google.rpc.Code. */
export type RpcStatus = keyof typeof HTTP_STATUS;

/** An answer on the wire. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** The body as sent. */
  readonly body: string;
  /** Absent for JSON. */
  readonly contentType?: string;
}

/** A JSON answer. Google indents its JSON by two spaces. */
export function jsonAnswer(body: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(body, null, 2) };
}

/** The envelope of every Google API error. `details` is left out when there are none. */
export function rpcError(
  status: RpcStatus,
  message: string,
  details: readonly Record<string, unknown>[] = [],
): Answer {
  const code = HTTP_STATUS[status];
  return jsonAnswer(
    { error: { code, message, status, ...(details.length > 0 ? { details } : {}) } },
    code,
  );
}

/** The detail that names a reason for programs. */
export function errorInfo(
  reason: string,
  metadata: Record<string, string>,
): Record<string, unknown> {
  return {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason,
    domain: "googleapis.com",
    metadata,
  };
}

/** Makes the HTTP answer. */
export function toResponse(answer: Answer): Response {
  return new Response(answer.body, {
    status: answer.status,
    headers: { "content-type": answer.contentType ?? "application/json; charset=UTF-8" },
  });
}
