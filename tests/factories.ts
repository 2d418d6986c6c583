/**
 * Valid, coherent values with overrides: rows as the database holds them, and requests as clients send them.
 *
 * @module
 */
import type { Database } from "../shared/database.types.ts";
import type { Preset } from "../shared/contract/preset.ts";
import type { Model } from "../supabase/functions/_shared/catalogue.ts";
import type {
  ClaimedJob,
  Click,
  NewJob,
} from "../supabase/functions/_shared/database/job_queue.ts";
import type { StudioContext } from "../supabase/functions/_shared/database/studio_context.ts";

type Tables = Database["public"]["Tables"];
/** A row of a table. */
export type Row<Name extends keyof Tables> = Tables[Name]["Row"];

const NOW = "2026-11-21T09:00:00+00:00";
/** When every row here was made. */
export const stamps = { created_at: NOW, updated_at: NOW };

/** A user, a project and a scene that other rows belong to unless told otherwise. */
export const IDS = {
  user: "0b9f4b1e-6b5c-4d0e-9a51-6b3c9d2f7a01",
  project: "1c8e5a2d-7c4b-4e1f-8b62-7a4d8e3f6b02",
  scene: "2d7f6b3c-8d3a-4f2e-9c73-8b5e7f4a5c03",
  image: "3e6a7c4b-9e2d-4a3f-8d84-9c6f6a5b4d04",
  clip: "4f5b8d5a-af1c-4b4e-9e95-ad7a5b6c3e05",
  job: "5a4c9e69-b00f-4c5d-8fa6-be8b4c7d2f06",
  proposal: "7c2eb08a-d22b-4e7f-8bc8-daad6e9f4b08",
} as const;

/** A project. */
export function projectOf(overrides: Partial<Row<"projects">> = {}): Row<"projects"> {
  return {
    id: IDS.project,
    user_id: IDS.user,
    title: "The lantern",
    description: "A lighthouse learns to dance.",
    platform: "youtube",
    category: "story",
    tone: "warm",
    target_length: 32,
    language: "en-US",
    status: "draft",
    budget_credits: null,
    deleted_at: null,
    ...stamps,
    ...overrides,
  };
}

/** A scene of {@link projectOf}. */
export function sceneOf(overrides: Partial<Row<"scenes">> = {}): Row<"scenes"> {
  return {
    id: IDS.scene,
    user_id: IDS.user,
    project_id: IDS.project,
    index: 1,
    title: "Dusk",
    text: "The lamp wakes and looks around.",
    plot: "A lighthouse at dusk",
    notes: "",
    ...stamps,
    ...overrides,
  };
}

/** A ready main picture of {@link sceneOf}. */
export function imageOf(overrides: Partial<Row<"image_assets">> = {}): Row<"image_assets"> {
  return {
    id: IDS.image,
    user_id: IDS.user,
    project_id: IDS.project,
    scene_id: IDS.scene,
    character_id: null,
    frame_id: null,
    input_hash: null,
    stale_at: null,
    source: "generated",
    url: "https://studio.test/storage/v1/object/public/aiauto/a.jpg",
    prompt: "A lighthouse at dusk",
    model: "flux-schnell",
    is_main: true,
    width: 1280,
    height: 720,
    content_hash: null,
    status: "ready",
    error: null,
    ...stamps,
    ...overrides,
  };
}

/** The ready narration of {@link sceneOf}. */
export function audioOf(overrides: Partial<Row<"audio_clips">> = {}): Row<"audio_clips"> {
  return {
    id: "6b3daf78-c11a-4d6e-9ab7-cf9c5d8e3a07",
    user_id: IDS.user,
    project_id: IDS.project,
    scene_id: IDS.scene,
    input_hash: null,
    stale_at: null,
    url: "https://studio.test/storage/v1/object/public/aiauto/a.mp3",
    provider: "google_tts",
    voice_id: "en-US-Neural2-C",
    speed: 1,
    pitch: null,
    volume_gain_db: null,
    format: "mp3",
    duration_sec: 4.2,
    status: "ready",
    error: null,
    ...stamps,
    ...overrides,
  };
}

/** A ready clip of {@link sceneOf}. */
export function clipOf(overrides: Partial<Row<"video_clips">> = {}): Row<"video_clips"> {
  return {
    id: IDS.clip,
    user_id: IDS.user,
    project_id: IDS.project,
    scene_id: IDS.scene,
    frame_id: null,
    input_hash: null,
    stale_at: null,
    image_id: IDS.image,
    url: "https://studio.test/storage/v1/object/public/aiauto/a.mp4",
    thumbnail_url: null,
    provider: "kie",
    model_id: "kling-2.5-turbo-pro",
    prompt: "A lighthouse at dusk",
    preset: null,
    prompt_by: null,
    aspect_ratio: "16:9",
    duration_sec: 5,
    external_task_id: "task-1",
    status: "ready",
    error: null,
    ...stamps,
    ...overrides,
  };
}

