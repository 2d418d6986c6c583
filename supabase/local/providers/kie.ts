/**
 * The simulated KIE below `/kie`: createTask, recordInfo, the credit balance and download URLs of its
 * market API, whose every answer is HTTP 200 with the real status in the body's `code`, and its file upload.
 *
 * Calls: `create_task`, `record_info`, `credit`, `download_url`, `upload_picture`. Faults, besides those of `faults.ts`
 * (`slow`, `hang`, `drop`, `garbage`, each also with `_after_accept`): `http_500`, `http_503`,
 * `http_401` (its other way to refuse a key), `code_500`, `rate_limited`, `bad_key`, `no_credit`,
 * `maintenance`, `wrong_shape`, `unknown_task`, `unknown_state`; of the work: `fail`, `refuse`,
 * `endless`, `late_record` (not to be seen for `delayMs`), those of `media_store.ts`, and `no_webhook`,
 * `duplicate_webhook`, `late_webhook`, `early_webhook`, `forged_webhook`, `wrong_task_webhook`,
 * `unsigned_webhook`, `altered_webhook`, `stale_webhook`.
 *
 * @module
 */
import { answerWithFault } from "./faults.ts";
import { isKieRefusal, judgeKieInput } from "./kie_schema.ts";
import {
  isVisible,
  kieRecord,
  type KieTask,
  type KieTaskOptions,
  startKieTask,
} from "./kie_tasks.ts";
import { uploadAnswer } from "./kie_upload.ts";
import type { Fault, Simulator, SimulatorContext } from "./simulator.ts";

/** The last so many tasks are kept. */
const MAX_TASKS = 5_000;

/** A new account at KIE has 80 credits; this is a film or two. */
const FIRST_CREDITS = 100_000;

/** A download URL lives for 20 minutes. */
const DOWNLOAD_TTL_MS = 20 * 60 * 1000;

/** What the simulated KIE needs besides its context. */
export interface KieOptions extends Omit<KieTaskOptions, "renderMs" | "signal" | "charge"> {
  /** The one key it takes. */
  readonly apiKey: string;
  /** Creates an account may make in any ten seconds (20 at KIE); more get code 429 and are not queued. */
  createsPerTenSeconds(): number;
}

/** Makes the simulated KIE. */
export function createKieSimulator(context: SimulatorContext, options: KieOptions): Simulator {
  const tasks = new Map<string, KieTask>();
  const createTimes: number[] = [];
  let credits = FIRST_CREDITS;

  const create = async (body: string, fault: Fault | null): Promise<Answer> => {
    const now = Date.now();
    while (now - (createTimes[0] ?? now) >= 10_000) createTimes.shift();
    if (createTimes.length >= options.createsPerTenSeconds()) return answer(RATE_LIMITED);
    createTimes.push(now);
    const request = parseObject(body);
    if (request === null) return answer({ code: 400, msg: "The request body is not valid JSON" });
    const { model, input } = request;
    const callBackUrl = request.callBackUrl ?? null;
    const work = judgeKieInput(model, input);
    if (isKieRefusal(work)) return answer(work);
    if (callBackUrl !== null && (typeof callBackUrl !== "string" || !URL.canParse(callBackUrl))) {
      return answer({ code: 422, msg: "callBackUrl is wrong" });
    }
    const task = startKieTask({ model: String(model), input, work, callBackUrl, fault }, {
      ...options,
      // Read now: the control interface changes it while the server runs.
      renderMs: context.renderMs,
      signal: context.signal,
      charge: (spent) => {
        credits -= spent;
      },
    });
    tasks.set(task.id, task);
    if (tasks.size > MAX_TASKS) tasks.delete(tasks.keys().next().value ?? "");
    if (fault?.kind === "early_webhook") await task.delivered;
    return success({ taskId: task.id, recordId: task.id }, task.id);
  };

  const look = (taskId: string | null, fault: Fault | null): Answer => {
    if (taskId === null || taskId === "") return answer({ code: 400, msg: "Please enter taskId." });
    const task = tasks.get(taskId);
    if (task === undefined || !isVisible(task)) return answer(NO_RECORD, task?.id);
    const record = kieRecord(task);
    return success(
      fault?.kind === "unknown_state" ? { ...record, state: "paused" } : record,
      task.id,
    );
  };

  const work = async (
    { operation, request, body, fault }: {
      operation: string;
      request: Request;
      body: string;
      fault: Fault | null;
    },
  ): Promise<Answer> => {
    if (request.headers.get("authorization") !== `Bearer ${options.apiKey}`) return answer(BAD_KEY);
    switch (operation) {
      case "create_task":
        return await create(body, fault);
      case "record_info":
        return look(new URL(request.url).searchParams.get("taskId"), fault);
      case "credit":
        return success(credits);
      case "download_url": {
        const url = parseObject(body)?.url;
        const renewed = typeof url === "string" ? options.media.renew(url, DOWNLOAD_TTL_MS) : null;
        return renewed === null ? answer({ code: 422, msg: "url is wrong" }) : success(renewed);
      }
      case "upload_picture":
        return { response: uploadAnswer(parseObject(body), options.media), taskId: null };
      default:
        return answer({ code: 404, msg: "Not Found" });
    }
  };

  return {
    name: "kie",
    handle: async (request, path) => {
      const body = await request.text();
      const operation = OPERATIONS[`${request.method} ${path}`] ?? "unknown";
      const fault = context.takeFault(operation, body);
      let taskId: string | null = null;
      const response = await answerWithFault(fault, {
        signal: AbortSignal.any([context.signal, request.signal]),
        problem: playProblem,
        work: async () => {
          const done = await work({ operation, request, body, fault });
          taskId = done.taskId;
          return done.response;
        },
      });
      const { method } = request;
      const { status } = response;
      context.record({ operation, method, path, body, status, fault: fault?.kind ?? null, taskId });
      return response;
    },
  };
}

