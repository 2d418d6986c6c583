/**
 * What the director can have started, planned and priced as the operation itself does it.
 *
 * @module
 */
import type { z } from "zod";
import {
  generateAudioRequest,
  generateImageRequest,
  generateVideoRequest,
  stitchVideoRequest,
} from "../../../../shared/contract/media_operations.ts";
import { assertAllowedContent, contentOf } from "../allowed_content.ts";
import { AppError } from "../app_error.ts";
import type { Model } from "../catalogue.ts";
import type { Click, NewJob } from "../database/job_queue.ts";
import type { Client } from "../database/rpc.ts";
import { readStudio, type StudioContext } from "../database/studio_context.ts";
import { IMAGE_GENERATORS, videoProvider } from "../jobs/renderers.ts";
import type { Log } from "../log.ts";
import { planAudio, voiceFor } from "../plans/plan_audio.ts";
import { planClips } from "../plans/plan_clips.ts";
import { planFilm } from "../plans/plan_film.ts";
import { planImages } from "../plans/plan_images.ts";
import { creditsFor, quoteJobs } from "../plans/quote.ts";
import { assertVoiceExists, createSpeech } from "../providers/speech_provider.ts";

/** An operation that starts jobs, as far as the director needs it. */
interface Action<Request> {
  /** Checks a body. */
  readonly request: z.ZodType<Request>;
  /** The catalogue's models it chooses from. */
  readonly modelKind: string;
  /** What it would start. */
  plan(studio: StudioContext, body: Request): NewJob[];
  /** Throws `PROVIDER_NOT_CONFIGURED`. */
  assertConfigured(model: Model, log: Log): void;
  /** What the operation itself asks others before it charges: moderation, the voice. */
  admit(of: {
    readonly studio: StudioContext;
    readonly body: Request;
    readonly jobs: readonly NewJob[];
    readonly log: Log;
  }): Promise<void>;
  /** Names in its answer. */
  readonly answer: NonNullable<Click["answer"]>;
}

/** Plans one operation. */
type Planner = (
  client: Client,
  of: Pick<ActionRequest, "body" | "projectId">,
  log: Log,
) => Promise<PlannedAction>;

const many = (assets: string) => ({ assets, jobs: "jobs", many: true });

const ACTIONS = {
  "generate-image": planner({
    request: generateImageRequest,
    modelKind: "image",
    plan: (studio, body) => {
      // The operation itself reads the project by the scene; here the scene may have gone since.
      const { scene_id } = body;
      if (scene_id !== undefined && !studio.scenes.some(({ id }) => id === scene_id)) {
        throw new AppError("NOT_FOUND", `Cannot find scene "${scene_id}" in this project`);
      }
      return planImages(studio, body);
    },
    assertConfigured: ({ provider }, log) => void IMAGE_GENERATORS[provider]?.(log),
    admit: async ({ jobs, studio, log }) =>
      await assertAllowedContent(contentOf(jobs, studio.images), { log }),
    answer: { ...many("image_assets"), first: { asset: "image_asset", job: "job" } },
  }),
  "generate-audio": planner({
    request: generateAudioRequest,
    modelKind: "speech",
    plan: planAudio,
    assertConfigured: (_, log) => void createSpeech(log),
    admit: async ({ studio, body, log }) =>
      await assertVoiceExists(voiceFor(studio, body), { log }),
    answer: many("audio_clips"),
  }),
  "generate-video": planner({
    request: generateVideoRequest,
    modelKind: "video",
    plan: planClips,
    assertConfigured: ({ provider }, log) => void videoProvider(provider).create(log),
    admit: async ({ jobs, studio, log }) =>
      await assertAllowedContent(contentOf(jobs, studio.images), { log }),
    answer: many("video_clips"),
  }),
  "stitch-video": planner({
    request: stitchVideoRequest,
    modelKind: "film",
    plan: (studio, body) => [planFilm(studio, body)],
    assertConfigured: () => {},
    admit: () => Promise.resolve(),
    answer: { assets: "film", jobs: "job", many: false },
  }),
  "retry-job": planRetry,
} satisfies Record<string, Planner>;