/** A user's settings as they are at sign-up. */
export function settingsOf(overrides: Partial<Row<"settings">> = {}): Row<"settings"> {
  return {
    user_id: IDS.user,
    default_language: "en-US",
    default_tone: "warm",
    default_image_style: "cinematic, soft light, rich colour",
    default_tts_voice: "en-US-Neural2-C",
    script_model: null,
    image_model: null,
    tts_provider: "google_tts",
    video_provider: "kie",
    video_model: null,
    ...stamps,
    ...overrides,
  };
}

/** A model of the catalogue that takes anything, the default of its kind. */
export function modelOf(overrides: Partial<Model> = {}): Model {
  return {
    id: "a-model",
    kind: "video",
    provider: "kie",
    endpoint: "test/model",
    title: "A model",
    price: 1,
    unit: "second",
    limits: {},
    typical_sec: 60,
    is_default: true,
    retired_at: null,
    replaced_by: null,
    ...stamps,
    ...overrides,
  };
}

/** A dance of the catalogue that recommends nothing. */
export function presetOf(overrides: Partial<Preset> = {}): Preset {
  return {
    slug: "hip-hop",
    kind: "dance",
    name_en: "Hip-hop",
    name_ko: "힙합",
    description_en: "On the beat.",
    description_ko: "비트에 맞춰.",
    prompt_template: "{subject} dances hip-hop; {prompt}. Static camera.",
    sample_settings: {},
    sort: 10,
    active: true,
    ...stamps,
    ...overrides,
  };
}

/** Who makes what: the provider of each kind's default model in the catalogue. */
const PROVIDER_OF: Readonly<Record<string, string>> = {
  script: "gemini",
  image: "fal",
  speech: "google_tts",
  video: "kie",
  film: "studio",
};

/** The default model of a kind. */
export function defaultModelOf(kind: string): Model {
  return modelOf({ kind, provider: PROVIDER_OF[kind] ?? "" });
}

/** The catalogue of a kind, or (`all`) of every kind: one model each, and pictures keep their characters. */
export function catalogueOf(kind: string): Model[] {
  if (kind !== "all") return [defaultModelOf(kind)];
  return Object.keys(PROVIDER_OF).map((of) => ({
    ...defaultModelOf(of),
    id: `a-${of}-model`,
    ...(of === "image" ? { limits: { max_references: 4 } } : {}),
  }));
}

/** What an operation knows of a project with one scene, its picture and its clip. */
export function studioOf(overrides: Partial<StudioContext> = {}): StudioContext {
  return {
    project: projectOf(),
    scenes: [sceneOf()],
    characters: [],
    frames: [],
    images: [imageOf()],
    audio_clips: [],
    video_clips: [clipOf()],
    films: [],
    settings: settingsOf(),
    balance: 500,
    models: [modelOf()],
    ...overrides,
  };
}

/** A job that was just claimed for the first time. */
export function jobOf(overrides: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    id: IDS.job,
    user_id: IDS.user,
    project_id: IDS.project,
    kind: "video",
    subject_id: IDS.clip,
    payload: {},
    state: "running",
    priority: 100,
    run_at: NOW,
    attempt: 1,
    failure_count: 0,
    max_failures: 5,
    claimed_at: NOW,
    woken_at: null,
    parent_id: null,
    child_key: null,
    stage: null,
    open_children_count: 0,
    progress: 0,
    result: null,
    error: null,
    provider: "kie",
    model_id: "kling-2.5-turbo-pro",
    external_task_id: null,
    holds_slot: false,
    units: 5,
    credits: 5,
    retry_of: null,
    idempotency_key: "the-key-of-the-click",
    request_id: "the-request",
    deadline_sec: 3600,
    deadline_at: "2026-11-21T10:00:00+00:00",
    started_at: NOW,
    finished_at: null,
    ...stamps,
    ...overrides,
  };
}

/** A clip to start. */
export function newJobOf(overrides: Partial<NewJob> = {}): NewJob {
  return {
    kind: "video",
    project_id: IDS.project,
    model_id: "a-model",
    units: 5,
    deadline_sec: 3600,
    payload: { request: { endpoint: "test/model" } },
    asset: {
      provider: "kie",
      model_id: "a-model",
      prompt: "A boat",
      aspect_ratio: "16:9",
      duration_sec: 5,
    },
    ...overrides,
  };
}

/** A click that starts one clip and is answered at once. */
export function clickOf(overrides: Partial<Click> = {}): Click {
  return {
    userId: IDS.user,
    operation: "generate-video",
    idempotency: { key: crypto.randomUUID(), fingerprint: "f".repeat(64) },
    requestId: crypto.randomUUID(),
    jobs: [newJobOf()],
    answer: { assets: "video_clips", jobs: "jobs", many: true },
    ...overrides,
  };
}