const OPERATIONS: Readonly<Record<string, string>> = {
  "POST /api/v1/jobs/createTask": "create_task",
  "GET /api/v1/jobs/recordInfo": "record_info",
  "GET /api/v1/chat/credit": "credit",
  "POST /api/v1/common/download-url": "download_url",
  "POST /api/file-base64-upload": "upload_picture",
};

interface Answer {
  readonly response: Response;
  readonly taskId: string | null;
}

/** A failure: the body's code, and HTTP 200 all the same. */
interface Failure {
  readonly code: number;
  readonly msg: string;
}

const BAD_KEY: Failure = {
  code: 401,
  msg: "You do not have access permissions. Please check your API key.",
};
const RATE_LIMITED: Failure = {
  code: 429,
  msg: "Your call frequency is too high. Please try again later.",
};
const NO_RECORD: Failure = { code: 422, msg: "recordInfo is null" };

const FAILURES: Readonly<Record<string, Failure>> = {
  bad_key: BAD_KEY,
  rate_limited: RATE_LIMITED,
  unknown_task: NO_RECORD,
  code_500: {
    code: 500,
    msg: "Server exception, please try again later or contact customer service",
  },
  no_credit: { code: 402, msg: "The current credits are insufficient. Please top up." },
  maintenance: { code: 455, msg: "The service is currently under maintenance" },
};

function playProblem(kind: string): Response | null {
  const failure = FAILURES[kind];
  if (failure !== undefined) return answer(failure).response;
  switch (kind) {
    case "http_500":
      return Response.json({ timestamp: new Date().toISOString(), status: 500 }, { status: 500 });
    case "http_503":
      return new Response(
        "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>",
        {
          status: 503,
          headers: { "content-type": "text/html" },
        },
      );
    case "http_401":
      return Response.json({ ...BAD_KEY, data: null }, { status: 401 });
    case "wrong_shape":
      return Response.json({ code: 200, msg: "success", data: { id: 17, status: "ok" } });
    default:
      return null;
  }
}

function answer(failure: Failure, taskId: string | null = null): Answer {
  return { response: Response.json({ ...failure, data: null }), taskId };
}

function success(data: unknown, taskId: string | null = null): Answer {
  return { response: Response.json({ code: 200, msg: "success", data }), taskId };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
