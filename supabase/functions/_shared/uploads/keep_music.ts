/**
 * Music of the user's own: looked at, then kept with its project under its content's name.
 *
 * @module
 */
import type { z } from "zod";
import { MAX_MUSIC_BYTES, MIN_MUSIC_SEC } from "../../../../shared/contract/limits.ts";
import type { filmMusic, HeardMusic } from "../../../../shared/contract/music.ts";
import { AppError } from "../app_error.ts";
import { callSql, type Client } from "../database/rpc.ts";
import { sha256Hex } from "../idempotency.ts";
import { readSize } from "../media/download_source.ts";
import { parseMp3 } from "../media/mp3.ts";
import { sniffMedia } from "../media/sniff.ts";
import { musicPath, projectFolder } from "../media/storage_path.ts";
import { supabaseMediaStore } from "../media_store.ts";
import { type FetchOverrides, fetchTrack } from "./fetched_file.ts";

/** Tracks a project may hold: each is up to 20 MB that nobody has paid for. */
const MAX_TRACKS = 20;

const CHECK_TIMEOUT_MS = 10_000;

/** A track in Storage. */
export interface KeptMusic {
  /** Public, and the same for the same file. */
  readonly url: string;
  /** Hex, of the file. */
  readonly sha256: string;
  /** Seconds. */
  readonly duration_sec: number;
  /** Bytes. */
  readonly size_bytes: number;
}

/** Where tracks are kept, and with whose rights. */
export interface MusicPlace {
  /** The verified user. */
  readonly userId: string;
  /** With the user's own rights. */
  readonly client: Client;
  /** With the service's. */
  readonly service: Client;
  /** Base URL of the project. */
  readonly supabaseUrl: string;
  /** Bucket of all media. */
  readonly bucket: string;
}

/** Tells how long an mp3 plays, in seconds. Errors: `AUDIO_INVALID`, `PAYLOAD_TOO_LARGE`. */
export function checkTrack(bytes: Uint8Array): number {
  if (bytes.byteLength > MAX_MUSIC_BYTES) {
    throw new AppError(
      "PAYLOAD_TOO_LARGE",
      `Cannot take the music: it has ${bytes.byteLength} bytes, ${MAX_MUSIC_BYTES} are allowed`,
      { details: { limit: MAX_MUSIC_BYTES } },
    );
  }
  const type = sniffMedia(bytes);
  if (type?.extension !== "mp3") {
    throw refuse("wrong_type", `it is ${type?.contentType ?? "of no known type"}, not an mp3`);
  }
  let seconds: number;
  try {
    seconds = parseMp3(bytes).durationSeconds;
  } catch (cause) {
    throw refuse("unreadable", "it has no frame of an mp3", cause);
  }
  if (seconds >= MIN_MUSIC_SEC) return seconds;
  throw refuse(
    "too_short",
    `it plays ${seconds.toFixed(2)} s, ${MIN_MUSIC_SEC} s at least is needed`,
  );
}

/**
 * Keeps a track with a project the caller has shown to be the user's. The same file again is the same object.
 *
 * Errors: those of {@link checkTrack}, `STATE_CONFLICT` when the project holds too many, `RATE_LIMITED` (the user's
 * tracks of a day), `PROVIDER_UNAVAILABLE`.
 */
export async function keepMusic(
  bytes: Uint8Array<ArrayBuffer>,
  place: MusicPlace & { readonly projectId: string },
): Promise<KeptMusic> {
  const { service, bucket, projectId } = place;
  const duration_sec = checkTrack(bytes);
  const sha256 = await sha256Hex(bytes);
  const store = supabaseMediaStore(service, place);
  const path = musicPath({ project: projectId, sha256 });
  const { data, error } = await service.storage.from(bucket)
    .list(`${projectFolder(projectId)}/music`, { limit: MAX_TRACKS + 1 });
  if (error !== null) {
    throw new AppError("PROVIDER_UNAVAILABLE", "Cannot keep the music: Storage did not answer", {
      cause: error,
    });
  }
  const isThere = data.some(({ name }) => name === `${sha256}.mp3`);
  if (!isThere && data.length >= MAX_TRACKS) {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot keep the music: the project holds ${MAX_TRACKS} tracks already`,
      { details: { limit: MAX_TRACKS } },
    );
  }
  if (isThere) return { url: store.url(path), sha256, duration_sec, size_bytes: bytes.byteLength };
  await callSql(service, "grant_upload", {
    p_user_id: place.userId,
    p_grant_id: crypto.randomUUID(),
    p_kind: "track",
  });
  const url = await store.put(path, bytes, "audio/mpeg");
  return { url, sha256, duration_sec, size_bytes: bytes.byteLength };
}

/** For whom music is taken. */
export interface TakeOptions extends MusicPlace {
  /** Null: it is not there yet, so that the track is only looked at. */
  readonly projectId: string | null;
  /** The request's. */
  readonly signal: AbortSignal;
  /** What tests put in the place of the network. */
  readonly overrides?: FetchOverrides;
}

/**
 * Takes the music that a request names, before anything is charged: a track of the user's projects, or one on the
 * public internet, which is fetched, looked at and kept.
 *
 * Errors: `AUDIO_INVALID`, `PAYLOAD_TOO_LARGE`, `NOT_FOUND`, `STATE_CONFLICT`, `RATE_LIMITED`, `PROVIDER_*`.
 */
export async function takeMusic(
  { url, gain_db = null }: Pick<z.output<typeof filmMusic>, "url"> & {
    gain_db?: number | undefined | null;
  },
  options: TakeOptions,
): Promise<HeardMusic> {
  const { projectId, signal, overrides } = options;
  const own = ownTrack(url, options);
  const ownOrigin = { allowedOrigins: [new URL(options.supabaseUrl).origin] };
  if (own !== null && own.project === projectId) {
    await readSize(url, { ...ownOrigin, timeoutMs: CHECK_TIMEOUT_MS, signal }).catch((cause) => {
      throw cause instanceof AppError && cause.code === "RESULT_INVALID" ? notThere(url) : cause;
    });
    return { url, sha256: own.sha256, gain_db };
  }
  if (own !== null) {
    const { data } = await options.client.from("projects").select("id").eq("id", own.project)
      .maybeSingle();
    if (data === null) throw notThere(url);
  }
  const bytes = await fetchTrack(url, {
    ...(own === null ? overrides : ownOrigin),
    signal,
    field: "music.url",
  });
  if (projectId === null) {
    checkTrack(bytes);
    return { url, sha256: await sha256Hex(bytes), gain_db };
  }
  const kept = await keepMusic(bytes, { ...options, projectId });
  return { url: kept.url, sha256: kept.sha256, gain_db };
}

/** Reads which track of which project a URL of our own Storage names. Null: it is no such URL. */
function ownTrack(
  url: string,
  { supabaseUrl, bucket }: MusicPlace,
): { readonly project: string; readonly sha256: string } | null {
  const root = `${supabaseUrl}/storage/v1/object/public/${bucket}/projects/`;
  if (!url.startsWith(root)) return null;
  const found = /^([0-9a-f-]{36})\/music\/([0-9a-f]{64})\.mp3$/.exec(url.slice(root.length));
  const [, project, sha256] = found ?? [];
  return project === undefined || sha256 === undefined ? null : { project, sha256 };
}

function notThere(url: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find the music at "${url.slice(0, 500)}"`, {
    hint: "Call upload-audio first, or give an https URL",
  });
}

function refuse(reason: string, why: string, cause?: unknown): AppError {
  return new AppError("AUDIO_INVALID", `Cannot take the music: ${why}`, {
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}
