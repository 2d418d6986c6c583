/**
 * Plans an operation as it plans itself, and prices the plan.
 *
 * @module
 */
import type { z } from "zod";
import type { estimateRequest } from "../../../shared/contract/estimate_operations.ts";
import type { FilmPlan } from "../../../shared/contract/film_operations.ts";
import { AppError } from "../_shared/app_error.ts";
import type { NewJob } from "../_shared/database/job_queue.ts";
import type { Client } from "../_shared/database/rpc.ts";
import { readPreset } from "../_shared/database/preset.ts";
import { readCatalogue, readStudio } from "../_shared/database/studio_context.ts";
import { planAudio } from "../_shared/plans/plan_audio.ts";
import { planClips } from "../_shared/plans/plan_clips.ts";
import { planFilm } from "../_shared/plans/plan_film.ts";
import { planImages } from "../_shared/plans/plan_images.ts";
import { planScript } from "../_shared/plans/plan_script.ts";
import { type PricedJob, type Quote, quoteJobs } from "../_shared/plans/quote.ts";
import type { ProductionPayload } from "../_shared/production/payload.ts";
import { productionOf } from "../_shared/production/production_request.ts";
import {
  type Context,
  planRequest,
  quoteAgain,
  readForPlan,
} from "../_shared/production/start_production.ts";

type Request = z.output<typeof estimateRequest>;

/** What it would cost, and what the caller has. */
export type Estimate = Pick<FilmPlan, "credits" | "typical_sec" | "items"> & {
  readonly plan?: FilmPlan;
  readonly balance: number;
};

/** Prices an operation for the owner of `client`. Errors: those of the operation's plan. */
export async function estimate(client: Client, request: Request): Promise<Estimate> {
  switch (request.operation) {
    case "generate-script": {
      const context = await catalogue(client);
      return priced(context, [planScript(ofKind(context, "script"), request.body)]);
    }
    case "generate-image":
    case "generate-audio":
    case "generate-video":
    case "stitch-video": {
      const { body } = request;
      const context = await studio(client, {
        projectId: body.project_id,
        sceneId: "scene_id" in body ? body.scene_id : undefined,
      });
      // A preset's own length and model change the price.
      const preset = request.operation === "generate-video"
        ? await readPreset(client, request.body.preset)
        : null;
      return priced(context, planOf(context, request, preset));
    }
    case "retry-job":
      return await priceRetry(client, request.body.job_id);
    default: {
      const production = productionOf(request);
      const context = await readForPlan({ client }, production.projectId);
      if (context.replay !== null) throw new Error("A read without a click has no replay");
      return film(context, planRequest(context, production).plan);
    }
  }
}

type Single = Extract<
  Request,
  { operation: "generate-image" | "generate-audio" | "generate-video" | "stitch-video" }
>;

function planOf(
  context: Awaited<ReturnType<typeof studio>>,
  request: Single,
  preset: Awaited<ReturnType<typeof readPreset>>,
): NewJob[] {
  const of = (kind: string) => ofKind(context, kind);
  switch (request.operation) {
    case "generate-image":
      return planImages(of("image"), request.body);
    case "generate-audio":
      return planAudio(of("speech"), request.body);
    case "generate-video":
      return planClips(of("video"), request.body, preset === null ? undefined : { preset });
    case "stitch-video":
      return [planFilm(of("film"), request.body)];
  }
}

/** As the operation itself reads it: its own kind's models alone. */
function ofKind<Read extends Pick<Context, "models">>(context: Read, kind: string): Read {
  return { ...context, models: context.models.filter((model) => model.kind === kind) };
}

async function catalogue(client: Client) {
  const read = await readCatalogue({ client }, "all");
  if (read.replay !== null) throw new Error("A read without a click has no replay");
  return { ...read, models: read.models };
}

async function studio(
  client: Client,
  of: { projectId?: string | undefined; sceneId?: string | undefined },
) {
  const read = await readStudio({ client }, "all", of);
  if (read.replay !== null) throw new Error("A read without a click has no replay");
  return read;
}

/** A failed job's price is today's, for as many units as before. */
async function priceRetry(client: Client, jobId: string): Promise<Estimate> {
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
  if (job.kind !== "production") return priced(context, [job as PricedJob]);
  const payload: unknown = job.payload;
  return film(context, quoteAgain(context, payload as ProductionPayload));
}

function film(context: Context & { balance: number }, plan: FilmPlan): Estimate {
  const { credits, typical_sec, items } = plan;
  return { credits, typical_sec, items, plan, balance: context.balance };
}

function priced(
  { models, balance }: Context & { balance: number },
  jobs: readonly PricedJob[],
): Estimate {
  const { credits, typical_sec, items }: Quote = quoteJobs(models, jobs);
  return { credits, typical_sec, items: items.map((item) => ({ ...item, count: 1 })), balance };
}
