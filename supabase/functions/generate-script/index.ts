/**
 * `POST generate-script`: a project and its scenes 1..N from a prompt.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateScriptRequest`, answer 200 with
 * `{ project, scenes, credits_charged, balance }`, all as in `shared/contract/operations.ts`.
 * Errors besides the pipeline's: 402 `INSUFFICIENT_CREDITS`, 409 `IDEMPOTENCY_IN_PROGRESS`, 410
 * `MODEL_RETIRED`, 422 `MODEL_INPUT_INVALID`, `CONTENT_REFUSED`, `IDEMPOTENCY_KEY_REUSED`, 502/503/504
 * `PROVIDER_*`: then there is no project, and the credits are back.
 * Limits: body 256 KB, prompt 5000 characters; answers within 100 s.
 * Touches: `projects`, `scenes`, `jobs`, the ledger; the language model asked for, and the one named by
 * SCRIPT_FALLBACK_MODEL when that one can't be reached, is out of quota or takes too long.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { assertAtMost, chooseModel, limitsOf, type Model } from "../_shared/catalogue.ts";
import { readCatalogue } from "../_shared/database/studio_context.ts";
import { readScriptFallback } from "../_shared/env.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createScriptJob, type ScriptPayload } from "../_shared/jobs/script_job.ts";
import { createLanguageModel, type ModelChoice } from "../_shared/providers/language_models.ts";
import type { Log } from "../_shared/log.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { isErrorCode } from "../../../shared/contract/errors.ts";

/** One scene for each of these seconds, unless the request says otherwise. */
const SECONDS_PER_SCENE = 8;
const DEFAULT_TARGET_SECONDS = 32;

/** The request waits for the answer; after this somebody else may finish it. */
const DEADLINE_SECONDS = 300;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-script", services, async (call) => {
    const { prompt, options } = call.body;
    const { settings, models } = await readCatalogue(call.identity.client, "script");
    const model = chooseModel(models, { asked: options.model, preferred: settings.script_model });
    const target = options.target_length ??
      (options.scene_count === undefined
        ? DEFAULT_TARGET_SECONDS
        : Math.min(600, options.scene_count * SECONDS_PER_SCENE));
    const sceneCount = options.scene_count ??
      Math.min(
        limitsOf(model).max_scenes ?? 30,
        Math.max(1, Math.round(target / SECONDS_PER_SCENE)),
      );
    assertAtMost(model, "scene_count", { count: sceneCount, limit: limitsOf(model).max_scenes });
    // Throws PROVIDER_NOT_CONFIGURED, before anything is charged.
    createLanguageModel(model.provider, call.log);

    const payload: ScriptPayload = {
      prompt,
      model: choiceOf(model),
      fallback: fallbackFor(model, models, call.log),
      platform: options.platform ?? "youtube",
      category: options.category ?? "story",
      tone: options.tone ?? settings.default_tone,
      language: options.language ?? settings.default_language,
      target_length: target,
      scene_count: sceneCount,
    };
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    const click = await jobServices.queue.create({
      userId: call.identity.userId,
      operation: "generate-script",
      idempotency: call.idempotency,
      requestId: call.requestId,
      jobs: [{
        kind: "script",
        project_id: null,
        model_id: model.id,
        units: 1,
        deadline_sec: DEADLINE_SECONDS,
        payload: JSON.parse(JSON.stringify(payload)),
        asset: null,
      }],
      answer: null,
    });
    if (click.status !== null) return click;
    await runJobs(
      { queue: jobServices.queue, handlers: [createScriptJob(jobServices)], log: call.log },
      { budgetMs: 1_000, jobId: click.job_id },
    );
    const answer = await jobServices.queue.readAnswer(click.job_id);
    if (answer.status !== null) return { status: answer.status, body: answer.body };
    if (answer.error !== null) {
      const { code, message } = answer.error;
      throw new AppError(isErrorCode(code) ? code : "INTERNAL", message);
    }
    throw new AppError(
      "IDEMPOTENCY_IN_PROGRESS",
      "Cannot answer yet: the script is being written",
      {
        retryAfterSeconds: 1,
      },
    );
  });
}

function choiceOf({ provider, endpoint }: Model): ModelChoice {
  return { provider, endpoint };
}

/** The configured second model. One that is unknown, retired or the same is none: scripts go on without. */
function fallbackFor(model: Model, models: readonly Model[], log: Log): ModelChoice | null {
  const id = readScriptFallback();
  if (id === undefined || id === model.id) return null;
  const found = models.find((candidate) => candidate.id === id && candidate.retired_at === null);
  if (found === undefined) log.error("script_fallback_unknown", { model: id });
  return found === undefined ? null : choiceOf(found);
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
