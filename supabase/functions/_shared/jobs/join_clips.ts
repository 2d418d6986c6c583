/**
 * Films whose clips can't be copied: what the second cutter is asked, and what is made of its result.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import { openDownload } from "../media/download.ts";
import { probeMp4Url } from "../media/probe_mp4.ts";
import { stitchFilm, type StitchOptions } from "../media/stitch.ts";
import { dubFilm } from "../media/stitch_dub.ts";
import { mixScenes } from "../media/stitch_music.ts";
import type { Difference } from "../media/stitch_match.ts";
import { filmPartPath } from "../media/storage_path.ts";
import { FAL_JOIN_ENDPOINT, falFilmSize } from "../providers/fal_cutter.ts";
import type { JoinRequest } from "../providers/film_cutter.ts";
import { soundOf } from "./film_music.ts";
import { type FilmPayload, filmResult, MAX_FILM_BYTES } from "./film_payload.ts";
import type { JobHandler, StepContext } from "./handler.ts";
import { type JobServices, webhookUrl } from "./job_services.ts";
import { createRenderHandler } from "./render_job.ts";
import { FILM_CUTTER } from "./film_cutters.ts";

/** A film's payload once it goes to the second cutter. */
export interface JoinPayload extends FilmPayload {
  /** What is submitted. */
  readonly request: JoinRequest;
  /** How long each clip is shown, measured. */
  readonly shown_sec: readonly number[];
}

/** Encoding anew takes about as long as the film; a film of a minute is the usual one. */
const TYPICAL_SECONDS = 60;

const DOWNLOAD_TIMEOUT_MS = 100_000;

/** Below any picture's duration. */
const ROUNDING_SECONDS = 0.001;

/**
 * Tells whether a cutter that encodes anew can do what failed: only the pictures' differences are its
 * business, and it takes two clips or more.
 */
export function canBeJoined(error: unknown, { clips }: FilmPayload): boolean {
  if (!(error instanceof AppError) || error.code !== "STATE_CONFLICT" || clips.length < 2) {
    return false;
  }
  const { reason, differences = [] } = (error.details ?? {}) as {
    reason?: string;
    differences?: readonly Difference[];
  };
  return reason === "not_copyable" && differences.every(({ file }) => file === "clip");
}

/**
 * Plans the submit. Clips of which less than all is shown are put into Storage that much shorter first. Safe to
 * repeat. Errors: `RESULT_INVALID`, `STATE_CONFLICT`, those of the transfer and of Storage.
 */
export async function planJoin(
  { store }: JobServices,
  job: ClaimedJob,
  { payload, options }: { readonly payload: FilmPayload; readonly options: StitchOptions },
): Promise<JoinPayload> {
  const place = { project: job.project_id ?? "", film: job.subject_id ?? "" };
  const clipUrls: string[] = [];
  const shownSeconds: number[] = [];
  let size: { readonly width: number; readonly height: number } | undefined;
  for (const [at, { clip_url: url, duration_sec = Infinity }] of payload.clips.entries()) {
    const facts = await probeMp4Url(url, {
      ...options,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      maxFileBytes: MAX_FILM_BYTES,
    });
    size ??= falFilmSize(facts);
    if (duration_sec >= facts.durationSeconds - ROUNDING_SECONDS) {
      clipUrls.push(url);
      shownSeconds.push(facts.durationSeconds);
      continue;
    }
    const short = await stitchFilm({
      ...options,
      clips: [{ url, narrationUrl: null, durationSeconds: duration_sec }],
    });
    const path = filmPartPath({ ...place, part: `clip-${at + 1}` });
    clipUrls.push(await store.put(path, short.film, short.contentType));
    shownSeconds.push(short.durationSeconds);
  }
  if (size === undefined) throw new Error("A film without clips");
  return {
    ...payload,
    request: { endpoint: FAL_JOIN_ENDPOINT, clipUrls, ...size },
    shown_sec: shownSeconds,
  };
}

/** Makes the handler of films that go to the second cutter; `options` as for the packet copy. */
export function createJoinHandler(
  services: JobServices,
  options: (context: StepContext) => StitchOptions,
): JobHandler {
  return createRenderHandler<JoinRequest>(services.queue, {
    kind: "film",
    renderer: () => FILM_CUTTER.create(services.log),
    request: (job) => payloadOf(job).request,
    typicalSeconds: () => TYPICAL_SECONDS,
    callbackUrl: () => FILM_CUTTER.callsBack() ? webhookUrl(services.supabaseUrl) : null,
    collect: (job, { resultUrl }, context) =>
      collect(services, job, { resultUrl, context, options: options(context) }),
  });
}

interface Collected {
  readonly resultUrl: string;
  readonly context: StepContext;
  readonly options: StitchOptions;
}

/** Copies the joined clips into Storage as they are, then the film with its narration beside them. */
async function collect(
  services: JobServices,
  job: ClaimedJob,
  { resultUrl, context, options }: Collected,
): Promise<Json> {
  const payload = payloadOf(job);
  const download = await openDownload(resultUrl, {
    allowedOrigins: [new URL(FILM_CUTTER.baseUrl()).origin],
    maxBytes: MAX_FILM_BYTES,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    expect: "video",
    log: context.log,
    signal: context.signal,
  });
  if (download.extension !== "mp4") {
    await download.body.cancel();
    throw new AppError("RESULT_INVALID", `Cannot keep the film: it is ${download.contentType}`, {
      details: { reason: "wrong_type" },
    });
  }
  const path = filmPartPath({
    project: job.project_id ?? "",
    film: job.subject_id ?? "",
    part: "joined",
  });
  const url = await services.store.put(path, download.body, download.contentType);
  const scenes = payload.clips.map((clip, at) => ({
    durationSeconds: payload.shown_sec[at] ?? 0,
    narrationUrl: clip.audio_url,
  }));
  const sound = await soundOf(services, job, {
    payload,
    options,
    mix: (music) => mixScenes({ ...options, scenes, music }),
  });
  if (sound === "later") throw new Error("What is mixed for a dub is encoded at once");
  const film = await dubFilm({ ...options, url, scenes, mixedSound: sound });
  return await filmResult(services.store, job, { payload, film });
}

function payloadOf(job: { payload: unknown }): JoinPayload {
  return job.payload as JoinPayload;
}
