/**
 * Taking a project away: one zip with everything that belongs to it.
 *
 * @module
 */
import { z } from "zod";
import { id } from "./fields.ts";
import type { OperationDefinition } from "./operation.ts";

/** What may be left out of an export, to make it smaller. Texts, subtitles, timeline and receipt are always in it. */
export const EXPORT_PARTS = ["film", "clips", "pictures", "narration"] as const;
/** A word of {@link EXPORT_PARTS}. */
export type ExportPart = (typeof EXPORT_PARTS)[number];

/** Most media of one export, in bytes: what an Edge Function can send within its CPU time (README). */
export const MAX_EXPORT_BYTES = 600_000_000;

/** A project of the caller's. */
export const exportProjectRequest = z.strictObject({
  project_id: id,
  /** Which film. Absent: the newest ready one; a project without a film is exported without one. */
  film_id: id.optional(),
  /** Media that are named in the manifest and linked to in the timeline, but not in the zip. */
  leave_out: z.array(z.enum(EXPORT_PARTS)).max(EXPORT_PARTS.length).default([]),
});

/** `manifest.json` of an export. */
export const exportManifest = z.object({
  project_id: id,
  title: z.string(),
  /** Null: there is no ready film. */
  film_id: id.nullable(),
  files: z.array(z.object({
    /** Inside the zip, from the manifest's own folder. */
    path: z.string(),
    part: z.enum([...EXPORT_PARTS, "subtitles", "script", "timeline", "receipt"]),
    /** False: left out on request; `url` has it. */
    included: z.boolean(),
    /** The row it is of. Null for texts made for the export. */
    id: id.nullable(),
    scene_index: z.int().nullable(),
    size_bytes: z.int().nullable(),
    /** In our Storage. Null for texts made for the export. */
    url: z.url().nullable(),
  })),
});
/** What is in an export. */
export type ExportManifest = z.infer<typeof exportManifest>;

/** By name. */
export const EXPORT_OPERATIONS = {
  "export-project": {
    caller: "user",
    spends: false,
    status: 200,
    produces: "application/zip",
    summary: "Download a project as one zip: media, script, subtitles, timeline, receipt",
    request: exportProjectRequest,
    response: z.file().mime("application/zip"),
  },
} as const satisfies Record<string, OperationDefinition>;
