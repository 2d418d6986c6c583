/**
 * Narration as one unbroken row of mp3 frames over the whole film. Between the scenes' speech stand
 * silent frames: players differ in what they make of a hole in a track (some close it up, and every
 * later scene speaks too early), and none in what they make of silence. Measured on a film of 9 s
 * with 2.6 s of speech in it: with holes, ffprobe gives its sound 6.6 s, and ffmpeg without
 * resampling 2.6 s; with silence both give 9 s. A silent frame has 24 bytes.
 *
 * @module
 */
import { BufferSource, EncodedPacketSink, Input, MP3 } from "mediabunny";
import { invalidFile } from "./probe_failure.ts";

/** A scene's speech, frame by frame. */
export interface Narration {
  /** What a decoder must know. */
  readonly config: AudioDecoderConfig;
  /** Seconds a frame is heard. */
  readonly frameSeconds: number;
  /** Header and data of each. */
  readonly frames: readonly Uint8Array[];
}

/** A scene in the row: its place in the film, and what is said in it. */
export interface NarratedScene {
  /** From the beginning of the film. */
  readonly startSeconds: number;
  /** Of its pictures. */
  readonly durationSeconds: number;
  /** The speech that begins with it; null when none does. */
  readonly narration: Narration | null;
  /** True when the speech of the scene before goes on over this one. Default false. */
  readonly isContinued?: boolean;
}

/** Reads an mp3 file. Errors: `RESULT_INVALID` `unreadable`. */
export async function readNarration(file: Uint8Array<ArrayBuffer>): Promise<Narration> {
  const input = new Input({ source: new BufferSource(file), formats: [MP3] });
  try {
    const track = await input.getPrimaryAudioTrack();
    const config = await track?.getDecoderConfig();
    if (!track || !config) throw new Error("No audio track");
    const frames: Uint8Array[] = [];
    let frameSeconds = 0;
    for await (const packet of new EncodedPacketSink(track).packets()) {
      frameSeconds = packet.duration;
      frames.push(packet.data);
    }
    if (frames.length === 0) throw new Error("No frames");
    return { config, frameSeconds, frames };
  } catch (cause) {
    throw invalidFile("unreadable", "the narration is not an mp3", cause);
  } finally {
    input.dispose();
  }
}

/** A scene's frames, silence included. */
export interface NarrationRow {
  /** Place of the first frame in the film's row, from 0. */
  readonly firstFrame: number;
  /** Seconds a frame is heard. */
  readonly frameSeconds: number;
  /** Speech first, then silence. */
  readonly frames: readonly Uint8Array[];
  /** Speech that is in the film. */
  readonly saidSeconds: number;
  /** Speech that is not, because the scene is over. */
  readonly cutSeconds: number;
}

/**
 * Gives a row for each scene, none at all when nothing is said in any. A scene begins on the frame
 * nearest to its picture, at most 18 ms away, without adding up; speech that is longer than its
 * scene and those it goes on over ends with them.
 */
export function layNarration(scenes: readonly NarratedScene[]): NarrationRow[] {
  const narrated = scenes.find((scene) => scene.narration !== null)?.narration;
  if (!narrated) return [];
  const { frameSeconds } = narrated;
  const silence = silentFrame(narrated.frames[0] ?? new Uint8Array());
  const frameAt = (seconds: number) => Math.round(seconds / frameSeconds);
  let left: readonly Uint8Array[] = [];
  return scenes.map(({ startSeconds, durationSeconds, narration, isContinued }, index) => {
    const firstFrame = frameAt(startSeconds);
    const count = frameAt(startSeconds + durationSeconds) - firstFrame;
    const all = isContinued ? left : narration?.frames ?? [];
    const said = all.slice(0, count);
    left = all.slice(count);
    const isOver = scenes[index + 1]?.isContinued !== true;
    return {
      firstFrame,
      frameSeconds,
      frames: [...said, ...Array<Uint8Array>(count - said.length).fill(silence)],
      saidSeconds: said.length * frameSeconds,
      cutSeconds: isOver ? left.length * frameSeconds : 0,
    };
  });
}

/**
 * Makes a frame of silence that can stand beside `frame`: the same version, rate and channels, the
 * lowest bit rate, and zeros, which say "no data, nothing borrowed from earlier frames".
 *
 * Source: ISO/IEC 11172-3 2.4.1 and ISO/IEC 13818-3 2.4.1 (header and side information).
 */
export function silentFrame(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const [, second = 0, third = 0, fourth = 0] = frame;
  const version = (second >> 3) & 3;
  const isVersion1 = version === 3;
  const rates = [44100, 48000, 32000];
  const sampleRate = (rates[(third >> 2) & 3] ?? 44100) / (isVersion1 ? 1 : version === 2 ? 2 : 4);
  // The first entry of the bit rate table: 32 kbit/s in version 1, 8 kbit/s in the others.
  const size = Math.floor(isVersion1 ? 144 * 32000 / sampleRate : 72 * 8000 / sampleRate);
  const silence = new Uint8Array(size);
  const withoutChecksum = second | 1;
  silence.set([0xff, withoutChecksum, 0x10 | (third & 0x0c), fourth & 0xc0]);
  return silence;
}
