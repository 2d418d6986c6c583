/**
 * Bringing pictures of one's own.
 *
 * @module
 */
import { z } from "zod";
import { imageAssetRow } from "./asset.ts";
import { id } from "./fields.ts";
import { MAX_UPLOAD_BYTES } from "./limits.ts";
import type { OperationDefinition } from "./operation.ts";
import { projectRow } from "./project.ts";

/** Media types of the pictures we take. What counts is the bytes. */
export const UPLOAD_TYPES = ["image/jpeg", "image/png", "image/webp"] as const;

/** A form's parts and boundaries around its one file. */
const FORM_BYTES = 64 * 1024;

/**
 * The operation's request. As a body: the picture itself, or a form with one file; the fields below then stand
 * in the query string, and only `project_id` may. As JSON: `image_url`; or `content_type` and `size_bytes`, to
 * be told where to put the file; or then `upload_path`, to have it taken.
 */
export const uploadImageRequest = z.strictObject({
  /** Whose picture it becomes. Absent: a project of its own is made, titled by the date. */
  project_id: id.optional(),
  /** https, on the public internet. */
  image_url: z.string().min(1).max(4096).optional(),
  content_type: z.enum(UPLOAD_TYPES).optional(),
  /** Bytes. */
  size_bytes: z.int().min(1).max(MAX_UPLOAD_BYTES).optional(),
  /** As `upload.path` of the answer was. */
  upload_path: z.string().regex(/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/).optional(),
}).refine((r) => (r.content_type === undefined) === (r.size_bytes === undefined), {
  error: "Give content_type and size_bytes together",
}).refine(
  (r) => [r.image_url, r.content_type, r.upload_path].filter((way) => way !== undefined).length < 2,
  { error: "Give one of image_url, upload_path, or content_type with size_bytes" },
);

/** A picture that was taken. */
const takenImage = z.object({
  image_asset: imageAssetRow,
  project: projectRow,
  /** False: this very picture was there already, and its first row is the answer. */
  is_new: z.boolean(),
});

/** Where to put a file: `storage.from(bucket).uploadToSignedUrl(path, token, file, { contentType })`. */
const uploadPlace = z.object({
  upload: z.object({
    /** For a plain `PUT` of the bytes with their Content-Type. */
    url: z.url(),
    token: z.string(),
    bucket: z.string(),
    path: z.string(),
    /** Seconds until it can no longer be used. */
    expires_in: z.int(),
  }),
});

/** By name. */
export const UPLOAD_OPERATIONS = {
  "upload-image": {
    caller: "user",
    spends: false,
    files: {
      contentTypes: [...UPLOAD_TYPES, "multipart/form-data"],
      maxBytes: MAX_UPLOAD_BYTES + FORM_BYTES,
    },
    status: 200,
    summary: "Take a picture of the user's own",
    request: uploadImageRequest,
    response: z.union([takenImage, uploadPlace]),
  },
} as const satisfies Record<string, OperationDefinition>;
