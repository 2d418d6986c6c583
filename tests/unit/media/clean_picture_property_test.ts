import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { cleanPicture } from "../../../supabase/functions/_shared/media/clean_picture.ts";
import {
  canvas96,
  chunk,
  exifOf,
  pngOf,
  riff,
  talkativeJpeg,
  WEBP_96,
  WEBP_96_ALPHA,
} from "../../fixtures/media/uploads.ts";

const SIZE = { width: 96, height: 64 };
const SEEDS = [
  talkativeJpeg(SIZE, 6),
  await pngOf({ ...SIZE, before: [chunk("eXIf", exifOf(8))], behind: [chunk("tIME", exifOf(1))] }),
  WEBP_96,
  WEBP_96_ALPHA,
  riff(["VP8X", canvas96(0x0c)], ["VP8 ", WEBP_96.slice(20)], ["EXIF", exifOf(3)]),
];

/** A picture with some bytes changed, a piece taken out, and its end cut off. */
const spoiled = fc.tuple(
  fc.constantFrom(...SEEDS),
  fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 3 }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0, 0, 1, 4, 20),
  fc.constantFrom(1, 1, 1, 0.99, 0.5),
).map(([seed, changes, place, length, end]) => {
  const bytes = seed.slice(0, Math.ceil(seed.length * end));
  for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
  const from = Math.floor(place * bytes.length);
  return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + length)]);
});

Deno.test("promise 18: cleanPicture() answers any bytes with a picture that is clean for good, or IMAGE_INVALID", async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiled, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
      try {
        const clean = await cleanPicture(bytes);
        taken += 1;
        assert.deepEqual(await cleanPicture(clean.bytes), clean);
        assert.ok(clean.bytes.length <= bytes.length + 60);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === "IMAGE_INVALID", String(error));
      }
    }),
    { numRuns: 2000, seed: 18 },
  );
  assert.ok(taken > 50, `${taken} were taken`);
});
