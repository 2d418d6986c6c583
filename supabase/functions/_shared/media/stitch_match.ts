/**
 * Whether clips can stand in one film by copying their packets.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ClipPlan, ClipSound } from "./stitch_clip.ts";
import type { Narration } from "./stitch_narration.ts";

/** A scene's files. */
export interface MatchedScene {
  /** Its pictures. */
  readonly clip: ClipPlan;
  /** Null when nothing is said. */
  readonly narration: Narration | null;
}

/** In what a scene's file differs from the first one's. */
export interface Difference {
  /** Index of the scene, from 0. */
  readonly scene: number;
  /** Which of its files. */
  readonly file: "clip" | "narration";
  /** `codec`, `width`, `height`, `rotation`, `parameters`, `sample_rate`, `channels`. */
  readonly property: string;
  /** Of the first file. Bytes are in hexadecimal. */
  readonly expected: string | number;
  /** Of this file. */
  readonly found: string | number;
}

/**
 * Gives the first clip's sound when every clip has some and all of it is of one kind, else null.
 */
export function sharedSound(clips: readonly ClipPlan[]): ClipSound | null {
  const first = clips[0]?.sound ?? null;
  if (first === null) return null;
  const expected = soundProperties(first);
  const isShared = clips.every(({ sound }) =>
    sound !== null && compare(expected, soundProperties(sound)).length === 0
  );
  return isShared ? first : null;
}

/**
 * Throws `STATE_CONFLICT` when the files can't be joined by copying: a track has one set of decoder
 * parameters for all of its packets. `details.differences` holds a {@link Difference} for each.
 */
export function refuseDifferences(scenes: readonly MatchedScene[]): void {
  const [first] = scenes;
  if (!first) return;
  const voice = scenes.find((scene) => scene.narration !== null)?.narration;
  const differences: Difference[] = scenes.flatMap(({ clip, narration }, scene) => [
    ...compare(clipProperties(first.clip), clipProperties(clip))
      .map((difference) => ({ scene, file: "clip" as const, ...difference })),
    ...(voice && narration ? compare(voiceProperties(voice), voiceProperties(narration)) : [])
      .map((difference) => ({ scene, file: "narration" as const, ...difference })),
  ]);
  if (differences.length === 0) return;
  const numbers = [...new Set(differences.map(({ scene }) => scene + 1))].join(", ");
  const properties = [...new Set(differences.map(({ property }) => property))].join(", ");
  throw notCopyable(`those of scene ${numbers} differ in ${properties}`, { differences });
}

/** What is known of clips that can't be joined by copying. */
export interface NotCopyable {
  /** Absent when it is not a matter of differences. */
  readonly differences?: readonly Difference[];
  /** The failure underneath. */
  readonly cause?: unknown;
}

/** Makes the failure that says: these clips are in order, but a film of them takes re-encoding. */
export function notCopyable(why: string, { differences = [], cause }: NotCopyable = {}): AppError {
  return new AppError("STATE_CONFLICT", `Cannot join the clips by copying: ${why}`, {
    details: { reason: "not_copyable", differences },
    ...(cause === undefined ? {} : { cause }),
  });
}

type Properties = Readonly<Record<string, string | number>>;

function clipProperties({ config, rotation }: ClipPlan): Properties {
  return {
    codec: config.codec,
    width: config.codedWidth ?? 0,
    height: config.codedHeight ?? 0,
    rotation,
    parameters: hex(config.description),
  };
}

function soundProperties({ config }: ClipSound): Properties {
  return {
    codec: config.codec,
    sample_rate: config.sampleRate,
    channels: config.numberOfChannels,
    parameters: hex(config.description),
  };
}

function voiceProperties({ config }: Narration): Properties {
  return { sample_rate: config.sampleRate, channels: config.numberOfChannels };
}

function compare(expected: Properties, found: Properties) {
  return Object.keys(expected)
    .map((property) => ({
      property,
      expected: expected[property] ?? "",
      found: found[property] ?? "",
    }))
    .filter((pair) => pair.expected !== pair.found);
}

function hex(bytes: AllowSharedBufferSource | undefined): string {
  if (bytes === undefined) return "";
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return Array.from(view, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
