/**
 * How large a simulated clip is: all clips of one shape share size, rate and codec parameters, so that
 * their packets can be copied into one film.
 *
 * @module
 */

/** Pixels. Both are even, as 4:2:0 chroma needs. */
export interface ClipSize {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

// About 230,000 pixels each: a second of clip then costs about 0.2 s of one core, which is what lets a
// whole film be simulated in seconds.
const SIZES: Readonly<Record<string, ClipSize>> = {
  "16:9": { width: 640, height: 360 },
  "9:16": { width: 360, height: 640 },
  "1:1": { width: 480, height: 480 },
  "4:3": { width: 560, height: 420 },
  "3:4": { width: 420, height: 560 },
  "3:2": { width: 588, height: 392 },
  "2:3": { width: 392, height: 588 },
  "21:9": { width: 728, height: 312 },
};

/** The size for an aspect ratio such as `16:9`, or null when clips have no such shape. */
export function clipSizeFor(aspectRatio: string): ClipSize | null {
  return Object.hasOwn(SIZES, aspectRatio) ? SIZES[aspectRatio] ?? null : null;
}

/** The size whose shape is nearest to a picture's: what a model without such a choice does. */
export function clipSizeLike(picture: ClipSize): ClipSize {
  const shape = (size: ClipSize) => Math.log(size.width / size.height);
  const distance = (size: ClipSize) => Math.abs(shape(size) - shape(picture));
  return Object.values(SIZES).reduce((best, size) => distance(size) < distance(best) ? size : best);
}
