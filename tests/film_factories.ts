/**
 * Valid, coherent values about films: who is in them, their shots, and what an export and a receipt hold.
 *
 * @module
 */
import type { FilmReceipt } from "../shared/contract/receipt.ts";
import type { FrameContext } from "../supabase/functions/_shared/database/studio_context.ts";
import type { ExportSource } from "../supabase/functions/_shared/film/export_plan.ts";
import { audioOf, clipOf, IDS, projectOf, type Row, sceneOf, stamps } from "./factories.ts";

/** A project with one scene and nothing made for it yet, as an export reads it. */
export function exportOf(overrides: Partial<ExportSource> = {}): ExportSource {
  return {
    project: projectOf(),
    scenes: [sceneOf()],
    film: null,
    images: [],
    audio_clips: [],
    video_clips: [],
    receipt: receiptOf(),
    ...overrides,
  };
}

/** A receipt with nothing on it. */
export function receiptOf(overrides: Partial<FilmReceipt> = {}): FilmReceipt {
  const none = { quoted_credits: 0, charged_credits: 0, refunded_credits: 0, net_credits: 0 };
  return {
    project_id: IDS.project,
    film_id: null,
    jobs: [],
    totals: { job_count: 0, ...none },
    ...overrides,
  };
}

/** A ready film of {@link clipOf} over {@link audioOf}. */
export function filmOf(overrides: Partial<Row<"films">> = {}): Row<"films"> {
  const { id: clip_id, duration_sec } = clipOf();
  return {
    id: "7c2ebe87-d22b-4e7f-8bc8-d0ad6e9f4b08",
    user_id: IDS.user,
    project_id: IDS.project,
    url: "https://studio.test/storage/v1/object/public/aiauto/film.mp4",
    duration_sec,
    cut: [{ clip_id, audio_clip_id: audioOf().id, start_sec: 0, duration_sec }],
    cut_hash: "0".repeat(64),
    poster_url: null,
    subtitles_vtt_url: "https://studio.test/storage/v1/object/public/aiauto/film.vtt",
    subtitles_srt_url: "https://studio.test/storage/v1/object/public/aiauto/film.srt",
    status: "ready",
    error: null,
    ...stamps,
    ...overrides,
  };
}

/** Somebody in {@link projectOf}, drawn and not confirmed. */
export function characterOf(overrides: Partial<Row<"characters">> = {}): Row<"characters"> {
  return {
    id: "8d3fcf98-e33c-4f80-9cd9-e1be7f0a5c09",
    user_id: IDS.user,
    project_id: IDS.project,
    name: "Mina",
    description: "A girl with a red scarf",
    voice_id: null,
    image_id: IDS.image,
    confirmed_at: null,
    ...stamps,
    ...overrides,
  };
}

/** The first shot of {@link sceneOf}, not fitted and with nothing made for it. */
export function frameOf(overrides: Partial<FrameContext> = {}): FrameContext {
  return {
    id: "9e4ad0a9-f44d-4091-8dea-f2cf801b6d0a",
    user_id: IDS.user,
    project_id: IDS.project,
    scene_id: IDS.scene,
    index: 1,
    camera: "Wide",
    action: "A lighthouse at dusk",
    video_prompt: "The lamp wakes",
    duration_sec: null,
    image_id: null,
    video_clip_id: null,
    character_ids: [],
    ...stamps,
    ...overrides,
  };
}
