/**
 * Operations that nobody but machines calls: cron and providers.
 *
 * @module
 */
import { z } from "zod";
import type { OperationDefinition } from "./operation.ts";

/** What cron sends: nothing. */
export const tickRequest = z.strictObject({});

/** The tick was heard; the work goes on after the answer. */
export const tickResponse = z.object({ accepted: z.literal(true) });

/** What a provider calls back with: its own words, of which only the task's name is read. */
export const webhookRequest = z.looseObject({});

/** By name. */
export const ENGINE_OPERATIONS = {
  "poll-video": {
    caller: "cron",
    spends: false,
    status: 202,
    summary: "Look at renders that are due",
    request: tickRequest,
    response: tickResponse,
  },
  "run-jobs": {
    caller: "cron",
    spends: false,
    status: 202,
    summary: "Start jobs that wait, and take over those of dead workers",
    request: tickRequest,
    response: tickResponse,
  },
  "purge-projects": {
    caller: "cron",
    spends: false,
    status: 202,
    summary: "Remove the rows and files of projects that were deleted for good",
    request: tickRequest,
    response: tickResponse,
  },
  "video-webhook": {
    caller: "provider",
    spends: false,
    status: 200,
    summary: "Hear that a provider's task has changed",
    request: webhookRequest,
    response: z.object({ code: z.literal(200), msg: z.string() }),
  },
} as const satisfies Record<string, OperationDefinition>;
