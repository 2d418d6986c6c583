/**
 * Which script a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateScriptRequest } from "../../../../shared/contract/media_operations.ts";
import { assertAtMost, chooseModel, limitsOf, type Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { CatalogueContext } from "../database/studio_context.ts";
import type { ScriptPayload } from "../jobs/script_job.ts";
import type { ModelChoice } from "../providers/language_models.ts";

/** One scene for each of these seconds, unless the request says otherwise. */
const SECONDS_PER_SCENE = 8;
const DEFAULT_TARGET_SECONDS = 32;

/** The request waits for the answer; after this somebody else may finish it. */
const DEADLINE_SECONDS = 300;

/** Plans the one job. Errors: `MODEL_INPUT_INVALID`, `MODEL_RETIRED`. */
export function planScript(
  { settings, models }: CatalogueContext,
  { prompt, options }: z.output<typeof generateScriptRequest>,
  fallbackModel?: string,
): NewJob {
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
  const payload: ScriptPayload = {
    prompt,
    model: choiceOf(model),
    fallback: fallbackFor(models, { of: model.id, id: fallbackModel }),
    platform: options.platform ?? "youtube",
    category: options.category ?? "story",
    tone: options.tone ?? settings.default_tone,
    language: options.language ?? settings.default_language,
    target_length: target,
    scene_count: sceneCount,
  };
  return {
    kind: "script",
    project_id: null,
    model_id: model.id,
    units: 1,
    deadline_sec: DEADLINE_SECONDS,
    payload: JSON.parse(JSON.stringify(payload)),
    asset: null,
  };
}

function choiceOf({ provider, endpoint }: Model): ModelChoice {
  return { provider, endpoint };
}

/**
 * Gives the configured second model (`id`) of a script's model (`of`). One that is unknown, retired or the same is
 * none: scripts go on without.
 */
export function fallbackFor(
  models: readonly Model[],
  { of, id }: { readonly of: string; readonly id: string | undefined },
): ModelChoice | null {
  const found = models.find((model) => model.id === id && model.retired_at === null);
  return found === undefined || found.id === of ? null : choiceOf(found);
}
