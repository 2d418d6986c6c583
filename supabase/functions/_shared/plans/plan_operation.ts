/**
 * The one planner of whoever names an operation instead of being it: estimate, and the director. An operation
 * and its body become what it would start, what that costs, and what has to be asked before.
 *
 * It plans with the operations' own planners; the operations call those themselves.
 *
 * @module
 */
import type { z } from "zod";
import type { estimateRequest } from "../../../../shared/contract/estimate_operations.ts";
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { AppError } from "../app_error.ts";
import type { Click } from "../database/job_queue.ts";
import { readPreset } from "../database/preset.ts";
import type { Client } from "../database/rpc.ts";
import { readCatalogue, readStudio, type StudioContext } from "../database/studio_context.ts";
import type { ProductionPayload } from "../production/payload.ts";
import { productionOf } from "../production/production_request.ts";
import {
  type Context,
  planRequest,
  quoteAgain,
  readForPlan,
} from "../production/plan_production.ts";
import { productionGates } from "../production/production_gates.ts";
import { productionStart } from "../production/start_production.ts";
import { audioGates } from "./audio_gates.ts";
import { clipGates } from "./clip_gates.ts";
import { assertConfigured } from "./configured.ts";
import { type Gates, OPEN_GATES } from "./gates.ts";
import { imageGates } from "./image_gates.ts";
import { planAudio } from "./plan_audio.ts";
import { planClips } from "./plan_clips.ts";
import { planFilm } from "./plan_film.ts";
import { planImages } from "./plan_images.ts";
import { planScript } from "./plan_script.ts";
import { type PricedJob, quoteJobs } from "./quote.ts";
import { scriptGates } from "./script_gates.ts";

/** An operation that spends, and its body, checked. */
export type PlannableRequest = z.output<typeof estimateRequest>;

/** What an operation would do. */
export interface PlannedOperation {
  /** For `create_jobs`. */
  readonly start: Pick<Click, "jobs" | "answer">;
  /** What it costs, in credits, and how long it usually takes. */
  readonly quote: Pick<FilmPlan, "credits" | "typical_sec" | "items">;
  /** The shots of a film. Null: no production. */
  readonly plan: FilmPlan | null;
  /** The project that all of it belongs to. Null: there is none yet. */
  readonly projectId: string | null;
  /** The caller's, in credits. */
  readonly balance: number;
  /** To be passed before it is charged. */
  readonly gates: Gates;
}

/**
 * Plans and prices with the owner of `client`'s rights, and starts nothing. A style's prompts are the template's
 * own, for they cost the same. Errors: those of the operation's plan.
 */
export async function planOperation(
  client: Client,
  request: PlannableRequest,
): Promise<PlannedOperation> {
  switch (request.operation) {
    case "generate-script": {
      const context = await catalogue(client);
      const jobs = [planScript(ofKind(context, "script"), request.body)];
      return priced(context, jobs, {
        start: { jobs, answer: null },
        gates: scriptGates({ ...context, jobs }, request.body.prompt),
      });
    }
    case "generate-image":
    case "generate-audio":
    case "generate-video":
    case "stitch-video":
      return await planAssets(client, request);
    case "retry-job":
      return await planRetry(client, request.body.job_id);
    default: {
      const production = productionOf(request);
      const context = await readForPlan({ client }, production.projectId);
      if (context.replay !== null) throw unasked();
      const planned = planRequest(context, production);
      const start = productionStart({ ...planned, projectId: production.projectId });
      const gates = productionGates(context, production, planned);
      return film(context, planned.plan, { start, gates });
    }
  }
}

type AssetRequest = Extract<
  PlannableRequest,
  { operation: "generate-image" | "generate-audio" | "generate-video" | "stitch-video" }
>;

