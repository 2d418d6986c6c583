/**
 * The simulated providers' file host: results by signed URLs that expire, in bounded memory.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { FILE_FAULTS } from "./fault_kinds.ts";

/** About 2,000 clips; the oldest go first. */
const MAX_TOTAL_BYTES = 512 * 1024 * 1024;

/** As the shortest of the providers' lifetimes: KIE's task page says 24 h. */
const TTL_MS = 24 * 60 * 60 * 1000;

/** A kind of fault that a file can have. */
export type FileFault = typeof FILE_FAULTS[number];

/** Tells whether a kind of fault is one of a file. */
export function isFileFault(kind: string | undefined): kind is FileFault {
  return FILE_FAULTS.some((known) => known === kind);
}

/** A file to keep. */
export interface MediaFile {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** MIME type it is served with. */
  readonly contentType: string;
}

/** Keeps files and serves them. */
export interface MediaStore {
  /** Keeps a file and gives its URL. Default lifetime 24 h. */
  put(
    file: MediaFile,
    options?: { readonly fault?: FileFault | null; readonly ttlMs?: number },
  ): string;
  /** Makes a further URL for a kept file, with its own lifetime; null when it is not one of ours. */
  renew(url: string, ttlMs: number): string | null;
  /** Answers a GET or HEAD for `/media/…`: 403 for a bad or expired signature, 404 for unknown files. */
  serve(request: Request): Response;
  /** Forgets every file. */
  clear(): void;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "video/mp4": "mp4",
  "audio/mpeg": "mp3",
};

const ERROR_PAGE = new TextEncoder().encode(
  "<!doctype html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>",
);

interface KeptFile extends MediaFile {
  /** The connection is cut after so many bytes. */
  readonly cutAt: number | null;
}

/** Makes a store whose URLs begin with `baseUrl` (no trailing slash). */
export function createMediaStore(baseUrl: string): MediaStore {
  const key = randomBytes(32);
  // A Map keeps the order of insertion: the first is the one unused longest.
  const files = new Map<string, KeptFile>();
  let totalBytes = 0;

  const sign = (name: string, expiresAt: string) =>
    createHmac("sha256", key).update(`${name}\n${expiresAt}`).digest("hex");
  const urlOf = (name: string, expiresAt: number) =>
    `${baseUrl}/media/${name}?expires=${expiresAt}&signature=${sign(name, String(expiresAt))}`;

  const forget = (name: string) => {
    totalBytes -= files.get(name)?.bytes.length ?? 0;
    files.delete(name);
  };

  return {
    put: (file, { fault = null, ttlMs = TTL_MS } = {}) => {
      const extension = EXTENSIONS[file.contentType] ?? "bin";
      const name = `${randomBytes(16).toString("hex")}.${extension}`;
      const kept = spoil(file, fault);
      files.set(name, kept);
      totalBytes += kept.bytes.length;
      for (const oldest of files.keys()) {
        if (totalBytes <= MAX_TOTAL_BYTES) break;
        forget(oldest);
      }
      return urlOf(name, Date.now() + (fault === "expired_url" ? -1_000 : ttlMs));
    },
    renew: (url, ttlMs) => {
      // By the name alone, which nobody can guess: a proxy before us has an address of its own.
      const name = URL.canParse(url) ? new URL(url).pathname.split("/").at(-1) ?? "" : "";
      return files.has(name) ? urlOf(name, Date.now() + ttlMs) : null;
    },
    serve: (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return problem(405, "MethodNotAllowed");
      }
      const url = new URL(request.url);
      const name = url.pathname.split("/").at(-1) ?? "";
      const expires = url.searchParams.get("expires") ?? "";
      if (!isEqual(url.searchParams.get("signature") ?? "", sign(name, expires))) {
        return problem(403, "SignatureDoesNotMatch");
      }
      if (Number(expires) < Date.now()) return problem(403, "AccessDenied: Request has expired");
      const file = files.get(name);
      if (file === undefined) return problem(404, "NoSuchKey");
      files.delete(name);
      files.set(name, file);
      return send(file, request);
    },
    clear: () => {
      files.clear();
      totalBytes = 0;
    },
  };
}

function spoil(file: MediaFile, fault: FileFault | null): KeptFile {
  const { bytes, contentType } = file;
  switch (fault) {
    case "empty_file":
      return { bytes: new Uint8Array(), contentType, cutAt: null };
    case "truncated_file":
      return { bytes: bytes.slice(0, Math.floor(bytes.length * 0.6)), contentType, cutAt: null };
    case "cut_file":
      return { bytes, contentType, cutAt: Math.floor(bytes.length * 0.6) };
    case "wrong_type_file":
      return { bytes: ERROR_PAGE, contentType, cutAt: null };
    default:
      return { bytes, contentType, cutAt: null };
  }
}

function send(file: KeptFile, request: Request): Response {
  const { bytes, contentType, cutAt } = file;
  const headers: Record<string, string> = {
    "content-type": contentType,
    "content-length": String(bytes.length),
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=300",
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  if (cutAt !== null) {
    const cut = new ReadableStream({
      start: (controller) => controller.enqueue(bytes.subarray(0, cutAt)),
      pull: (controller) => controller.error(new Error("The connection is cut on purpose")),
    });
    return new Response(cut, { headers });
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (range === null) return new Response(bytes, { headers });
  const from = Number(range[1]);
  const to = Math.min(range[2] === "" ? bytes.length - 1 : Number(range[2]), bytes.length - 1);
  if (from > to) {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${bytes.length}` },
    });
  }
  return new Response(bytes.subarray(from, to + 1), {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(to - from + 1),
      "content-range": `bytes ${from}-${to}/${bytes.length}`,
    },
  });
}

function problem(status: number, code: string): Response {
  return new Response(`<Error><Code>${code}</Code></Error>`, {
    status,
    headers: { "content-type": "application/xml" },
  });
}

function isEqual(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}
