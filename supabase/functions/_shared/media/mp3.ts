/**
 * Reads MP3 streams frame by frame: how long they play, and several as one.
 *
 * Source: ISO/IEC 11172-3 §2.4.2.3 and 13818-3 (header tables); id3.org ID3v2.4 §3.1; the Xing and LAME
 * tags as Gabriel Bouvigne describes them.
 *
 * @module
 */
import { AppError } from "../app_error.ts";

/** What the frames of a stream say. */
export interface Mp3Info {
  /** Whole frames of sound; the header frame of Xing, Info or VBRI is not one. */
  readonly frameCount: number;
  /** Samples a second. */
  readonly sampleRate: number;
  /** 1 is mono; joint stereo counts as 2. */
  readonly channels: 1 | 2;
  /** Frames times the samples of each, as a player without gapless playback takes. */
  readonly durationSeconds: number;
  /** Where the first frame of sound begins. */
  readonly start: number;
  /** Where the last whole frame ends. */
  readonly end: number;
  /** True when the stream ends inside a frame. */
  readonly truncated: boolean;
}

/** One frame's header, decoded. */
interface Frame {
  readonly mpeg1: boolean;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly samples: number;
  readonly sizeBytes: number;
  readonly crcBytes: number;
}

/** kbit/s by bitrate index, layer III. Index 0 ("free") and 15 are not taken. */
const BITRATES_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

const SAMPLE_RATES_MPEG1 = [44_100, 48_000, 32_000];

/** How much that is not a frame may come first, ID3 tags aside. */
const MAX_LEADING_BYTES = 4096;

/**
 * Reads a stream's frames. Tags before and after it are skipped.
 *
 * Errors: `RESULT_INVALID` when there is no frame of MPEG 1, 2 or 2.5 layer III.
 */
export function parseMp3(bytes: Uint8Array): Mp3Info {
  const first = findFirstFrame(bytes);
  if (first === null) {
    throw new AppError(
      "RESULT_INVALID",
      `Cannot read MP3: no frame in ${bytes.byteLength} bytes`,
    );
  }
  const { frame } = first;
  let at = first.at;
  if (isHeaderFrame(bytes, at, frame)) at += frame.sizeBytes;
  const start = at;
  let samples = 0;
  let frameCount = 0;
  let next = readFrame(bytes, at);
  while (next !== null && isSameFormat(frame, next) && at + next.sizeBytes <= bytes.byteLength) {
    samples += next.samples;
    frameCount++;
    at += next.sizeBytes;
    next = readFrame(bytes, at);
  }
  return {
    frameCount,
    sampleRate: frame.sampleRate,
    channels: frame.channels,
    durationSeconds: samples / frame.sampleRate,
    start,
    end: at,
    truncated: next !== null && isSameFormat(frame, next),
  };
}

/**
 * Joins streams of one sample rate and channel count into one, leaving out the tags and the headers that
 * state the length of a part. Nothing is decoded: a join costs a copy.
 *
 * Errors: `RESULT_INVALID` when a part is no MP3 or differs in format.
 *
 * @param parts At least one.
 */
export function joinMp3(
  parts: readonly Uint8Array[],
): { readonly audio: Uint8Array<ArrayBuffer>; readonly durationSeconds: number } {
  const infos = parts.map(parseMp3);
  const [model] = infos;
  const audio = new Uint8Array(infos.reduce((sum, one) => sum + one.end - one.start, 0));
  let at = 0;
  let durationSeconds = 0;
  for (const [i, part] of parts.entries()) {
    const info = infos[i];
    if (info === undefined || model === undefined) continue;
    if (info.sampleRate !== model.sampleRate || info.channels !== model.channels) {
      throw new AppError(
        "RESULT_INVALID",
        `Cannot join MP3: part ${i} is ${info.sampleRate} Hz with ${info.channels} channels, ` +
          `part 0 is ${model.sampleRate} Hz with ${model.channels}`,
      );
    }
    audio.set(part.subarray(info.start, info.end), at);
    at += info.end - info.start;
    durationSeconds += info.durationSeconds;
  }
  return { audio, durationSeconds };
}

