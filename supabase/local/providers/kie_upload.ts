/**
 * The simulated KIE's file upload by base64. Source: docs.kie.ai, "File Upload API"; recorded traffic.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { MediaStore } from "./media_store.ts";

/** Uploads are gone after three days. */
const UPLOAD_TTL_MS = 3 * 24 * 60 * 60 * 1000;

/** Keeps the file of a request's body, and answers where it is; HTTP 200 for refusals too. */
export function uploadAnswer(body: Record<string, unknown> | null, media: MediaStore): Response {
  const { base64Data, uploadPath, fileName } = body ?? {};
  const [, contentType = "", data] = typeof base64Data === "string"
    ? /^data:(image\/[a-z]+);base64,([A-Za-z0-9+/]+=*)$/.exec(base64Data) ?? []
    : [];
  if (data === undefined) return refusal("base64Data is wrong");
  // Documented: without leading or trailing slashes.
  if (typeof uploadPath !== "string" || /^\/|\/$/.test(uploadPath)) {
    return refusal("uploadPath is wrong");
  }
  const bytes = new Uint8Array(Buffer.from(data, "base64"));
  const file = {
    success: true,
    fileName,
    filePath: `${uploadPath}/${fileName}`,
    downloadUrl: media.put({ bytes, contentType }, { ttlMs: UPLOAD_TTL_MS }),
    fileSize: bytes.length,
    mimeType: contentType,
    uploadedAt: new Date().toISOString(),
  };
  return Response.json({ success: true, code: 200, msg: "File uploaded successfully", data: file });
}

function refusal(msg: string): Response {
  return Response.json({ success: false, code: 400, msg, data: null });
}
