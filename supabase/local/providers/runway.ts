/**
 * The simulated Runway below `/runway`: image_to_video, tasks and the organization of its API, version
 * 2024-11-06. It does not call back.
 *
 * Calls: `image_to_video`, `status`, `cancel`, `organization`. Faults, besides those of `faults.ts` (`slow`,
 * `hang`, `drop`, `garbage`, each also with `_after_accept`): `http_500`, `http_503`, `rate_limited` (the
 * day's generations are used up), `bad_key`, `no_credit`, `wrong_shape`, `unknown_task`, `unknown_state`,
 * `canceled_spelling`; of the work: `fail`, `fail_runner`, `refuse`, `nsfw`, `endless`, `expired_url` (the
 * first look's URL only: each look signs anew), the others of `media_store.ts`; and, with the operation
 * `image_to_video` only: `fail_no_code`, `fail_preprocessing`, `bad_output`, `refuse_image`, `expired_task`
 * (gone once it has ended).
 *
 * @module
 */
import { answerWithFault } from "./faults.ts";
import {
  answer,
  describeTask,
  NO_CREDIT,
  NO_TASK,
  playProblem,
  problem,
  refuseHeaders,
  type RunwayAnswer,
} from "./runway_answers.ts";
import { isRunwayWork, judgeRunwayBody } from "./runway_schema.ts";
import {
  createRunwaySlots,
  type RunwayTask,
  type RunwayTaskOptions,
  startRunwayTask,
} from "./runway_tasks.ts";
import type { Fault, Simulator, SimulatorContext } from "./simulator.ts";

/** The last so many tasks are kept. */
const MAX_TASKS = 5_000;

/** 1,000 dollars. */
const FIRST_CREDITS = 100_000;

/** What the simulated Runway needs besides its context. */
export interface RunwayOptions
  extends Omit<RunwayTaskOptions, "renderMs" | "signal" | "charge" | "slots"> {
  /** The one key it takes. */
  readonly apiKey: string;
  /** Tasks that run at once; more are THROTTLED. 3 at tier 2, 20 at tier 5. */
  concurrentTasks(): number;
}

/** Makes the simulated Runway. */
export function createRunwaySimulator(
  context: SimulatorContext,
  options: RunwayOptions,
): Simulator {
  const tasks = new Map<string, RunwayTask>();
  const slots = createRunwaySlots(() => options.concurrentTasks());
  let credits = FIRST_CREDITS;

  const create = (text: string, fault: Fault | null): RunwayAnswer => {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return problem(400, "Failed to parse the body as JSON.");
    }
    const work = judgeRunwayBody(body);
    if (!isRunwayWork(work)) {
      return problem(400, "Validation of body failed", { issues: work });
    }
    if (work.credits > credits) return problem(400, NO_CREDIT);
    const task = startRunwayTask({ work, fault }, {
      media: options.media,
      renders: options.renders,
      // Read now: the control interface changes it while the server runs.
      renderMs: context.renderMs,
      slots,
      signal: context.signal,
      charge: (spent) => {
        credits -= spent;
      },
    });
    tasks.set(task.id, task);
    if (tasks.size > MAX_TASKS) tasks.delete(tasks.keys().next().value ?? "");
    return answer({ id: task.id, estimatedCost: { credits: work.credits } }, task.id);
  };

  const look = (id: string, fault: Fault | null): RunwayAnswer => {
    const task = tasks.get(id);
    const hasEnded = task?.status === "SUCCEEDED" || task?.status === "FAILED";
    if (task === undefined || (hasEnded && task.fault?.kind === "expired_task")) {
      return problem(404, NO_TASK);
    }
    const body = describeTask(task, options.media);
    if (task.status === "SUCCEEDED") task.lookCount++;
    if (fault?.kind === "unknown_state") return answer({ ...body, status: "PAUSED" }, id);
    if (fault?.kind === "canceled_spelling" && task.status === "CANCELLED") {
      return answer({ ...body, status: "CANCELED" }, id);
    }
    return answer(body, id);
  };

  const remove = (id: string): RunwayAnswer => {
    const task = tasks.get(id);
    if (task === undefined) return problem(404, NO_TASK);
    if (task.status === "PENDING" || task.status === "THROTTLED" || task.status === "RUNNING") {
      task.status = "CANCELLED";
      task.cancelled.abort();
    } else {
      tasks.delete(id);
    }
    return { response: new Response(null, { status: 204 }), taskId: id };
  };

  const work = (
    call: { readonly route: Route; readonly request: Request; readonly body: string },
    fault: Fault | null,
  ): RunwayAnswer => {
    const { request, route } = call;
    const refused = refuseHeaders(request.headers, options.apiKey);
    if (refused !== null) return refused;
    switch (route.operation) {
      case "image_to_video":
        return create(call.body, fault);
      case "status":
        return look(route.id, fault);
      case "cancel":
        return remove(route.id);
      case "organization":
        return answer({
          creditBalance: credits,
          tier: { maxMonthlyCreditSpend: 200_000, models: {} },
          usage: { models: {} },
        });
      case "wrong_method":
        return problem(405, "Method not allowed");
      default:
        return problem(404, "Not found");
    }
  };

  return {
    name: "runway",
    handle: async (request, path) => {
      const body = await request.text();
      const route = findRoute(request.method, path);
      const { operation } = route;
      const fault = context.takeFault(operation, body);
      let taskId: string | null = null;
      const response = await answerWithFault(fault, {
        signal: AbortSignal.any([context.signal, request.signal]),
        problem: playProblem,
        work: () => {
          const done = work({ route, request, body }, fault);
          taskId = done.taskId;
          return Promise.resolve(done.response);
        },
      });
      const { method } = request;
      const { status } = response;
      context.record({ operation, method, path, body, status, fault: fault?.kind ?? null, taskId });
      return response;
    },
  };
}

interface Route {
  readonly operation: string;
  readonly id: string;
}

function findRoute(method: string, path: string): Route {
  const id = /^\/v1\/tasks\/([^/]+)$/.exec(path)?.[1] ?? "";
  const known: Readonly<Record<string, string>> = id !== ""
    ? { GET: "status", DELETE: "cancel" }
    : path === "/v1/image_to_video"
    ? { POST: "image_to_video" }
    : path === "/v1/organization"
    ? { GET: "organization" }
    : {};
  const isKnown = Object.keys(known).length > 0;
  return { operation: known[method] ?? (isKnown ? "wrong_method" : "unknown"), id };
}
