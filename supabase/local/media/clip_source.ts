/**
 * A picture made ready for filming: decoded, cut to the clip's shape, larger than the clip by the room
 * the camera moves in, as YUV 4:2:0 planes.
 *
 * @module
 */
import { Resvg } from "@resvg/resvg-js";
import { SNIFF_BYTES, sniffMedia } from "../../functions/_shared/media/sniff.ts";
import type { ClipSize } from "./clip_size.ts";
import { findOrientation, turn } from "./picture_orientation.ts";
import { webpToJpeg } from "./webp_to_jpeg.ts";

/** How much larger than the clip: the camera's closest view is then about one to one. */
const MARGIN = 1.2;

/** One plane of samples, row by row. */
export interface Plane {
  /** Samples in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 0 to 255. */
  readonly samples: Uint8Array;
}

/** A picture as brightness and two colour differences at half the size. */
export interface ClipSource {
  /** Brightness. */
  readonly y: Plane;
  /** Blue difference. */
  readonly u: Plane;
  /** Red difference. */
  readonly v: Plane;
}

/** Reads a jpeg, png or webp the way up it is shown. Throws `TypeError` when its bytes can't be decoded. */
export async function readClipSource(image: Uint8Array, size: ClipSize): Promise<ClipSource> {
  const width = even(size.width * MARGIN);
  const height = even(size.height * MARGIN);
  return toPlanes(await decodeCovering(image, { width, height }), { width, height });
}

/** Decodes, scales and cuts a picture so that it fills the given size. Gives RGBA. */
async function decodeCovering(image: Uint8Array, { width, height }: ClipSize): Promise<Uint8Array> {
  const type = sniffMedia(image.subarray(0, SNIFF_BYTES));
  if (type?.kind !== "image") throw new TypeError("Cannot film the picture: it is none");
  const { extension } = type;
  const orientation = findOrientation(image, extension);
  const isOnItsSide = orientation >= 5;
  const readable = extension === "webp" ? await webpToJpeg(image) : image;
  const href = `data:image/${extension === "png" ? "png" : "jpeg"};base64,${readable.toBase64()}`;
  const { pixels } = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}">` +
      `<image transform="${turn(orientation, width, height)}" width="${
        isOnItsSide ? height : width
      }" height="${
        isOnItsSide ? width : height
      }" preserveAspectRatio="xMidYMid slice" xlink:href="${href}"/></svg>`,
    { font: { loadSystemFonts: false }, logLevel: "off" },
  ).render();
  // A picture that can't be decoded leaves the canvas empty: resvg does not say so.
  if (!pixels.some((value, at) => at % 4 === 3 && value > 0)) {
    throw new TypeError("Cannot film the picture: its bytes can't be decoded");
  }
  return pixels;
}

function toPlanes(rgba: Uint8Array, { width, height }: ClipSize): ClipSource {
  const half = { width: width / 2, height: height / 2 };
  const y = new Uint8Array(width * height);
  const u = new Uint8Array(half.width * half.height);
  const v = new Uint8Array(half.width * half.height);
  // BT.601 in 8-bit fixed point, limited range. Source: ITU-R BT.601-7, 2.5.
  for (let at = 0, from = 0; at < y.length; at++, from += 4) {
    const r = rgba[from] ?? 0, g = rgba[from + 1] ?? 0, b = rgba[from + 2] ?? 0;
    y[at] = ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16;
  }
  for (let row = 0, at = 0; row < half.height; row++) {
    for (let column = 0; column < half.width; column++, at++) {
      const from = (row * 2 * width + column * 2) * 4;
      const r = rgba[from] ?? 0, g = rgba[from + 1] ?? 0, b = rgba[from + 2] ?? 0;
      u[at] = ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128;
      v[at] = ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128;
    }
  }
  return {
    y: { width, height, samples: y },
    u: { ...half, samples: u },
    v: { ...half, samples: v },
  };
}

function even(value: number): number {
  return Math.round(value / 2) * 2;
}
