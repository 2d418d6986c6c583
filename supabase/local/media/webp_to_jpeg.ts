/**
 * For the rasteriser, which reads jpeg and png.
 *
 * @module
 */
import decodeWebp from "@jsquash/webp/decode.js";
import jpeg from "jpeg-js";

/** Losses are not seen at this quality, and the picture is scaled anyway. */
const QUALITY = 95;

/** Turns a webp into a jpeg. Rejects when its bytes can't be decoded. */
export async function webpToJpeg(image: Uint8Array): Promise<Uint8Array> {
  const { width, height, data } = await decodeWebp(new Uint8Array(image).buffer);
  return jpeg.encode({ data: new Uint8Array(data.buffer), width, height }, QUALITY).data;
}
