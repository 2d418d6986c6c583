/**
 * The simulated fal's answers, as they are on the wire.
 *
 * @module
 */
import type { FalTask } from "./fal_tasks.ts";
import type { SimulatorContext } from "./simulator.ts";

/** The refusal of a key that is not the account's, or null. */
export function refuseKey(authorization: string, apiKey: string): Response | null {
  if (authorization === `Key ${apiKey}`) return null;
  return /^Key [^:\s]+:[^:\s]+$/.test(authorization)
    ? problem(401, "No user found for Key ID and Secret")
    : problem(
      401,
      "Invalid authorization header: the key must look like <key_id>:<key_secret>",
    );
}

/** fal's own answer for a kind of fault; null when the kind is not an answer. */
export function playProblem(kind: string, operation: string): Response | null {
  switch (kind) {
    case "http_500":
      return json({ detail: "Internal Server Error", error_type: "internal_error" }, 500, {
        "x-fal-error-type": "internal_error",
      });
    case "http_503":
      return new Response("<html><body><h1>503 Service Unavailable</h1></body></html>", {
        status: 503,
        headers: { "content-type": "text/html" },
      });
    case "rate_limited":
      return json({ detail: "Too many requests", error_type: "concurrent_requests_limit" }, 429, {
        "x-fal-needs-retry": "1",
      });
    case "bad_key":
      return problem(401, "No user found for Key ID and Secret");
    case "no_credit":
      return operation === "submit"
        ? problem(
          403,
          "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
        )
        : null;
    case "wrong_shape":
      return json({ state: "ok", id: 17, images: "none" });
    case "unknown_task":
      return problem(404, "Request not found");
    default:
      return null;
  }
}

/** The URLs of a request, which name owner and app only. */
export function followUps(baseUrl: string, task: FalTask): Record<string, string> {
  const url = `${baseUrl}/${task.app}/requests/${task.id}`;
  return {
    request_id: task.id,
    gateway_request_id: task.id,
    response_url: url,
    status_url: `${url}/status`,
    cancel_url: `${url}/cancel`,
  };
}

function statusBody(baseUrl: string, task: FalTask, logs: boolean): Record<string, unknown> {
  const lines = [{
    message: `Loaded the model in ${task.app}`,
    level: "INFO",
    source: "USER",
    timestamp: new Date(task.startedAt).toISOString(),
  }];
  return {
    status: task.state,
    ...followUps(baseUrl, task),
    ...(task.state === "IN_QUEUE" ? { queue_position: 0 } : { logs: logs ? lines : null }),
    ...(task.state === "COMPLETED"
      ? { metrics: { inference_time: (Date.now() - task.startedAt) / 1000 } }
      : {}),
  };
}

/** The answer to a look: HTTP 202 until the request has ended. */
export function statusResponse(baseUrl: string, task: FalTask, logs: boolean): Response {
  return json(statusBody(baseUrl, task, logs), task.state === "COMPLETED" ? 200 : 202);
}

/** Server-sent events: one at once, one at each change, until the request has ended. */
export function statusStream(
  context: SimulatorContext,
  task: FalTask,
  signal: AbortSignal,
): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      let last = "";
      while (!context.signal.aborted && !signal.aborted) {
        if (task.state !== last) {
          last = task.state;
          const data = JSON.stringify(statusBody(context.url, task, true));
          controller.enqueue(encoder.encode(`data: ${data}\n\n`));
        }
        if (task.state === "COMPLETED") break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.close();
    },
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}

/** A refusal in fal's words. */
export function problem(status: number, detail: string): Response {
  return json({ detail }, status);
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}
