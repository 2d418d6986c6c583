/**
 * The simulated fal: the queue's REST interface below `/fal`, with FLUX and some video endpoints.
 *
 * Calls: `submit`, `status`, `status_stream`, `result`, `cancel`, `jwks`. Faults, besides those of
 * `faults.ts` (`slow`, `hang`, `drop`, `garbage`, each also with `_after_accept`): `http_500`,
 * `http_503`, `rate_limited`, `bad_key`, `no_credit` (submit only, as fal locks it), `wrong_shape`,
 * `unknown_task`; of the work: `fail`, `fail_runner`, `refuse`, `nsfw`, `endless`, those of
 * `media_store.ts`, and `no_webhook`, `duplicate_webhook`, `late_webhook`, `early_webhook`,
 * `forged_webhook`, `wrong_task_webhook`, `unsigned_webhook`, `altered_webhook`, `stale_webhook`.
 *
 * @module
 */
import {
  followUps,
  json,
  playProblem,
  problem,
  refuseKey,
  statusResponse,
  statusStream,
} from "./fal_answers.ts";
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
      return refusal(404, `Application "${call.endpoint}" not found`);
    }
    let input: unknown;
    try {
      input = JSON.parse(call.body);
    } catch {
      return refusal(422, "The request body is not valid JSON");
    }
    const webhookUrl = call.url.searchParams.get("fal_webhook");
    if (webhookUrl !== null && !URL.canParse(webhookUrl)) {
      return refusal(422, "fal_webhook is not a valid URL");
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

  const follow = (call: Call): Answer => {
    const task = tasks.get(call.requestId);
    const taskId = task?.id ?? null;
    // Follow-ups name owner and app only, whatever else the endpoint's path has.
    if (task === undefined || call.endpoint.split("/").slice(0, 2).join("/") !== task.app) {
      return { ...refusal(404, "Request not found"), taskId };
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
          return { ...refusal(400, "Request is still in progress"), taskId };
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
          if (call.operation === "unknown") return problem(404, "Path not found");
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

function refusal(status: number, detail: string): Answer {
  return { response: problem(status, detail), taskId: null };
}

function wantsLogs(url: URL): boolean {
  return ["1", "true"].includes(url.searchParams.get("logs") ?? "");
}
