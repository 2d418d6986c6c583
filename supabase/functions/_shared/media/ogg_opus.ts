/**
 * Speech in Ogg Opus: how long it plays, and several files as one.
 *
 * Source: RFC 7845 §4 (granule positions, pre-skip, end trimming), RFC 6716 §3.1 (a packet's samples).
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { type OggPage, placeOggPage, readOggPages } from "./ogg_page.ts";

/** What a file says. */
export interface OggOpusInfo {
  /** 1 is mono. */
  readonly channels: number;
  /** Without the samples that a player drops at both ends. */
  readonly durationSeconds: number;
}

/** Granule positions count at this rate, whatever the sound was recorded at. */
const GRANULES_PER_SECOND = 48_000;

/** One file, read. */
interface OpusFile extends OggOpusInfo {
  readonly preSkip: number;
  /** OpusHead and OpusTags. */
  readonly headers: readonly OggPage[];
  readonly audio: readonly AudioPage[];
  /** The first sample's granule position: 0 unless the file was cut out of a longer one. */
  readonly startGranule: number;
}

/** A page of sound. */
interface AudioPage {
  readonly page: OggPage;
  /** In the packets that end here, at 48 kHz. */
  readonly samples: number;
}

/**
 * Reads a file with one Opus stream in it.
 *
 * Errors: `RESULT_INVALID` when it is cut off, damaged, something else, or without a sound.
 */
export function parseOggOpus(file: Uint8Array<ArrayBuffer>): OggOpusInfo {
  const { channels, durationSeconds } = readFile(file);
  return { channels, durationSeconds };
}

/**
 * Joins files into one stream that plays them one after the other. Sound is copied, not encoded again; at
 * each seam the 6.5 ms by which an encoder begins early are heard, near silence.
 *
 * Errors: those of {@link parseOggOpus}; `RESULT_INVALID` when there is no file or they differ in channels.
 */
export function joinOggOpus(
  files: readonly Uint8Array<ArrayBuffer>[],
): { readonly audio: Uint8Array<ArrayBuffer>; readonly durationSeconds: number } {
  const parts = files.map(readFile);
  const [first] = parts;
  if (first === undefined) throw invalid("there is no part");
  if (parts.some(({ channels }) => channels !== first.channels)) {
    throw invalid("the parts differ in channels");
  }
  if (parts.length === 1) {
    return { audio: new Uint8Array(files[0] ?? []), durationSeconds: first.durationSeconds };
  }
  const serial = first.headers[0]?.serial ?? 0;
  const pages: Uint8Array<ArrayBuffer>[] = first.headers.map((page, sequence) =>
    placeOggPage(page, { serial, sequence, granule: 0, isLast: false })
  );
  let granule = 0;
  for (const part of parts) {
    const base = granule;
    for (const { page, samples } of part.audio) {
      const isLast = part === parts.at(-1) && page === part.audio.at(-1)?.page;
      granule += samples;
      // Only a stream's last page may say less than its packets hold.
      if (isLast) granule = base + (page.granule ?? 0) - part.startGranule;
      pages.push(placeOggPage(page, {
        serial,
        sequence: pages.length,
        granule: page.granule === null ? null : granule,
        isLast,
      }));
    }
  }
  return {
    audio: concatenate(pages),
    durationSeconds: (granule - first.preSkip) / GRANULES_PER_SECOND,
  };
}

function readFile(file: Uint8Array<ArrayBuffer>): OpusFile {
  const pages = readOggPages(file);
  const head = pages[0]?.pieces[0]?.data ?? new Uint8Array();
  const version = head[8] ?? 255;
  // A major version other than 0 may mean anything by what follows.
  if (textAt(head, 8) !== "OpusHead" || head.byteLength < 19 || version > 15) {
    throw invalid("it does not begin as Ogg Opus");
  }
  if (pages.some(({ serial }) => serial !== pages[0]?.serial)) {
    throw invalid("it has more than one stream");
  }
  if (pages.at(-1)?.isLast !== true) throw invalid("its last page is missing");
  const tagsEnd = pages.findIndex((page, at) => at > 0 && page.pieces.some(({ ends }) => ends));
  if (textAt(pages[1]?.pieces[0]?.data ?? head, 8) !== "OpusTags") throw invalid("it has no tags");
  const audio = countSamples(pages.slice(tagsEnd + 1));
  const preSkip = (head[10] ?? 0) | (head[11] ?? 0) << 8;
  const startGranule = startOf(audio);
  const end = audio.findLast(({ page }) => page.granule !== null)?.page.granule ?? 0;
  const samples = end - startGranule - preSkip;
  if (samples <= 0) throw invalid("it has no sound");
  return {
    channels: head[9] ?? 1,
    durationSeconds: samples / GRANULES_PER_SECOND,
    preSkip,
    headers: pages.slice(0, tagsEnd + 1),
    audio,
    startGranule,
  };
}

/** The first page says where it ends. When it is the last one too, it may be trimmed, and began at 0. */
function startOf(audio: readonly AudioPage[]): number {
  const first = audio.find(({ page }) => page.granule !== null);
  if (first === undefined || first.page.isLast) return 0;
  return Math.max(0, (first.page.granule ?? 0) - first.samples);
}

function countSamples(pages: readonly OggPage[]): AudioPage[] {
  // A packet may go on over several pages: what it begins with is kept until it ends.
  let begun = new Uint8Array();
  return pages.map((page) => {
    let samples = 0;
    for (const { data, ends } of page.pieces) {
      const packet = concatenate([begun, data.subarray(0, 2)]);
      begun = ends ? new Uint8Array() : packet;
      if (ends) samples += samplesOf(packet);
    }
    return { page, samples };
  });
}

/** Samples of a frame at 48 kHz by the packet's mode: SILK, then hybrid, then CELT. */
const SILK = [480, 960, 1920, 2880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];

function samplesOf([first = 0, second = 0]: Uint8Array): number {
  const config = first >> 3;
  const frame = config < 12
    ? SILK[config & 3]
    : config < 16
    ? HYBRID[config & 1]
    : CELT[config & 3];
  const code = first & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : second & 63;
  return (frame ?? 0) * count;
}

function textAt(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function invalid(why: string): AppError {
  return new AppError("RESULT_INVALID", `Cannot read Ogg Opus: ${why}`);
}