/** What can be started. */
export type SpendOperation = keyof typeof ACTIONS;

/** What would be started, and its price now. */
export interface PlannedAction {
  /** For `create_jobs`. */
  readonly jobs: Click["jobs"];
  /** For `create_jobs`. */
  readonly answer: NonNullable<Click["answer"]>;
  /** Whole credits. */
  readonly credits: number;
  /** Seconds until the last result is usually there. */
  readonly typicalSec: number;
  /** The request, checked and completed: what the click's fingerprint is of. */
  readonly request: unknown;
  /** To be asked before it is charged. Throws `CONTENT_REFUSED`, `MODEL_INPUT_INVALID`. */
  admit(): Promise<void>;
}

/** What is asked for, about which project. */
export interface ActionRequest {
  /** What to run. */
  readonly operation: SpendOperation;
  /** Its request, not yet checked. */
  readonly body: unknown;
  /** Everything it names must belong to it. */
  readonly projectId: string;
}

/**
 * Plans with the user's own rights. Errors: those of the operation: `NOT_FOUND`, `STATE_CONFLICT`, `MODEL_*`,
 * `PROVIDER_NOT_CONFIGURED`, `VALIDATION_FAILED`.
 */
export async function planAction(
  client: Client,
  { operation, body, projectId }: ActionRequest,
  log: Log,
): Promise<PlannedAction> {
  return await ACTIONS[operation](client, { body, projectId }, log);
}

/** Tells whether a proposal's operation starts jobs. */
export function isSpendOperation(operation: string): operation is SpendOperation {
  return Object.hasOwn(ACTIONS, operation);
}

function planner<Request>(
  { request, modelKind, plan, assertConfigured, admit, answer }: Action<Request>,
): Planner {
  return async (client, { body, projectId }, log) => {
    const checked = request.safeParse(body);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      throw new AppError(
        "VALIDATION_FAILED",
        `Cannot plan this: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "invalid"}`,
      );
    }
    const found = await readStudio({ client }, modelKind, { projectId });
    if (found.replay !== null) throw new Error("A read without a click has no replay");
    const jobs = plan(found, checked.data);
    for (const model of found.models) {
      if (model.id === jobs[0]?.model_id) assertConfigured(model, log);
    }
    const { credits, typical_sec } = quoteJobs(found.models, jobs);
    return {
      jobs,
      answer,
      credits,
      typicalSec: typical_sec,
      request: checked.data,
      admit: () => admit({ studio: found, body: checked.data, jobs, log }),
    };
  };
}

async function planRetry(
  client: Client,
  { body, projectId }: Pick<ActionRequest, "body" | "projectId">,
): Promise<PlannedAction> {
  const id = typeof body === "object" && body !== null && "job_id" in body ? body.job_id : "";
  const { data: job } = await client.from("jobs")
    .select("id, kind, state, units, models(price, typical_sec)")
    .eq("id", String(id)).eq("project_id", projectId).maybeSingle().throwOnError();
  if (job === null) throw new AppError("NOT_FOUND", `Cannot find job "${id}" in this project`);
  if (job.state !== "failed" && job.state !== "cancelled") {
    throw new AppError("STATE_CONFLICT", `Cannot retry the job: its state is "${job.state}"`);
  }
  // Of a production only what failed is paid for again: that is for its own page to plan.
  if (!RETRIED_KINDS.includes(job.kind) || job.models === null) {
    throw new AppError("STATE_CONFLICT", `Cannot retry a job of kind "${job.kind}" from here`);
  }
  return {
    jobs: [{ retry_of: job.id }],
    answer: { assets: "asset", jobs: "job", many: false },
    credits: creditsFor(job.models.price, job.units),
    typicalSec: job.models.typical_sec,
    request: { job_id: job.id },
    // It was admitted when it was first asked for.
    admit: () => Promise.resolve(),
  };
}

/** Kinds whose jobs are one asset each. */
const RETRIED_KINDS: readonly string[] = ["image", "audio", "video", "film"];
