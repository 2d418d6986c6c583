/**
 * Clips without a model or a key: a slow camera move over the picture that was given, as H.264 in mp4.
 * The same request always gives the same bytes.
 *
 * @module
 */
import encoders from "h264-mp4-encoder";
import { probeImage } from "../../functions/_shared/media/probe_image.ts";
import { shownSize } from "../../functions/_shared/media/orientation.ts";
import { createCameraMove, filmFrame } from "./clip_camera.ts";
import { type ClipSize, clipSizeFor, clipSizeLike } from "./clip_size.ts";
import { readClipSource } from "./clip_source.ts";
import { findOrientation } from "./picture_orientation.ts";
import { createRandom, hashText } from "./picture_random.ts";

/** Frames a second. Encoding is most of the cost; 24 looks no different for so slow a move. */
export const CLIP_FPS = 15;

/** H.264 quantizer (10 best, 51 worst): no blocks to be seen, about 60 kB a second. */
const QUANTIZER = 27;

/** Encoder effort (0 best, 10 fastest). */
const SPEED = 10;

/** A clip to film. */
export interface ClipRequest {
  /** A whole jpeg, png or webp. */
  readonly image: Uint8Array;
  /** Whole seconds, 1 to 60. */
  readonly durationSeconds: number;
  /** Such as `16:9`; absent, or a shape that clips don't have, means as the picture is. */
  readonly aspectRatio?: string | undefined;
  /** Decides the camera's move. */
  readonly prompt: string;
}

/** A finished clip. */
export interface Clip {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Always mp4. */
  readonly contentType: "video/mp4";
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Exactly as asked. */
  readonly durationSeconds: number;
}

/**
 * Films a clip. Takes about 1 s of one core for 5 s, so a server calls it in a worker.
 *
 * Errors: `RangeError` for a duration outside the limits; `AppError` `RESULT_INVALID` when the picture is
 * not a jpeg, png or webp; `TypeError` when its bytes can't be decoded.
 */
export async function filmClip(request: ClipRequest): Promise<Clip> {
  const { durationSeconds, prompt } = request;
  if (!Number.isInteger(durationSeconds) || durationSeconds < 1 || durationSeconds > 60) {
    throw new RangeError(`Cannot film ${durationSeconds} seconds: whole seconds, 1 to 60`);
  }
  const size = clipSizeFor(request.aspectRatio ?? "") ?? clipSizeLike(sizeOf(request.image));
  const source = await readClipSource(request.image, size);
  const move = createCameraMove(createRandom(hashText(prompt)));
  const frameCount = durationSeconds * CLIP_FPS;
  const encoder = await encoders.createH264MP4Encoder();
  try {
    encoder.width = size.width;
    encoder.height = size.height;
    encoder.frameRate = CLIP_FPS;
    encoder.quantizationParameter = QUANTIZER;
    encoder.speed = SPEED;
    // A key frame each second, so that a player can seek.
    encoder.groupOfPictures = CLIP_FPS;
    encoder.initialize();
    const frame = new Uint8Array(size.width * size.height * 1.5);
    for (let at = 0; at < frameCount; at++) {
      filmFrame(source, move(at / Math.max(1, frameCount - 1)), { size, frame });
      encoder.addFrameYuv(frame);
    }
    encoder.finalize();
    const bytes = new Uint8Array(encoder.FS.readFile(encoder.outputFilename));
    return { bytes, contentType: "video/mp4", ...size, durationSeconds };
  } finally {
    encoder.delete();
  }
}

/** Of the picture as it is shown. */
function sizeOf(image: Uint8Array): ClipSize {
  const facts = probeImage(image);
  return shownSize(facts, findOrientation(image, facts.extension));
}
