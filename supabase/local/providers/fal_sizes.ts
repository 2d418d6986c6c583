/**
 * fal's named sizes. Source: the type `ImageSize` and its alternatives in @fal-ai/client 1.10.1.
 *
 * @module
 */

/** Pixels of the named sizes. */
export const NAMED_SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  square_hd: [1024, 1024],
  square: [512, 512],
  portrait_4_3: [768, 1024],
  portrait_16_9: [576, 1024],
  landscape_4_3: [1024, 768],
  landscape_16_9: [1024, 576],
};