/**
 * Gives where each frame of sound begins, in bytes, and after the last of them where it ends.
 *
 * Errors: `RESULT_INVALID` as {@link parseMp3}, and when there is no whole frame.
 */
export function listMp3Frames(
  bytes: Uint8Array,
): { readonly frames: readonly number[]; readonly sampleRate: number; readonly channels: 1 | 2 } {
  const { start, end, sampleRate, channels, frameCount } = parseMp3(bytes);
  if (frameCount === 0) throw new AppError("RESULT_INVALID", "Cannot read MP3: no whole frame");
  const frames = [start];
  for (let at = start; at < end;) {
    at += readFrame(bytes, at)?.sizeBytes ?? end - at;
    frames.push(at);
  }
  return { frames, sampleRate, channels };
}

/** A frame counts as the first when another of its format, or the end, follows it. */
function findFirstFrame(bytes: Uint8Array): { readonly at: number; readonly frame: Frame } | null {
  const from = skipId3(bytes);
  const last = Math.min(bytes.byteLength - 4, from + MAX_LEADING_BYTES);
  for (let at = from; at <= last; at++) {
    const frame = readFrame(bytes, at);
    if (frame === null) continue;
    const end = at + frame.sizeBytes;
    const next = readFrame(bytes, end);
    if (next === null ? end === bytes.byteLength : isSameFormat(frame, next)) return { at, frame };
  }
  return null;
}

/** Skips ID3v2 tags: ten bytes, then as many as four 7-bit bytes say, then a footer if flagged. */
function skipId3(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
    const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + ((bytes[at + i] ?? 0) & 0x7f), 0);
    const hasFooter = ((bytes[at + 5] ?? 0) & 0x10) !== 0;
    at += 10 + size + (hasFooter ? 10 : 0);
  }
  return at;
}

function readFrame(bytes: Uint8Array, at: number): Frame | null {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = bytes.subarray(at, at + 4);
  const version = (b1 >> 3) & 3;
  const layer = (b1 >> 1) & 3;
  if (b0 !== 0xff || (b1 & 0xe0) !== 0xe0 || version === 1 || layer !== 1) return null;
  const mpeg1 = version === 3;
  const bitrate = (mpeg1 ? BITRATES_MPEG1 : BITRATES_MPEG2)[b2 >> 4];
  const rate = SAMPLE_RATES_MPEG1[(b2 >> 2) & 3];
  if (!bitrate || rate === undefined) return null;
  const sampleRate = mpeg1 ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = mpeg1 ? 1152 : 576;
  return {
    mpeg1,
    sampleRate,
    samples,
    channels: b3 >> 6 === 3 ? 1 : 2,
    sizeBytes: Math.floor((samples / 8) * bitrate * 1000 / sampleRate) + ((b2 >> 1) & 1),
    crcBytes: (b1 & 1) === 0 ? 2 : 0,
  };
}

function isSameFormat(a: Frame, b: Frame): boolean {
  return a.mpeg1 === b.mpeg1 && a.sampleRate === b.sampleRate && a.channels === b.channels;
}

/** Tells a frame that only states the stream's length from one of sound. */
function isHeaderFrame(bytes: Uint8Array, at: number, frame: Frame): boolean {
  const sideInfoBytes = frame.mpeg1
    ? (frame.channels === 1 ? 17 : 32)
    : frame.channels === 1
    ? 9
    : 17;
  const tag = (offset: number) =>
    String.fromCharCode(...bytes.subarray(at + offset, at + offset + 4));
  const xing = tag(4 + frame.crcBytes + sideInfoBytes);
  return xing === "Xing" || xing === "Info" || tag(4 + 32) === "VBRI";
}
