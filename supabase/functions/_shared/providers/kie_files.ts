/**
 * Files between us and KIE: pictures it can't fetch are uploaded, and results whose URL has expired get a new
 * one. Source: docs.kie.ai, "File Upload API" and "Get download URL", 2026-08; recorded traffic.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { isPublicAddress } from "../media/public_url_guard_address.ts";
import { askKie, kieBadResponse, type KieConfig } from "./kie_client.ts";
import { kieRequestError } from "./kie_error.ts";
import { readOwnPicture } from "./own_picture.ts";
import type { SubmitOutcome, VideoRequest } from "./render.ts";

/** What the video models take (docs.kie.ai model pages). */
const MAX_PICTURE_BYTES = 10 * 1024 * 1024;

/** Ten megabytes in base64 over a slow line. */
const UPLOAD_TIMEOUT_MS = 60_000;

/** Storage is next door. */
const READ_TIMEOUT_MS = 15_000;

/** A small question with a small answer. */
const RENEW_TIMEOUT_MS = 15_000;

/** Where uploads are put at KIE; they are gone after a day or three. */
const UPLOAD_PATH = "images/ai-studio";

const Url = z.url({ protocol: /^https?$/ });
const Uploaded = z.looseObject({ downloadUrl: Url });

/**
 * Gives the request with URLs that KIE can fetch: the same one when it can fetch them all already, else one
 * whose pictures were uploaded. Costs nothing at KIE, and may be repeated.
 *
 * When an upload fails nothing was submitted: the outcome is `refused` for KIE's refusal, else `never_sent`.
 */
export async function withReachablePictures(
  config: KieConfig,
  request: VideoRequest,
  signal: AbortSignal | undefined,
): Promise<VideoRequest | SubmitOutcome> {
  const { uploadUrl } = config;
  if (uploadUrl === undefined) return request;
  const { imageUrl, lastImageUrl } = request;
  if (!isLocal(imageUrl) && !isLocal(lastImageUrl)) return request;
  try {
    const reach = async (url: string) =>
      isLocal(url) ? await upload(config, { url, uploadUrl, signal }) : url;
    return {
      ...request,
      imageUrl: await reach(imageUrl),
      ...(lastImageUrl === undefined ? {} : { lastImageUrl: await reach(lastImageUrl) }),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isTheirs = error.code === "PROVIDER_REJECTED" || error.code === "PROVIDER_RATE_LIMITED" ||
      error.code === "CONTENT_REFUSED" || error.code === "RESULT_INVALID";
    return { outcome: isTheirs ? "refused" : "never_sent", error };
  }
}

/**
 * Asks KIE for a new URL of a file it has made; it lives for 20 minutes. Null when it gives none. Never
 * throws for KIE's faults.
 */
export async function renewKieUrl(
  config: KieConfig,
  url: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    const { code, data } = await askKie(config, {
      operation: "download_url",
      path: "/api/v1/common/download-url",
      init: { method: "POST", body: JSON.stringify({ url }) },
      timeoutMs: RENEW_TIMEOUT_MS,
      signal,
    });
    const renewed = Url.safeParse(data);
    return code === 200 && renewed.success ? renewed.data : null;
  } catch (error) {
    // The call has written its line already; a bug of ours is still thrown.
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** Tells a URL that only this machine or its network can reach. */
function isLocal(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const isAddress = host.includes(":") || /^[\d.]+$/.test(host);
  return isAddress
    ? !isPublicAddress(host)
    : !host.includes(".") || /\.(localhost|local|internal|test)$/.test(host);
}

async function upload(config: KieConfig, { url, uploadUrl, signal }: {
  readonly url: string;
  readonly uploadUrl: string;
  readonly signal: AbortSignal | undefined;
}): Promise<string> {
  const { bytes, contentType, extension } = await readOwnPicture(url, {
    maxBytes: MAX_PICTURE_BYTES,
    timeoutMs: READ_TIMEOUT_MS,
    log: config.log,
    signal,
  });
  const operation = "upload_picture";
  const { code, message, data } = await askKie(config, {
    operation,
    baseUrl: uploadUrl,
    path: "/api/file-base64-upload",
    init: {
      method: "POST",
      body: JSON.stringify({
        base64Data: `data:${contentType};base64,${Buffer.from(bytes).toString("base64")}`,
        uploadPath: UPLOAD_PATH,
        // A name that comes again would overwrite the first file.
        fileName: `${crypto.randomUUID()}.${extension}`,
      }),
    },
    timeoutMs: UPLOAD_TIMEOUT_MS,
    signal,
  });
  if (code !== 200) throw kieRequestError({ code, message, action: operation });
  const uploaded = Uploaded.safeParse(data);
  if (!uploaded.success) throw kieBadResponse(config.log, operation, "data.downloadUrl");
  return uploaded.data.downloadUrl;
}
