/**
 * Tools that look at work and its price: jobs, failures, estimates.
 *
 * @module
 */
import { z } from "zod";
import { ERRORS, isErrorCode } from "../../../../shared/contract/errors.ts";
import { JOB_KINDS, JOB_STATES } from "../../../../shared/contract/statuses.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { planAction } from "./actions.ts";
import { definedFields } from "./defined_fields.ts";
import { startInput } from "./start_input.ts";
import { requestOf } from "./start_requests.ts";
import { defineTool, type Tool, type ToolScope } from "./tool.ts";

/** What a model needs of a job: never its payload. */
const JOB_COLUMNS =
  "id, kind, state, stage, progress, error, model_id, credits, created_at, finished_at, deadline_at";

const listJobs = defineTool({
  name: "list_jobs",
  effect: "reads",
  description:
    "List the project's newest jobs (pictures, narration, clips, cuts, whole films as `production`), all " +
    "or those of one state or kind.",
  input: z.strictObject({
    state: z.enum(JOB_STATES).optional(),
    kind: z.enum(JOB_KINDS).optional(),
  }),
  run: async ({ client, projectId }, wished) => {
    const { data } = await client.from("jobs").select(JOB_COLUMNS)
      .eq("project_id", projectId).match(definedFields(wished))
      .order("created_at", { ascending: false }).limit(20).throwOnError();
    return { jobs: data };
  },
});

const explainFailure = defineTool({
  name: "explain_failure",
  effect: "reads",
  description:
    "Say why a job failed, what the code means and what can be done. Without an id: the newest " +
    "failed job of the project.",
  input: z.strictObject({ job_id: z.uuid().optional() }),
  run: async (scope, { job_id }) => {
    const job = await findFailed(scope, job_id);
    const error = z.object({ code: z.string(), message: z.string() }).safeParse(job.error);
    if (!error.success) {
      return { job_id: job.id, kind: job.kind, state: job.state, error: null };
    }
    const { code, message } = error.data;
    const known = isErrorCode(code) ? ERRORS[code] : undefined;
    return {
      job_id: job.id,
      kind: job.kind,
      state: job.state,
      error: { code, message, cause: known?.cause ?? "Unknown" },
      may_help_to_retry: known?.retryable ?? false,
      what_next: job.kind === "production"
        ? NEXT_OF_A_FILM
        : nextStep(code, known?.retryable ?? false),
      credits_returned: job.credits > 0,
    };
  },
});

async function findFailed({ client, projectId }: ToolScope, id: string | undefined) {
  const jobs = client.from("jobs").select(JOB_COLUMNS).eq("project_id", projectId);
  const { data } = await (id === undefined ? jobs.eq("state", "failed") : jobs.eq("id", id))
    .order("created_at", { ascending: false }).limit(1).throwOnError();
  const job = data[0];
  if (job === undefined) {
    throw new AppError(
      "NOT_FOUND",
      id === undefined ? "No job of this project has failed" : `Cannot find job "${id}" here`,
    );
  }
  return job;
}

const NEXT_OF_A_FILM =
  "What was made is kept and what was not is paid back. Change what the message names, then propose to retry the " +
  "job: only what is missing is made.";

function nextStep(code: string, isRetryable: boolean): string {
  if (code === "CONTENT_REFUSED") {
    return "Change the scene's plot or the picture so that the provider's rules allow it, and start it anew.";
  }
  if (code === "PROVIDER_NOT_CONFIGURED") return "The operator has to set the provider's key.";
  if (code === "PROVIDER_REJECTED") return "Choose another model, or report it to the operator.";
  return isRetryable
    ? "Try it again: the credits are back."
    : "Change the request; the same one fails again.";
}

const listModels = defineTool({
  name: "list_models",
  effect: "reads",
  description: "List the models that draw pictures or render clips, with their prices in credits.",
  input: z.strictObject({ kind: z.enum(["image", "video"]) }),
  run: async ({ client }, { kind }) => {
    const { data } = await client.from("models")
      .select("id, title, price, unit, typical_sec, is_default").eq("kind", kind)
      .is("retired_at", null).order("price").limit(40).throwOnError();
    return { models: data };
  },
});

const estimate = defineTool({
  name: "estimate",
  effect: "reads",
  description:
    "Say what something would cost in credits and how long it usually takes. Starts nothing.",
  input: startInput,
  run: async (scope, input): Promise<Json> => {
    const { operation, body } = await requestOf(scope, input);
    const { client, projectId, log } = scope;
    const { quote } = await planAction(client, { operation, body, projectId }, log);
    const { credits, typical_sec, items } = quote;
    return {
      operation,
      credits,
      typical_sec,
      job_count: items.reduce((sum, { count }) => sum + count, 0),
      items: items.map(({ kind, model_id, count, credits }) => ({
        kind,
        model_id,
        count,
        credits,
      })),
    };
  },
});

/** All of them. */
export const JOB_TOOLS: readonly Tool[] = [listJobs, explainFailure, listModels, estimate];
