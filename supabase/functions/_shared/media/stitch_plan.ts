/**
 * A film before it is written: which packet of which scene comes when.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ClipCodec, ClipPlan, ClipSoundCodec, PlannedPacket } from "./stitch_clip.ts";
import { refuseDifferences, sharedSound } from "./stitch_match.ts";
import { layNarration, type Narration, type NarrationRow } from "./stitch_narration.ts";

/** A scene's clip and speech, read but not yet placed. */
export interface ScenePlan {
  /** Its pictures. */
  readonly clip: ClipPlan;
  /** Null when nothing is said. */
  readonly narration: Narration | null;
}

/** A packet at its place in the film. */
export interface FilmPacket extends PlannedPacket {
  /** Where it goes. */
  readonly track: "pictures" | "sound";
  /** The bytes, when they are already here; null when they are the next ones of the clip. */
  readonly data: Uint8Array | null;
  /** True for bytes of the clip that are read past and left out. */
  readonly isSkipped: boolean;
}

/** A scene at its place. */
export interface FilmScene {
  /** From the beginning of the film. */
  readonly startSeconds: number;
  /** As long as the clip. */
  readonly durationSeconds: number;
  /** Speech in the film, seconds; 0 when nothing is said. */
  readonly narrationSeconds: number;
  /** Speech that was longer than the clip and is left out, seconds. */
  readonly narrationCutSeconds: number;
  /** In the order of writing: by time, so that a player finds sound and pictures side by side. */
  readonly packets: readonly FilmPacket[];
}

/** A film's tracks and scenes. */
export interface FilmPlan {
  /** How all pictures are encoded. */
  readonly codec: ClipCodec;
  /** What a decoder of pictures must know. */
  readonly config: VideoDecoderConfig;
  /** Clockwise degrees by which a player turns the pictures. */
  readonly rotation: ClipPlan["rotation"];
  /** How all sound is encoded; null when there is none. */
  readonly sound: FilmSound | null;
  /** Where the sound is from. */
  readonly soundSource: SoundSource;
  /** Sum of the scenes'. */
  readonly durationSeconds: number;
  /** In the order of the film. */
  readonly scenes: readonly FilmScene[];
}

/** A film's one track of sound. */
export interface FilmSound {
  /** How it is encoded. */
  readonly codec: ClipSoundCodec;
  /** What a decoder must know. */
  readonly config: AudioDecoderConfig;
}

/** Where a film's sound is from. */
export type SoundSource = "narration" | "clips" | "none";

/**
 * Places scenes one after another. Sound is the narration where any scene has some; else the clips'
 * own where all have the same kind; else there is none, since packets of different sounds can't be
 * mixed without decoding them.
 *
 * Errors: `STATE_CONFLICT` when the files can't be joined by copying; `details.differences` lists
 * in what each differs from the first ({@link Difference}).
 */
export function planFilm(scenes: readonly ScenePlan[]): FilmPlan {
  const [first] = scenes;
  if (!first) throw new AppError("STATE_CONFLICT", "Cannot cut the film: there are no clips");
  refuseDifferences(scenes);

  const { codec, config, rotation } = first.clip;
  const narrated = scenes.find((scene) => scene.narration !== null)?.narration;
  const clipSound = narrated ? null : sharedSound(scenes.map(({ clip }) => clip));
  let durationSeconds = 0;
  const places = scenes.map(({ clip, narration }) => {
    const startSeconds = durationSeconds;
    durationSeconds += clip.durationSeconds;
    return { startSeconds, durationSeconds: clip.durationSeconds, narration };
  });
  const rows = layNarration(places);
  return {
    codec,
    config,
    rotation,
    sound: narrated ? { codec: "mp3", config: narrated.config } : clipSound,
    soundSource: narrated ? "narration" : clipSound ? "clips" : "none",
    durationSeconds,
    scenes: scenes.map(({ clip }, index) => {
      const startSeconds = places[index]?.startSeconds ?? 0;
      const row = rows[index];
      const pictures = clip.packets.map((packet) => place(packet, "pictures", startSeconds));
      const sound = row ? placeSpeech(row) : clipSound ? placeSound(clip, startSeconds) : [];
      return {
        startSeconds,
        durationSeconds: clip.durationSeconds,
        narrationSeconds: row?.saidSeconds ?? 0,
        narrationCutSeconds: row?.cutSeconds ?? 0,
        packets: byTime(pictures, sound),
      };
    }),
  };
}

function place(
  packet: PlannedPacket,
  track: FilmPacket["track"],
  startSeconds: number,
): FilmPacket {
  const timestamp = startSeconds + packet.timestamp;
  return { ...packet, timestamp, track, data: null, isSkipped: false };
}

/** Sound that begins outside of the clip's pictures would be heard in its neighbours. */
function placeSound({ sound, durationSeconds }: ClipPlan, startSeconds: number): FilmPacket[] {
  return (sound?.packets ?? []).map((packet) => ({
    ...place(packet, "sound", startSeconds),
    isSkipped: packet.timestamp < 0 || packet.timestamp + packet.duration / 2 > durationSeconds,
  }));
}

function placeSpeech({ firstFrame, frameSeconds, frames }: NarrationRow): FilmPacket[] {
  return frames.map((data, index) => ({
    type: "key",
    timestamp: (firstFrame + index) * frameSeconds,
    duration: frameSeconds,
    sizeBytes: data.byteLength,
    track: "sound",
    data,
    isSkipped: false,
  }));
}

function byTime(pictures: readonly FilmPacket[], sound: readonly FilmPacket[]): FilmPacket[] {
  const merged: FilmPacket[] = [];
  let heard = 0;
  for (const picture of pictures) {
    for (let next = sound[heard]; next && next.timestamp < picture.timestamp; next = sound[heard]) {
      merged.push(next);
      heard++;
    }
    merged.push(picture);
  }
  return [...merged, ...sound.slice(heard)];
}
