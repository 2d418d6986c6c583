/**
 * The operations: the one list from which server, client, docs and tests derive.
 *
 * @module
 */
import type { z } from "zod";
import { DIRECTOR_OPERATIONS } from "./director_operations.ts";
import { ENGINE_OPERATIONS } from "./engine_operations.ts";
import { JOB_OPERATIONS } from "./job_operations.ts";
import { MEDIA_OPERATIONS } from "./media_operations.ts";
import type { OperationDefinition } from "./operation.ts";

/** Every operation by its name, which is its URL below `/functions/v1/`. All take `POST`. */
export const OPERATIONS = {
  ...MEDIA_OPERATIONS,
  ...JOB_OPERATIONS,
  ...DIRECTOR_OPERATIONS,
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