async function planAssets(client: Client, request: AssetRequest): Promise<PlannedOperation> {
  const context = await studio(client, {
    projectId: request.body.project_id,
    sceneId: "scene_id" in request.body ? request.body.scene_id : undefined,
  });
  const of = (kind: string) => ofKind(context, kind);
  switch (request.operation) {
    case "generate-image": {
      const jobs = planImages(of("image"), request.body);
      const first = { asset: "image_asset", job: "job" };
      return priced(context, jobs, {
        start: { jobs, answer: { ...many("image_assets"), first } },
        gates: imageGates({ ...context, jobs }),
      });
    }
    case "generate-audio": {
      const speech = of("speech");
      const jobs = planAudio(speech, request.body);
      return priced(context, jobs, {
        start: { jobs, answer: many("audio_clips") },
        gates: audioGates(speech, request.body),
      });
    }
    case "generate-video": {
      // A preset's own length and model change the price.
      const preset = await readPreset(client, request.body.preset);
      const jobs = planClips(of("video"), request.body, preset === null ? undefined : { preset });
      return priced(context, jobs, {
        start: { jobs, answer: many("video_clips") },
        gates: clipGates({ ...context, jobs }),
      });
    }
    case "stitch-video": {
      const jobs = [planFilm(of("film"), request.body)];
      const answer = { assets: "film", jobs: "job", many: false };
      return priced(context, jobs, { start: { jobs, answer }, gates: OPEN_GATES });
    }
  }
}

/**
 * A failed job's price is today's, for as many units as before. Its content was admitted when it was first asked
 * for; its provider's key may have gone since.
 */
async function planRetry(client: Client, jobId: string): Promise<PlannedOperation> {
  const { data: job, error } = await client.from("jobs")
    .select("kind, model_id, units, payload, project_id, state").eq("id", jobId).maybeSingle();
  if (error !== null) throw new Error(`Cannot read the job: ${error.message}`, { cause: error });
  if (job === null) throw new AppError("NOT_FOUND", `Cannot find job "${jobId}"`);
  if (job.state !== "failed" && job.state !== "cancelled") {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot retry job "${jobId}": its state is "${job.state}"`,
    );
  }
  const context = job.project_id === null
    ? await catalogue(client)
    : await studio(client, { projectId: job.project_id });
  const payload: unknown = job.payload;
  const begun = {
    start: {
      jobs: [{ retry_of: jobId }],
      answer: { assets: "asset", jobs: "job", many: false },
    },
    gates: OPEN_GATES,
  };
  const planned = job.kind === "production"
    ? film(context, quoteAgain(context, payload as ProductionPayload), begun)
    : priced(context, [job as PricedJob], begun);
  const { items } = planned.quote;
  return {
    ...planned,
    gates: { ...OPEN_GATES, assertConfigured: (log) => assertConfigured(items, log) },
  };
}

/** What plans are made from. */
type Read = Context & Pick<StudioContext, "balance">;

/** How it begins. */
type Begun = Pick<PlannedOperation, "start" | "gates">;

function film({ project, balance }: Read, plan: FilmPlan, begun: Begun): PlannedOperation {
  const { credits, typical_sec, items } = plan;
  return {
    ...begun,
    quote: { credits, typical_sec, items },
    plan,
    balance,
    projectId: project?.id ?? null,
  };
}

function priced(
  { project, balance, models }: Read,
  jobs: readonly PricedJob[],
  begun: Begun,
): PlannedOperation {
  const { credits, typical_sec, items } = quoteJobs(models, jobs);
  return {
    ...begun,
    quote: { credits, typical_sec, items: items.map((item) => ({ ...item, count: 1 })) },
    plan: null,
    balance,
    projectId: project?.id ?? null,
  };
}

function many(named: string) {
  return { assets: named, jobs: "jobs", many: true };
}

async function catalogue(client: Client) {
  const read = await readCatalogue({ client }, "all");
  if (read.replay !== null) throw unasked();
  return read;
}

async function studio(
  client: Client,
  of: { projectId?: string | undefined; sceneId?: string | undefined },
) {
  const read = await readStudio({ client }, "all", of);
  if (read.replay !== null) throw unasked();
  return read;
}

/** As the operation itself reads it: defaults are chosen among its own kind's models alone. */
function ofKind<Read extends Pick<Context, "models">>(context: Read, kind: string): Read {
  return { ...context, models: context.models.filter((model) => model.kind === kind) };
}

function unasked(): Error {
  return new Error("A read without a click has no replay");
}
