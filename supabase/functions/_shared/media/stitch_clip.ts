/**
 * A clip as the cutter sees it: how its pictures and sound are encoded, and every packet's time and
 * size.
 *
 * @module
 */
import { EncodedPacketSink, Input, type InputTrack, MP4, type Source } from "mediabunny";
import { AppError } from "../app_error.ts";
import { invalidFile } from "./probe_failure.ts";
import { notCopyable } from "./stitch_match.ts";

/** A packet of a clip without its bytes. */
export interface PlannedPacket {
  /** A whole picture, or what changed since. Sound is all `key`. */
  readonly type: "key" | "delta";
  /** Seconds from the clip's first picture. */
  readonly timestamp: number;
  /** Seconds. */
  readonly duration: number;
  /** Of the encoded packet. */
  readonly sizeBytes: number;
}

/** A clip's own sound. */
export interface ClipSound {
  /** How it is encoded. */
  readonly codec: ClipSoundCodec;
  /** What a decoder must know. */
  readonly config: AudioDecoderConfig;
  /** In order of time. May begin before the first picture and go on after the last. */
  readonly packets: readonly PlannedPacket[];
}

/** A clip without its media. */
export interface ClipPlan {
  /** How its pictures are encoded. */
  readonly codec: ClipCodec;
  /** What a decoder must know. */
  readonly config: VideoDecoderConfig;
  /** Clockwise degrees by which a player turns the pictures. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Seconds from the first picture's begin to the last one's end. */
  readonly durationSeconds: number;
  /** In the order of decoding, which is the order of the file. */
  readonly packets: readonly PlannedPacket[];
  /** Null when the clip is silent. */
  readonly sound: ClipSound | null;
}

/** Codecs of pictures that can be copied. */
export type ClipCodec = "avc" | "hevc" | "vp9" | "av1";

/** Codecs of sound that can be copied. */
export type ClipSoundCodec = "aac" | "mp3" | "opus";

const CODECS = ["avc", "hevc", "vp9", "av1"] as const satisfies readonly ClipCodec[];
const SOUND_CODECS = ["aac", "mp3", "opus"] as const satisfies readonly ClipSoundCodec[];

/** Less than a picture at any rate in use: what is below is rounding. */
const SMALLEST_HIDDEN_SECONDS = 0.004;

/**
 * Reads a clip's plan. Errors: `RESULT_INVALID` (`unreadable`, `no_keyframe`), `STATE_CONFLICT`
 * when its packets can't be copied, and those of the source.
 */
export async function planClip(source: Source): Promise<ClipPlan> {
  return await withInput(source, async (input) => {
    const track = await input.getPrimaryVideoTrack();
    const [found, config] = await Promise.all([track?.getCodec(), track?.getDecoderConfig()]);
    const codec = CODECS.find((known) => known === found);
    if (!track || !config || !codec) {
      throw invalidFile("unreadable", `no pictures that can be copied (${found ?? "none"})`);
    }
    const listed = await listPackets(track);
    if (listed[0]?.type !== "key") {
      throw invalidFile("no_keyframe", "the clip does not begin with a whole picture");
    }
    const begin = listed.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
    if (begin < -SMALLEST_HIDDEN_SECONDS) {
      // Copied, they would be seen: a decoder needs them, and only the clip's own index hides them.
      throw notCopyable("a clip hides pictures at its beginning");
    }
    const end = listed.reduce(
      (most, packet) => Math.max(most, packet.timestamp + packet.duration),
      0,
    );
    const fromBegin = (packet: PlannedPacket) => ({
      ...packet,
      timestamp: packet.timestamp - begin,
    });
    return {
      codec,
      config: withOwnBytes(config),
      rotation: await track.getRotation(),
      durationSeconds: end - begin,
      packets: listed.map(fromBegin),
      sound: await planSound(await input.getPrimaryAudioTrack(), fromBegin),
    };
  });
}

/** The bytes of a clip's packets, each list in the order of its plan. */
export interface ClipMedia {
  /** Gives the next packet of pictures, or null after the last. */
  nextPicture(): Promise<Uint8Array | null>;
  /** Gives the next packet of sound, or null after the last. */
  nextSound(): Promise<Uint8Array | null>;
}

/** Opens a clip's bytes for the time of `use`. */
export async function withClipMedia<T>(
  source: Source,
  use: (media: ClipMedia) => Promise<T>,
): Promise<T> {
  return await withInput(source, async (input) => {
    const tracks = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
    const [pictures, sound] = tracks.map((track) =>
      track && new EncodedPacketSink(track).packets()
    );
    const next = async (packets: typeof pictures) => {
      const item = await packets?.next();
      return item === undefined || item.done ? null : item.value.data;
    };
    return await use({ nextPicture: () => next(pictures), nextSound: () => next(sound) });
  });
}

async function planSound(
  track: InputTrack | null,
  fromBegin: (packet: PlannedPacket) => PlannedPacket,
): Promise<ClipSound | null> {
  if (!track?.isAudioTrack()) return null;
  const [found, config] = await Promise.all([track.getCodec(), track.getDecoderConfig()]);
  const codec = SOUND_CODECS.find((known) => known === found);
  if (!codec || !config) return null;
  const packets = (await listPackets(track)).map(fromBegin);
  return { codec, config: withOwnBytes(config), packets };
}

/**
 * The parameters are a view of the file, and would keep all of it in memory as long as the plan
 * lives.
 */
function withOwnBytes<T extends { description?: AllowSharedBufferSource | undefined }>(
  config: T,
): T {
  const { description } = config;
  if (description === undefined) return config;
  const view = ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
  return { ...config, description: view.slice() };
}

async function listPackets(track: InputTrack): Promise<PlannedPacket[]> {
  const packets: PlannedPacket[] = [];
  const sink = new EncodedPacketSink(track);
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) {
    const { type, timestamp, duration, byteLength: sizeBytes } = packet;
    packets.push({ type, timestamp, duration, sizeBytes });
  }
  return packets;
}

async function withInput<T>(source: Source, use: (input: Input) => Promise<T>): Promise<T> {
  const input = new Input({ source, formats: [MP4] });
  try {
    return await use(input);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalidFile("unreadable", "the clip can't be read", cause);
  } finally {
    input.dispose();
  }
}
