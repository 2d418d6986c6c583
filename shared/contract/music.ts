/**
 * Music under a film.
 *
 * @module
 */
import { z } from "zod";

/** A track, and how loud it is. */
export const filmMusic = z.strictObject({
  /** An mp3: what upload-audio answered, or https on the public internet. Repeated or cut to the film's length. */
  url: z.string().min(1).max(4096),
  /** How far it lies under the voices, in dB. Absent: -18; 0 in a film where nobody speaks. */
  gain_db: z.number().min(-40).max(0).optional(),
});

/** The track of a film, as the film's row names it. */
export const heardMusic = z.object({
  /** Where it was taken from: in Storage, or as it was asked for. */
  url: z.string(),
  /** Of the file, in hex. Null: it was not fetched before the film was. */
  sha256: z.string().nullable(),
  /** As asked for. Null: it was not. */
  gain_db: z.number().nullable(),
});
/** The track of a film. */
export type HeardMusic = z.infer<typeof heardMusic>;
