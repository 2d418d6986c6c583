/**
 * `POST generate-image`: draws a picture for a scene, or for a project as a whole.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateImageRequest`, answer 202 with
 * `{ image_asset, job, credits_charged, balance }`: the picture is `pending` and becomes `ready` or
 * `failed` (with its reason, and the credits back) in its row.
 * Errors besides the pipeline's: 402, 404 (no such scene or project, or another tenant's), 409/422
 * `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`, 422 `MODEL_INPUT_INVALID`, 503 `PROVIDER_NOT_CONFIGURED`.
 * Touches: `image_assets`, `jobs`, the ledger; the picture's provider; Storage.
 *
 * @module
 */
import { assertAllowed, chooseModel, limitsOf } from "../_shared/catalogue.ts";
import { readStudio } from "../_shared/database/studio_context.ts";
import { createImageJob, type ImagePayload } from "../_shared/jobs/image_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { IMAGE_GENERATORS } from "../_shared/jobs/renderers.ts";
import { createOperation } from "../_shared/operation.ts";
import { aspectRatioOf, composeImagePrompt } from "../_shared/prompts.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Pictures take seconds; half an hour covers a provider's bad day. */
const DEADLINE_SECONDS = 1800;

/** Gemini answers at once or never: a lost answer can't be found again, so there is little to wait for. */
const DEADLINES: Readonly<Record<string, number>> = { gemini: 300 };

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-image", services, async (call) => {
    const { scene_id, project_id, style_prompt, model_options } = call.body;
    const studio = await readStudio(call.identity.client, "image", {
      sceneId: scene_id,
      projectId: project_id,
    });
    const { project, settings } = studio;
    const scene = studio.scenes.find((candidate) => candidate.id === scene_id) ?? null;
    const model = chooseModel(studio.models, {
      asked: call.body.model,
      preferred: settings.image_model,
    });
    const limits = limitsOf(model);
    const aspectRatio = call.body.aspect_ratio ?? aspectRatioOf(project.platform);
    assertAllowed(model, "aspect_ratio", { value: aspectRatio, allowed: limits.aspect_ratios });
    // Throws PROVIDER_NOT_CONFIGURED, before anything is charged.
    IMAGE_GENERATORS[model.provider]?.(call.log);

    const prompt = composeImagePrompt({ project, scene }, {
      style: style_prompt ?? settings.default_image_style,
      maxChars: limits.max_prompt_chars,
    });
    const payload: ImagePayload = {
      request: {
        endpoint: model.endpoint,
        prompt,
        aspectRatio,
        ...(model_options === undefined ? {} : { options: model_options }),
      },
      scene_id: scene?.id ?? null,
      typical_sec: model.typical_sec,
    };
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "generate-image", {
      jobs: [{
        kind: "image",
        project_id: project.id,
        model_id: model.id,
        units: 1,
        deadline_sec: DEADLINES[model.provider] ?? DEADLINE_SECONDS,
        payload: JSON.parse(JSON.stringify(payload)),
        asset: { scene_id: scene?.id ?? null, prompt, model: model.id },
      }],
      answer: { assets: "image_asset", jobs: "job", many: false },
      jobServices,
      handlers: [createImageJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
