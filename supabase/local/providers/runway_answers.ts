/**
 * The simulated Runway's answers, as they are on the wire.
 *
 * @module
 */
import type { MediaStore } from "./media_store.ts";
import type { RunwayTask } from "./runway_tasks.ts";

/** An answer, and the task it is about. */
export interface RunwayAnswer {
  /** As on the wire. */
  readonly response: Response;
  /** For the log. */
  readonly taskId: string | null;
}

/** The version of the API that the client names. */
const VERSION = "2024-11-06";

/** URLs live for 24 to 48 h. */
const URL_TTL_MS = 24 * 60 * 60 * 1000;

/** What a create beyond the balance is told. */
export const NO_CREDIT = "You do not have enough credits to run this task.";

/** What is said of a task that is unknown or deleted. */
export const NO_TASK = "An API resource with this ID could not be found.";

const BAD_KEY = "The API key you provided is not valid.";

/** The refusal of a wrong key or a wrong version of the API, or null. */
export function refuseHeaders(headers: Headers, apiKey: string): RunwayAnswer | null {
  if (headers.get("authorization") !== `Bearer ${apiKey}`) return problem(401, BAD_KEY);
  const version = headers.get("x-runway-version");
  if (version === VERSION) return null;
  return problem(
    400,
    version === null
      ? "The X-Runway-Version header is missing."
      : `The API version "${version}" does not exist.`,
    { docUrl: "https://docs.dev.runwayml.com/api-details/versioning" },
  );
}

/** A task as a look sees it. */
export function describeTask(task: RunwayTask, media: MediaStore): Record<string, unknown> {
  const { id, status, work } = task;
  const common = { id, createdAt: new Date(task.createdAt).toISOString(), status };
  const estimatedCost = { credits: work.credits };
  switch (status) {
    case "PENDING":
    case "THROTTLED":
      return { ...common, estimatedCost };
    case "RUNNING":
      return { ...common, estimatedCost, progress: task.progress };
    case "SUCCEEDED": {
      const { fileUrl } = task;
      const isStale = task.fault?.kind === "expired_url" && task.lookCount === 0;
      const url = isStale ? fileUrl : media.renew(fileUrl ?? "", URL_TTL_MS) ?? fileUrl;
      return { ...common, cost: { credits: work.credits }, output: [url] };
    }
    case "FAILED": {
      const { code = null, message = "" } = task.failure ?? {};
      return {
        ...common,
        cost: { credits: 0 },
        failure: message,
        ...(code === null ? {} : { failureCode: code }),
      };
    }
    case "CANCELLED":
      return { ...common, cost: { credits: 0 } };
  }
}

/** Runway's own answer for a kind of fault; null when the kind is not an answer. */
export function playProblem(kind: string): Response | null {
  switch (kind) {
    case "http_500":
      return problem(500, "An unexpected error occurred.").response;
    case "http_503":
      return new Response("<html><body><h1>503 Service Unavailable</h1></body></html>", {
        status: 503,
        headers: { "content-type": "text/html" },
      });
    case "rate_limited":
      return problem(429, "You have reached the daily generation limit of your tier.").response;
    case "bad_key":
      return problem(401, BAD_KEY).response;
    case "no_credit":
      return problem(400, NO_CREDIT).response;
    case "wrong_shape":
      return Response.json({ task: 17, status: 200 });
    case "unknown_task":
      return problem(404, NO_TASK).response;
    default:
      return null;
  }
}

/** The usual answer. */
export function answer(body: Record<string, unknown>, taskId: string | null = null): RunwayAnswer {
  return { response: Response.json(body), taskId };
}

/** A refusal in Runway's words. */
export function problem(
  status: number,
  error: string,
  more: Record<string, unknown> = {},
): RunwayAnswer {
  return { response: Response.json({ error, ...more }, { status }), taskId: null };
}
