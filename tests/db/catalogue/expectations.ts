/**
 * The reviewed list of who may do what in the database. A table or function that is not in here fails the
 * tests: decide, write the line, and have it reviewed.
 *
 * @module
 */

/** What `authenticated` may do; `anon` may do nothing anywhere. Columns where a right is by column. */
export interface TableRights {
  /** Whose rows a user sees: their own, everybody's (a catalogue), or none. */
  readonly sees: "own" | "all" | "none";
  /** Columns a user may write when adding a row of their own. */
  readonly inserts: readonly string[];
  /** Columns a user may change in a row of their own. */
  readonly updates: readonly string[];
  /** Whether a user may delete a row of their own. */
  readonly deletes: boolean;
  /** What `service_role` may do by itself; the rest is the engine's functions. */
  readonly service: readonly string[];
}

const ENGINE_WRITES = { inserts: [], updates: [], deletes: false } as const;
const SERVICE_WRITES = ["delete", "insert", "select", "update"] as const;
const PROJECT_COLUMNS = [
  "budget_credits",
  "category",
  "description",
  "language",
  "platform",
  "target_length",
  "title",
  "tone",
] as const;

/** Every table of the schema `public`. */
export const TABLES: Readonly<Record<string, TableRights>> = {
  audio_clips: { sees: "own", ...ENGINE_WRITES, service: SERVICE_WRITES },
  characters: {
    sees: "own",
    inserts: ["description", "name", "project_id", "voice_id"],
    updates: ["description", "image_id", "name", "voice_id"],
    deletes: true,
    service: SERVICE_WRITES,
  },
  credit_accounts: { sees: "own", ...ENGINE_WRITES, service: ["select"] },
  credit_entries: { sees: "own", ...ENGINE_WRITES, service: ["select"] },
  director_messages: { sees: "own", ...ENGINE_WRITES, service: ["select"] },
  director_proposals: { sees: "own", ...ENGINE_WRITES, service: ["select"] },
  films: { sees: "own", ...ENGINE_WRITES, service: SERVICE_WRITES },
  frame_characters: {
    sees: "own",
    inserts: ["character_id", "frame_id", "project_id"],
    updates: [],
    deletes: true,
    service: SERVICE_WRITES,
  },
  frames: {
    sees: "own",
    inserts: ["action", "camera", "index", "project_id", "scene_id", "video_prompt"],
    updates: ["action", "camera", "image_id", "index", "video_clip_id", "video_prompt"],
    deletes: true,
    service: SERVICE_WRITES,
  },
  idempotency_keys: { sees: "none", ...ENGINE_WRITES, service: ["select"] },
  image_assets: { sees: "own", ...ENGINE_WRITES, updates: ["is_main"], service: SERVICE_WRITES },
  job_attempts: { sees: "none", ...ENGINE_WRITES, service: ["select"] },
  jobs: { sees: "own", ...ENGINE_WRITES, service: ["select"] },
  models: { sees: "all", ...ENGINE_WRITES, service: ["select"] },
  presets: { sees: "all", ...ENGINE_WRITES, service: ["select"] },
  // A project is deleted by an operation, which also empties its folder.
  projects: {
    sees: "own",
    inserts: PROJECT_COLUMNS,
    updates: PROJECT_COLUMNS,
    deletes: false,
    service: SERVICE_WRITES,
  },
  provider_limits: { sees: "none", ...ENGINE_WRITES, service: ["select"] },
  scenes: {
    sees: "own",
    inserts: ["index", "notes", "plot", "project_id", "text", "title"],
    updates: ["index", "notes", "plot", "text", "title"],
    deletes: true,
    service: SERVICE_WRITES,
  },
  settings: {
    sees: "own",
    inserts: [],
    updates: [
      "default_image_style",
      "default_language",
      "default_tone",
      "default_tts_voice",
      "image_model",
      "script_model",
      "tts_provider",
      "video_model",
      "video_provider",
    ],
    deletes: false,
    service: SERVICE_WRITES,
  },
  // Prefixes of what is gone: only the purge needs them.
  storage_purges: { sees: "none", ...ENGINE_WRITES, service: ["select"] },
  // Counted by the operations that take files; only they and the purge need them.
  upload_grants: { sees: "none", ...ENGINE_WRITES, service: ["select"] },
  video_clips: { sees: "own", ...ENGINE_WRITES, service: SERVICE_WRITES },
};

/**
 * Every view of the schema `public`. Users read them with their own rights (`security_invoker`), so the tables'
 * policies decide; nobody else does anything with them.
 */
export const VIEWS: readonly string[] = ["credit_history", "model_catalogue", "project_overview"];

/** Every function of the schema `public`, and who may call it. */
export const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  add_upload: ["service_role"],
  begin_director_turn: ["authenticated"],
  begin_submit: ["service_role"],
  cancel_job: ["service_role"],
  claim_jobs: ["service_role"],
  claim_storage_purges: ["service_role"],
  confirm_characters: ["service_role"],
  confirm_director_proposal: ["service_role"],
  create_director_proposal: ["service_role"],
  create_jobs: ["service_role"],
  delete_account: ["service_role"],
  delete_expired_projects: ["service_role"],
  delete_project: ["service_role"],
  director_project: ["authenticated"],
  director_scene: ["authenticated"],
  expire_jobs: ["service_role"],
  expired_upload_places: ["service_role"],
  film_receipt: ["authenticated"],
  find_upload: ["authenticated"],
  finish_director_turn: ["service_role"],
  finish_storage_purge: ["service_role"],
  forget_upload_places: ["service_role"],
  grant_credits: ["service_role"],
  grant_upload: ["service_role"],
  note_new_folder: ["service_role"],
  production_history: ["authenticated"],
  queue_status: ["authenticated", "service_role"],
  read_answer: ["service_role"],
  read_export: ["authenticated"],
  read_job: ["authenticated"],
  read_production: ["service_role"],
  record_submit: ["service_role"],
  release_job: ["service_role"],
  renew_lease: ["service_role"],
  reorder_scenes: ["authenticated"],
  restore_project: ["service_role"],
  route_job: ["service_role"],
  settle_job: ["service_role"],
  step_production: ["service_role"],
  studio_context: ["authenticated"],
  wake_by_callback: ["service_role"],
};

/** Functions of the schema `private` that users' own statements run: checks, and what their functions call. */
export const PRIVATE_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  asset_of: ["authenticated"],
  deleted_projects: ["authenticated"],
  frames_of: ["authenticated"],
  is_error: ["authenticated", "service_role"],
  known_answer: ["authenticated"],
  message_text: ["authenticated"],
  note_director_turn: ["authenticated"],
  submits_of: ["authenticated"],
};

/** Run with their owner's rights and may be called by users: each looks at what is the caller's own alone. */
export const OPEN_DEFINERS: readonly string[] = [
  "private.deleted_projects()",
  "private.known_answer(jsonb)",
  "private.note_director_turn(uuid,text,text,boolean)",
  "private.submits_of(uuid)",
];
