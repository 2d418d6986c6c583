/**
 * The operations: the one list from which server, client, docs and tests derive.
 *
 * @module
 */
import type { z } from "zod";
import { DIRECTOR_OPERATIONS } from "./director_operations.ts";
import { ESTIMATE_OPERATIONS } from "./estimate_operations.ts";
import { DELETION_OPERATIONS } from "./deletion_operations.ts";
import { ENGINE_OPERATIONS } from "./engine_operations.ts";
import { FILM_OPERATIONS } from "./film_operations.ts";
import { EXPORT_OPERATIONS } from "./export_operations.ts";
import { JOB_OPERATIONS } from "./job_operations.ts";
import { MEDIA_OPERATIONS } from "./media_operations.ts";
import { MUSIC_OPERATIONS } from "./music_operations.ts";
import type { OperationDefinition } from "./operation.ts";
import { SPEECH_OPERATIONS } from "./speech_operations.ts";
import { UPLOAD_OPERATIONS } from "./upload_operations.ts";

/** Every operation by its name, which is its URL below `/functions/v1/`. All take `POST`. */
export const OPERATIONS = {
  ...FILM_OPERATIONS,
  ...MEDIA_OPERATIONS,
  ...UPLOAD_OPERATIONS,
  ...MUSIC_OPERATIONS,
  ...JOB_OPERATIONS,
  ...DIRECTOR_OPERATIONS,
  ...ESTIMATE_OPERATIONS,
  ...DELETION_OPERATIONS,
  ...SPEECH_OPERATIONS,
  ...EXPORT_OPERATIONS,
  ...ENGINE_OPERATIONS,
} as const satisfies Record<string, OperationDefinition>;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** Body of a request as a client writes it (before defaults). */
export type OperationRequest<Name extends OperationName> = z.input<
  (typeof OPERATIONS)[Name]["request"]
>;

/** Body of a success. */
export type OperationResponse<Name extends OperationName> = z.output<
  (typeof OPERATIONS)[Name]["response"]
>;
