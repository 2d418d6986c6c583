/**
 * Bringing music of one's own.
 *
 * @module
 */
import { z } from "zod";
import { id } from "./fields.ts";
import { MAX_MUSIC_BYTES } from "./limits.ts";
import type { OperationDefinition } from "./operation.ts";

/**
 * The operation's request. As a body: the mp3 itself, with `project_id` in the query string. As JSON: `audio_url`.
 */
export const uploadAudioRequest = z.strictObject({
  /** Whose track it becomes. */
  project_id: id,
  /** https, on the public internet. */
  audio_url: z.string().min(1).max(4096).optional(),
});

/** By name. */
export const MUSIC_OPERATIONS = {
  "upload-audio": {
    caller: "user",
    spends: false,
    files: { contentTypes: ["audio/mpeg", "audio/mp3"], maxBytes: MAX_MUSIC_BYTES },
    status: 200,
    summary: "Take music of the user's own, for a film",
    request: uploadAudioRequest,
    response: z.object({
      music: z.object({
        /** For `music.url` of stitch-video and make-film. The same file again has the same. */
        url: z.url(),
        /** Hex, of the file. */
        sha256: z.string(),
        /** Seconds. */
        duration_sec: z.number(),
        size_bytes: z.int(),
      }),
    }),
  },
} as const satisfies Record<string, OperationDefinition>;
