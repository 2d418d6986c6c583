/**
 * Pictures that come with a request to the Gemini API: read and refused as the API does, and hidden from the
 * log, where megabytes of base64 would tell nobody anything.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import { checkPicture } from "../../functions/_shared/media/check_picture.ts";
import { type Answer, rpcError } from "./google_rpc.ts";

const blob = z.looseObject({ mimeType: z.string().optional(), data: z.string().optional() })
  .or(z.looseObject({ mime_type: z.string().optional(), data: z.string().optional() }));

/** Fields of a part that hold bytes. Both spellings are the API's own. */
export const INLINE_FIELDS = { inlineData: blob.optional(), inline_data: blob.optional() } as const;

/** What the API takes as a picture and our adapters send. Source: ai.google.dev, image understanding. */
const TYPES = new Set(["image/png", "image/jpeg", "image/webp"]);

/** A request has 20 MB in all. Source: ai.google.dev, image understanding. */
const MAX_BYTES = 20 * 1024 * 1024;

/** Of what is quoted in an error. */
const QUOTED_CHARS = 40;

/** A part of a request, as far as it may hold bytes. */
export type InlinePart = z.infer<z.ZodObject<typeof INLINE_FIELDS>>;

/** The pictures in the parts of all turns, in order, or the API's refusal. */
export function readInlinePictures(
  contents: readonly { readonly parts: readonly InlinePart[] }[],
): { readonly pictures: readonly Uint8Array[] } | { readonly refusal: Answer } {
  const pictures: Uint8Array[] = [];
  for (const [turn, { parts }] of contents.entries()) {
    for (const [at, part] of parts.entries()) {
      const inline = part.inlineData ?? part.inline_data;
      if (inline === undefined) continue;
      const type = String(inline["mimeType"] ?? inline["mime_type"] ?? "");
      const data = inline.data ?? "";
      if (!isBase64(data)) {
        return refuseBase64(`contents[${turn}].parts[${at}].inline_data.data`, data);
      }
      if (!TYPES.has(type)) return refuse(`Unsupported MIME type: ${type}`);
      const bytes = new Uint8Array(Buffer.from(data, "base64"));
      try {
        checkPicture(bytes, { maxBytes: MAX_BYTES });
      } catch {
        return refuse("Provided image is not valid.");
      }
      pictures.push(bytes);
    }
  }
  return { pictures };
}

/** A request's body with `sha256:<hex>, <n> bytes` in the place of each picture. */
export function hideInlinePictures(body: string): string {
  if (!/"inline_?data"/i.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body, (name, value) => {
      const isInline = name === "inlineData" || name === "inline_data";
      return isInline && typeof value?.data === "string"
        ? { ...value, data: describe(value.data) }
        : value;
    }));
  } catch {
    return body;
  }
}

function describe(data: string): string {
  const bytes = Buffer.from(data, "base64");
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}, ${bytes.length} bytes`;
}

/** Both alphabets are taken, with and without padding. */
function isBase64(data: string): boolean {
  return /^[\w+/-]*={0,2}$/.test(data) && data.replace(/=+$/, "").length % 4 !== 1;
}

function refuse(message: string): { readonly refusal: Answer } {
  return { refusal: rpcError("INVALID_ARGUMENT", message) };
}

function refuseBase64(field: string, data: string): { readonly refusal: Answer } {
  const description = `Invalid value at '${field}' (TYPE_BYTES), Base64 decoding failed for "${
    data.slice(0, QUOTED_CHARS)
  }"`;
  return {
    refusal: rpcError("INVALID_ARGUMENT", description, [{
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field, description }],
    }]),
  };
}
