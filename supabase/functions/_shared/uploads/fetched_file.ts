/**
 * A picture or a track at a URL that a user names: fetched by the guarded download, whole and bounded.
 *
 * @module
 */
import { MAX_MUSIC_BYTES, MAX_UPLOAD_BYTES } from "../../../../shared/contract/limits.ts";
import { AppError } from "../app_error.ts";
import { fetchMedia, type MediaFetchOptions } from "../media/download_fetch.ts";
import { readWhole } from "../media/download_reader.ts";

/** What tests put in the place of the network. */
export type FetchOverrides = Pick<MediaFetchOptions, "allowedOrigins" | "fetch" | "resolve">;

/** Somebody waits for the answer, and 10 MB come in a second from any server that is up. */
const TIMEOUT_MS = 20_000;

/**
 * Fetches it: https only, no private address, checked again on each redirect.
 *
 * Errors: `IMAGE_INVALID` with the download's `details.reason` (`forbidden_scheme`, `forbidden_address`,
 * `too_many_redirects`, `expired`, …), `PAYLOAD_TOO_LARGE`, `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`.
 */
export async function fetchPicture(
  url: string,
  options: FetchOverrides & { readonly signal: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  return await fetchFile(url, {
    ...options,
    maxBytes: MAX_UPLOAD_BYTES,
    code: "IMAGE_INVALID",
    field: "image_url",
  });
}

/** Fetches a track as {@link fetchPicture} does a picture. `AUDIO_INVALID` stands for `IMAGE_INVALID`. */
export async function fetchTrack(
  url: string,
  options: FetchOverrides & { readonly signal: AbortSignal; readonly field: string },
): Promise<Uint8Array<ArrayBuffer>> {
  return await fetchFile(url, { ...options, maxBytes: MAX_MUSIC_BYTES, code: "AUDIO_INVALID" });
}

async function fetchFile(url: string, { code, field, maxBytes, signal, ...overrides }: {
  readonly code: "IMAGE_INVALID" | "AUDIO_INVALID";
  readonly field: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
} & FetchOverrides): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetchMedia(url, { timeoutMs: TIMEOUT_MS, signal, ...overrides });
    return await readWhole(response, { maxBytes, signal });
  } catch (cause) {
    // Of a provider's result it would be the provider's fault; here the caller chose the URL.
    if (!(cause instanceof AppError) || cause.code !== "RESULT_INVALID") throw cause;
    const { reason } = (cause.details ?? {}) as { reason?: string };
    throw new AppError(reason === "too_large" ? "PAYLOAD_TOO_LARGE" : code, cause.message, {
      cause,
      details: { field, reason },
    });
  }
}
