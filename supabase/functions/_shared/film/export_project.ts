/**
 * An export on its way: planned, measured and within bounds before its first byte, then made while it is read.
 *
 * @module
 */
import {
  EXPORT_PARTS,
  type ExportManifest,
  type ExportPart,
  MAX_EXPORT_BYTES,
} from "../../../../shared/contract/export_operations.ts";
import { AppError } from "../app_error.ts";
import { fetchMedia, type MediaFetchOptions } from "../media/download_fetch.ts";
import { createReader } from "../media/download_reader.ts";
import { readSize } from "../media/download_source.ts";
import { readFrameRate } from "../media/frame_rate.ts";
import {
  type ExportMedia,
  type ExportSource,
  type ManifestFile,
  planExport,
} from "./export_plan.ts";
import { writeExportTimeline } from "./export_timeline.ts";
import { writeReceiptCsv, writeReceiptText } from "./receipt.ts";
import { writeFountain, writeScriptText } from "./script_text.ts";
import {
  textSource,
  type ZipEntry,
  type ZipOptions,
  type ZipSource,
  zipStream,
} from "./zip_stream.ts";

/** How files are read: our own Storage's origin, mostly. */
type Transfer = Pick<MediaFetchOptions, "allowedOrigins" | "signal" | "fetch">;

/** How an export is made. */
export interface ExportOptions extends Transfer, ZipOptions {
  /** Media named in the manifest only. */
  readonly leaveOut: readonly ExportPart[];
  /** Most media, in bytes. Default {@link MAX_EXPORT_BYTES}. */
  readonly maxBytes?: number;
}

/** An export to send. */
export interface ProjectExport {
  /** For the download, without its ending. */
  readonly name: string;
  /** The zip. Fails with an `AppError` when a file can't be read to its end. */
  readonly zip: ReadableStream<Uint8Array>;
  /** Of the media in it. */
  readonly mediaBytes: number;
}

/** The platform ends a function after 400 s (150 s on its free plan): no file is waited for longer. */
const FILE_TIMEOUT_MS = 390_000;

/** Sizes and the frame rate are a byte and an index: quick, or not at all. */
const LOOK_TIMEOUT_MS = 20_000;

/** Waiting is most of it. */
const PARALLEL_LOOKS = 8;

/** An index: as much of a film as is ever read to find its frame rate. */
const MAX_INDEX_FILE_BYTES = 64_000_000;

/**
 * Makes the export of a project. What is in it: see {@link planExport}, and texts made here.
 *
 * Errors: `EXPORT_TOO_LARGE` (`details.part_bytes`, `details.max_bytes`), `RESULT_INVALID`, `PROVIDER_UNAVAILABLE` and
 * `PROVIDER_TIMEOUT` when a file in Storage can't be read.
 */
export async function exportProject(
  source: ExportSource,
  { leaveOut, maxBytes = MAX_EXPORT_BYTES, onBroken, ...transfer }: ExportOptions,
): Promise<ProjectExport> {
  const plan = planExport(source);
  const look = { ...transfer, timeoutMs: LOOK_TIMEOUT_MS };
  const isIncluded = ({ part }: ExportMedia) => part === "subtitles" || !leaveOut.includes(part);
  const included = plan.media.filter(isIncluded);
  const sizes = await measure(included, (url) => readSize(url, look));
  const mediaBytes = assertWithin(sizes, maxBytes);

  const texts: Text[] = [...scriptFiles(source), ...receiptFiles(source)];
  if (source.film?.url) {
    const rate = await readFrameRate(source.film.url, {
      ...look,
      maxFileBytes: MAX_INDEX_FILE_BYTES,
    });
    const paths = new Set(included.map(({ path }) => path));
    const text = writeExportTimeline(source, plan, { rate, isIncluded: (path) => paths.has(path) });
    texts.push({ path: "timeline.otio", part: "timeline", text });
  }
  const files: ManifestFile[] = [
    ...plan.media.map((media) => ({
      ...media,
      included: sizes.has(media),
      size_bytes: sizes.get(media) ?? null,
    })),
    ...texts.map(({ path, part, text }) => ({
      path,
      part,
      included: true,
      id: null,
      scene_index: null,
      size_bytes: new TextEncoder().encode(text).byteLength,
      url: null,
    })),
  ];
  const { project, film } = source;
  const manifest: ExportManifest = {
    project_id: project.id,
    title: project.title,
    film_id: film?.id ?? null,
    files,
  };
  texts.push({ path: "manifest.json", part: "script", text: JSON.stringify(manifest, null, 2) });

  const modifiedAt = new Date(film?.updated_at ?? project.updated_at);
  const entry = (path: string, open: ZipEntry["open"]): ZipEntry => ({
    path: `${plan.folder}/${path}`,
    modifiedAt,
    open,
  });
  return {
    name: plan.folder,
    mediaBytes,
    zip: zipStream([
      // Texts first: whoever has half of it has the words and the list of what is missing.
      ...texts.map(({ path, text }) => entry(path, () => Promise.resolve(textSource(text)))),
      ...included.map((media) => entry(media.path, () => openMedia(media.url, transfer))),
    ], onBroken ? { onBroken } : {}),
  };
}

/** A file that is made here. */
interface Text extends Pick<ManifestFile, "path" | "part"> {
  readonly text: string;
}

function scriptFiles({ project, scenes }: ExportSource): Text[] {
  const script = {
    title: project.title,
    description: project.description,
    date: project.updated_at.slice(0, 10),
    scenes,
  };
  return [
    { path: "script.fountain", part: "script", text: writeFountain(script) },
    { path: "script.txt", part: "script", text: writeScriptText(script) },
  ];
}

function receiptFiles({ receipt }: ExportSource): Text[] {
  return [
    { path: "receipt.json", part: "receipt", text: `${JSON.stringify(receipt, null, 2)}\n` },
    { path: "receipt.csv", part: "receipt", text: writeReceiptCsv(receipt) },
    { path: "receipt.txt", part: "receipt", text: writeReceiptText(receipt) },
  ];
}

async function openMedia(
  url: string,
  options: Transfer,
): Promise<ZipSource> {
  const response = await fetchMedia(url, { ...options, timeoutMs: FILE_TIMEOUT_MS });
  const read = createReader(response, { maxBytes: MAX_EXPORT_BYTES, signal: options.signal });
  return { read, cancel: () => response.cancel() };
}

async function measure(
  media: readonly ExportMedia[],
  sizeOf: (url: string) => Promise<number>,
): Promise<Map<ExportMedia, number>> {
  const sizes = new Map<ExportMedia, number>();
  const queue = media.values();
  await Promise.all(Array.from({ length: PARALLEL_LOOKS }, async () => {
    for (const one of queue) sizes.set(one, await sizeOf(one.url));
  }));
  return sizes;
}

/** Gives the sum. */
function assertWithin(sizes: ReadonlyMap<ExportMedia, number>, maxBytes: number): number {
  const total = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0);
  if (total <= maxBytes) return total;
  const partBytes = Object.fromEntries(EXPORT_PARTS.map((part) => [
    part,
    Array.from(sizes).reduce((sum, [media, size]) => media.part === part ? sum + size : sum, 0),
  ]));
  throw new AppError(
    "EXPORT_TOO_LARGE",
    `Cannot export the project: its media have ${total} bytes, more than ${maxBytes}`,
    {
      details: { total_bytes: total, max_bytes: maxBytes, part_bytes: partBytes },
      hint: "Name parts in leave_out: the timeline and the manifest then link to them",
    },
  );
}
