/**
 * The simulated fal: the queue's REST interface below `/fal`, with FLUX and some video endpoints.
 *
 * Calls: `submit`, `status`, `status_stream`, `result`, `cancel`, `jwks`. Faults, besides those of
 * `faults.ts` (`slow`, `hang`, `drop`, `garbage`, each also with `_after_accept`): `http_500`,
 * `http_503`, `rate_limited`, `bad_key`, `no_credit` (submit only, as fal locks it), `wrong_shape`,
 * `unknown_task`; of the work: `fail`, `fail_runner`, `refuse`, `nsfw`, `endless`, those of
 * `media_store.ts`, and `no_webhook`, `duplicate_webhook`, `late_webhook`, `early_webhook`,
 * `forged_webhook`, `wrong_task_webhook`,
 * `unsigned_webhook`, `altered_webhook`, `stale_webhook`.
 *
 * @module
 */
import { answerWithFault } from "./faults.ts";
import { findFalEndpoint } from "./fal_endpoints.ts";
import { type FalTask, type FalTaskOptions, startFalTask } from "./fal_tasks.ts";
import type { Fault, Simulator, SimulatorContext } from "./simulator.ts";

/** The last so many requests are kept. */
const MAX_TASKS = 5_000;

/** What the simulated fal needs besides its context. */
export interface FalOptions extends Omit<FalTaskOptions, "renderMs" | "signal"> {
  /** The one key it takes, `<key id>:<secret>`. */
  readonly apiKey: string;
}

/** A request on its way through the simulator. */
interface Call {
  readonly request: Request;
  readonly operation: string;
  readonly body: string;
  readonly url: URL;
  readonly endpoint: string;
  readonly requestId: string;
}

/** Makes the simulated fal. */
export function createFalSimulator(context: SimulatorContext, options: FalOptions): Simulator {
  const tasks = new Map<string, FalTask>();

  const submit = async (call: Call, fault: Fault | null): Promise<Answer> => {
    if (findFalEndpoint(call.endpoint) === null) {
      return problem(404, `Application "${call.endpoint}" not found`);
    }
    let input: unknown;
    try {
      input = JSON.parse(call.body);
    } catch {
      return problem(422, "The request body is not valid JSON");
    }
    const webhookUrl = call.url.searchParams.get("fal_webhook");
    if (webhookUrl !== null && !URL.canParse(webhookUrl)) {
      return problem(422, "fal_webhook is not a valid URL");
    }
    const task = startFalTask({ endpoint: call.endpoint, input, webhookUrl, fault }, {
      ...options,
      // Read now: the control interface changes it while the server runs.
      renderMs: context.renderMs,
      signal: context.signal,
    });
    tasks.set(task.id, task);
    if (tasks.size > MAX_TASKS) tasks.delete(tasks.keys().next().value ?? "");
    if (fault?.kind === "early_webhook") await task.delivered;
    return {
      response: json({ status: "IN_QUEUE", ...followUps(context.url, task), queue_position: 0 }),
      taskId: task.id,
    };
  };

  const follow = async (call: Call): Promise<Answer> => {
    const task = tasks.get(call.requestId);
    const taskId = task?.id ?? null;
    // Follow-ups name owner and app only, whatever else the endpoint's path has.
    if (task === undefined || call.endpoint.split("/").slice(0, 2).join("/") !== task.app) {
      return { ...problem(404, "Request not found"), taskId };
    }
    switch (call.operation) {
      case "status":
        return { response: statusResponse(context.url, task, wantsLogs(call.url)), taskId };
      case "status_stream":
        return { response: statusStream(context, task, call.request.signal), taskId };
      case "cancel":
        if (task.state === "COMPLETED") {
          return { response: json({ status: "ALREADY_COMPLETED" }, 400), taskId };
        }
        task.cancelled.abort();
        return { response: json({ status: "CANCELLATION_REQUESTED" }, 202), taskId };
      default: {
        if (task.result === null) {
          return { ...problem(400, "Request is still in progress"), taskId };
        }
        const { status, headers, body } = task.result;
        return {
          response: json(body, status, { ...headers, "x-fal-request-id": task.id }),
          taskId,
        };
      }
    }
  };

  return {
    name: "fal",
    handle: async (request, path) => {
      const url = new URL(request.url);
      const body = await request.text();
      const call: Call = { request, body, url, ...readPath(request.method, path) };
      const fault = context.takeFault(call.operation, body);
      let taskId: string | null = null;
      const response = await answerWithFault(fault, {
        signal: AbortSignal.any([context.signal, request.signal]),
        problem: (kind) => playProblem(kind, call.operation),
        work: async () => {
          if (call.operation === "jwks") return json(options.signer.jwks);
          if (call.operation === "unknown") return problem(404, "Path not found").response;
          const refused = refuseKey(request.headers.get("authorization") ?? "", options.apiKey);
          if (refused !== null) return refused;
          const answer = await (call.operation === "submit" ? submit(call, fault) : follow(call));
          taskId = answer.taskId;
          return answer.response;
        },
      });
      context.record({
        operation: call.operation,
        method: request.method,
        path,
        body,
        status: response.status,
        fault: fault?.kind ?? null,
        taskId,
      });
      return response;
    },
  };
}

interface Answer {
  readonly response: Response;
  readonly taskId: string | null;
}

function readPath(
  method: string,
  path: string,
): Pick<Call, "operation" | "endpoint" | "requestId"> {
  if (path === "/.well-known/jwks.json") return { operation: "jwks", endpoint: "", requestId: "" };
  const parts = /^\/(.+?)\/requests\/([^/]+)(\/status|\/status\/stream|\/cancel)?$/.exec(path);
  if (parts === null) {
    const operation = method === "POST" ? "submit" : "unknown";
    return { operation, endpoint: path.replace(/^\//, ""), requestId: "" };
  }
  const [, endpoint = "", requestId = "", rest = ""] = parts;
  const operation = ({
    "GET ": "result",
    "GET /status": "status",
    "GET /status/stream": "status_stream",
    "PUT /cancel": "cancel",
  } as Record<string, string>)[`${method} ${rest}`] ?? "unknown";
  return { operation, endpoint, requestId };
}

function refuseKey(authorization: string, apiKey: string): Response | null {
  if (authorization === `Key ${apiKey}`) return null;
  return /^Key [^:\s]+:[^:\s]+$/.test(authorization)
    ? problem(401, "No user found for Key ID and Secret").response
    : problem(
      401,
      "Invalid authorization header: the key must look like <key_id>:<key_secret>",
    ).response;
}

function playProblem(kind: string, operation: string): Response | null {
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
      return problem(401, "No user found for Key ID and Secret").response;
    case "no_credit":
      return operation === "submit"
        ? problem(
          403,
          "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
        ).response
        : null;
    case "wrong_shape":
      return json({ state: "ok", id: 17, images: "none" });
    case "unknown_task":
      return problem(404, "Request not found").response;
    default:
      return null;
  }
}

function followUps(baseUrl: string, task: FalTask): Record<string, string> {
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

function statusResponse(baseUrl: string, task: FalTask, logs: boolean): Response {
  return json(statusBody(baseUrl, task, logs), task.state === "COMPLETED" ? 200 : 202);
}

/** Server-sent events: one at once, one at each change, until the request has ended. */
function statusStream(context: SimulatorContext, task: FalTask, signal: AbortSignal): Response {
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

function wantsLogs(url: URL): boolean {
  return ["1", "true"].includes(url.searchParams.get("logs") ?? "");
}

function problem(status: number, detail: string): Answer {
  return { response: json({ detail }, status), taskId: null };
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}
