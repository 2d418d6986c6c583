/**
 * Fields that several resources share.
 *
 * @module
 */
import { z } from "zod";

/** A row's id. */
export const id: z.ZodUUID = z.uuid();

/** An instant: ISO 8601 with offset, as PostgREST writes `timestamptz`. */
export const instant: z.ZodISODateTime = z.iso.datetime({ offset: true });

/** Why something failed. Null otherwise. `details`: what would do instead, by code; absent: nothing is known. */
export const failure: z.ZodNullable<
  z.ZodObject<{ code: z.ZodString; message: z.ZodString; details: z.ZodOptional<z.ZodUnknown> }>
> = z
  .object({ code: z.string(), message: z.string(), details: z.unknown().optional() }).nullable();

/** BCP 47 tag, such as `en-US` or `ko-KR`. */
export const language: z.ZodString = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
  .max(35);

/** Width to height of pictures and clips. What a model takes is in the catalogue. */
export const aspectRatio: z.ZodEnum<
  { "16:9": "16:9"; "9:16": "9:16"; "1:1": "1:1"; "4:3": "4:3"; "3:4": "3:4"; "21:9": "21:9" }
> = z.enum(["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"]);
