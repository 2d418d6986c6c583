/**
 * Operations that take things away, and bring them back.
 *
 * @module
 */
import { z } from "zod";
import { id, instant } from "./fields.ts";
import type { OperationDefinition } from "./operation.ts";
import { projectRow } from "./project.ts";

/** A project of the caller's. */
export const projectRequest = z.strictObject({ project_id: id });

/** Said by hand: nothing else in a client should ever send it. */
export const deleteAccountRequest = z.strictObject({ confirm: z.literal("DELETE") });

/** By name. */
export const DELETION_OPERATIONS = {
  "delete-project": {
    caller: "user",
    spends: false,
    status: 200,
    summary:
      "Delete a project, stop what is being made for it, and get back what was not delivered",
    request: projectRequest,
    response: z.object({
      project: projectRow,
      /** Until then `restore-project` brings it back; afterwards rows and files go. */
      restorable_until: instant,
      cancelled_count: z.int(),
      balance: z.int(),
    }),
  },
  "restore-project": {
    caller: "user",
    spends: false,
    status: 200,
    summary: "Bring a deleted project back",
    request: projectRequest,
    response: z.object({ project: projectRow }),
  },
  "delete-account": {
    caller: "user",
    spends: false,
    status: 200,
    summary: "Delete the caller's account with everything in it, at once and for good",
    request: deleteAccountRequest,
    response: z.object({
      deleted: z.literal(true),
      project_count: z.int(),
      cancelled_count: z.int(),
    }),
  },
} as const satisfies Record<string, OperationDefinition>;
