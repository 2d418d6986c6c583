/**
 * A film before it is written: which packet of which scene comes when.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ClipCodec, ClipPlan, ClipSoundCodec, PlannedPacket } from "./stitch_clip.ts";
import { refuseDifferences, sharedSound } from "./stitch_match.ts";
import {
  layNarration,
  type NarratedScene,
  type Narration,
  type NarrationRow,
} from "./stitch_narration.ts";

/** A scene's clip and speech, read but not yet placed. */
export interface ScenePlan {
  /** Its pictures. */
  readonly clip: ClipPlan;
  /** The speech that begins with it; null when none does. */
  readonly narration: Narration | null;
  /** True when the speech of the scene before goes on over this one. Default false. */
  readonly isContinued?: boolean;
}

/** A scene of a film whose pictures are one clip already. */
export interface DubbedScene extends Omit<ScenePlan, "clip"> {
  /** How long it was to be shown. */
  readonly durationSeconds: number;
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

/** A scene as its viewer counts it. */
export interface FilmChapter {
  /** From the beginning of the film. */
  readonly startSeconds: number;
  /** As long as it is shown. */
  readonly durationSeconds: number;
  /** Speech in the film, seconds; 0 when nothing is said, and when it is mixed. */
  readonly narrationSeconds: number;
  /** Speech that was longer than its clips and is left out, seconds. */
  readonly narrationCutSeconds: number;
}

/** A clip's packets at their places. */
export interface FilmScene {
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
  /** One for each clip that is read, in the order of the film. */
  readonly scenes: readonly FilmScene[];
  /** In the order of the film. */
  readonly chapters: readonly FilmChapter[];
}

/** A film's one track of sound. */
export interface FilmSound {
  /** How it is encoded. */
  readonly codec: ClipSoundCodec;
  /** What a decoder must know. */
  readonly config: AudioDecoderConfig;
}

/** Where a film's sound is from. `mix`: made elsewhere, of voices and music. */
export type SoundSource = "narration" | "clips" | "mix" | "none";

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

  const narrated = scenes.find((scene) => scene.narration !== null)?.narration;
  const clipSound = narrated ? null : sharedSound(scenes.map(({ clip }) => clip));
  const { places, durationSeconds } = placeScenes(
    scenes.map(({ clip, ...speech }) => ({ ...speech, durationSeconds: clip.durationSeconds })),
  );
  const rows = layNarration(places);
  return {
    ...tracks(first.clip, narrated, clipSound),
    durationSeconds,
    chapters: toChapters(places, rows),
    scenes: scenes.map(({ clip }, index) => {
      const startSeconds = places[index]?.startSeconds ?? 0;
      const row = rows[index];
      const pictures = clip.packets.map((packet) => place(packet, "pictures", startSeconds));
      const sound = row ? placeSpeech(row) : clipSound ? placeSound(clip, startSeconds) : [];
      return { packets: byTime(pictures, sound) };
    }),
  };
}

/**
 * Lays narration over one clip that is a whole film, each scene's where the scene begins. Without any, the
 * clip's own sound stays. Chapters are as planned, but for the last one, which ends with the pictures.
 */
export function planDubbedFilm(clip: ClipPlan, scenes: readonly DubbedScene[]): FilmPlan {
  const { places } = placeScenes(scenes);
  const fitted = places.map((scene, index) =>
    index < places.length - 1
      ? scene
      : { ...scene, durationSeconds: Math.max(0, clip.durationSeconds - scene.startSeconds) }
  );
  const narrated = scenes.find((scene) => scene.narration !== null)?.narration;
  const clipSound = narrated ? null : clip.sound;
  const rows = layNarration(fitted);
  const pictures = clip.packets.map((packet) => place(packet, "pictures", 0));
  const sound = narrated ? rows.flatMap(placeSpeech) : clipSound ? placeSound(clip, 0) : [];
  return {
    ...tracks(clip, narrated, clipSound),
    durationSeconds: clip.durationSeconds,
    chapters: toChapters(fitted, rows),
    scenes: [{ packets: byTime(pictures, sound) }],
  };
}

/** Says of a plan, whose sound is one narration, that it was mixed: what in it is speech is not known. */
export function withMixedSound(plan: FilmPlan): FilmPlan {
  return {
    ...plan,
    soundSource: "mix",
    chapters: plan.chapters.map((chapter) => ({
      ...chapter,
      narrationSeconds: 0,
      narrationCutSeconds: 0,
    })),
  };
}

function tracks(
  { codec, config, rotation }: ClipPlan,
  narrated: Narration | null | undefined,
  clipSound: FilmSound | null,
): Pick<FilmPlan, "codec" | "config" | "rotation" | "sound" | "soundSource"> {
  return {
    codec,
    config,
    rotation,
    sound: narrated ? { codec: "mp3", config: narrated.config } : clipSound,
    soundSource: narrated ? "narration" : clipSound ? "clips" : "none",
  };
}

function placeScenes(
  scenes: readonly DubbedScene[],
): { readonly places: readonly NarratedScene[]; readonly durationSeconds: number } {
  let startSeconds = 0;
  const places = scenes.map((scene) => {
    const place = { ...scene, startSeconds };
    startSeconds += scene.durationSeconds;
    return place;
  });
  return { places, durationSeconds: startSeconds };
}

function toChapters(
  places: readonly NarratedScene[],
  rows: readonly NarrationRow[],
): FilmChapter[] {
  return places.map(({ startSeconds, durationSeconds }, index) => ({
    startSeconds,
    durationSeconds,
    narrationSeconds: rows[index]?.saidSeconds ?? 0,
    narrationCutSeconds: rows[index]?.cutSeconds ?? 0,
  }));
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
