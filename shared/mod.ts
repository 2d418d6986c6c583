/**
 * The studio's contract and client: runs in browsers, React Native, Node and Deno.
 *
 * @module
 */
export { type ErrorCode, type ErrorEnvelope, ERRORS, isErrorCode } from "./contract/errors.ts";
export {
  type OperationName,
  type OperationRequest,
  type OperationResponse,
  OPERATIONS,
} from "./contract/operations.ts";
export {
  ASSET_STATUSES,
  type AssetStatus,
  isJobEnded,
  JOB_KINDS,
  JOB_STATES,
  type JobKind,
  type JobState,
  PROJECT_STATUSES,
  type ProjectStatus,
} from "./contract/statuses.ts";
export {
  IDEMPOTENCY_KEPT_HOURS,
  IDEMPOTENCY_KEY_FORM,
  MAX_BODY_BYTES,
  MAX_CLIPS_PER_FILM,
  MAX_CLIPS_PER_REQUEST,
  MAX_MUSIC_BYTES,
  MAX_PROMPT_CHARS,
  MAX_SCENES,
  MAX_SSML_CHARS,
  MAX_UPLOAD_BYTES,
  MAX_UPLOAD_PIXELS,
  MAX_UPLOAD_SIDE,
  MIN_MUSIC_SEC,
  MIN_UPLOAD_SIDE,
} from "./contract/limits.ts";
export {
  DIRECTOR_PAGES,
  type DirectorPage,
  type DirectorProposal,
  type DirectorTool,
  MAX_DIRECTOR_BODY_BYTES,
  MAX_DIRECTOR_MESSAGE_BYTES,
  PROPOSED_OPERATIONS,
  type ProposedOperation,
} from "./contract/director.ts";
export {
  EXPORT_PARTS,
  type ExportManifest,
  type ExportPart,
  MAX_EXPORT_BYTES,
} from "./contract/export_operations.ts";
export type { FilmReceipt, ReceiptLine } from "./contract/receipt.ts";
export type { Project } from "./contract/project.ts";
export type { Scene } from "./contract/scene.ts";
export type { AudioClip, Film, ImageAsset, VideoClip } from "./contract/asset.ts";
export {
  type CatalogueModel,
  type CreditHistoryEntry,
  creditHistoryRow,
  modelCatalogueRow,
  type ProjectOverview,
  projectOverviewRow,
} from "./contract/views.ts";
export type { Preset } from "./contract/preset.ts";
export type { Job } from "./contract/job.ts";
export { StudioClient, type StudioClientConfig } from "./client/studio_client.ts";
export { StudioError } from "./client/studio_error.ts";
export type { Database } from "./database.types.ts";
