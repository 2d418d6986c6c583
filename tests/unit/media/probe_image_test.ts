import assert from "node:assert/strict";
import fc from "fast-check";
import {
  IMAGE_HEAD_BYTES,
  probeImage,
} from "../../../supabase/functions/_shared/media/probe_image.ts";
import { JPEG, PNG, WEBP, WEBP_EXTENDED, WEBP_LOSSLESS } from "../../fixtures/media/pictures.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";

const PICTURES = {
  "a jpeg": [JPEG, "jpg"],
  "a png": [PNG, "png"],
  "a lossy webp": [WEBP, "webp"],
  "a lossless webp": [WEBP_LOSSLESS, "webp"],
  "an extended webp": [WEBP_EXTENDED, "webp"],
} as const;

for (const [name, [picture, extension]] of Object.entries(PICTURES)) {
  Deno.test(`probeImage() gives type and size when it sees ${name}`, () => {
    assert.deepEqual(probeImage(picture), { extension, width: 34, height: 22 });
  });

  Deno.test(`probeImage() fails as RESULT_INVALID, never otherwise, when ${name} is damaged`, async () => {
    await fc.assert(fc.asyncProperty(
      fc.nat(picture.byteLength),
      fc.nat(picture.byteLength - 1),
      fc.nat(255),
      async (length, at, byte) => {
        const damaged = picture.slice(0, length);
        if (at < length) damaged[at] = byte;
        try {
          const { width, height } = probeImage(damaged);
          assert.ok(width >= 1 && width <= 8192 && height >= 1 && height <= 8192);
        } catch (cause) {
          await assertFails(() => Promise.reject(cause), { code: "RESULT_INVALID" });
        }
      },
    ));
  });
}

/** A jpeg with segments put in behind its first mark. */
function jpegWith(...segments: Uint8Array[]): Uint8Array {
  return Uint8Array.from([
    ...JPEG.subarray(0, 2),
    ...segments.flatMap((segment) => [...segment]),
    ...JPEG.subarray(2),
  ]);
}

function segment(marker: number, length: number): Uint8Array {
  const bytes = new Uint8Array(2 + length);
  bytes.set([0xff, marker, length >> 8, length & 0xff]);
  return bytes;
}

Deno.test("probeImage() finds a jpeg's size behind a camera's previews and profiles", () => {
  const exif = segment(0xe1, 65_535);
  const profile = segment(0xe2, 65_535);
  const photo = jpegWith(exif, profile, profile, Uint8Array.of(0xff, 0xff, 0xff), segment(0xfe, 9));
  const head = photo.subarray(0, IMAGE_HEAD_BYTES);
  assert.deepEqual(probeImage(head), { extension: "jpg", width: 34, height: 22 });
});

Deno.test("probeImage() does not take a size from a preview inside a jpeg", () => {
  const exif = segment(0xe1, 300);
  exif.set(JPEG.subarray(0, 233), 10);
  exif.set([0x00, 0x01, 0x00, 0x01], 10 + 168);
  assert.equal(probeImage(jpegWith(exif)).width, 34);
});

const sized = (bytes: Uint8Array, write: (view: DataView) => void) => {
  const copy = bytes.slice();
  write(new DataView(copy.buffer));
  return copy;
};
const pngOf = (width: number, height: number) =>
  sized(PNG, (view) => {
    view.setUint32(16, width);
    view.setUint32(20, height);
  });

Deno.test("probeImage() allows sides of up to 8192 and 50 megapixels", () => {
  assert.equal(probeImage(pngOf(8192, 6103)).height, 6103);
  assert.equal(probeImage(pngOf(1, 8192)).width, 1);
});

const ABSURD: readonly (readonly [string, Uint8Array])[] = [
  ["a png of no width", pngOf(0, 22)],
  ["a png of no height", pngOf(34, 0)],
  ["a png too wide", pngOf(8193, 1)],
  ["a png too high", pngOf(1, 8193)],
  ["a png of over 50 megapixels", pngOf(8192, 6104)],
  ["a png of 2^32 - 1", pngOf(0xffffffff, 0xffffffff)],
  ["a webp of 2^24", sized(WEBP_EXTENDED, (view) => view.setUint32(24, 0xffffffff, true))],
  ["a jpeg of no height", sized(JPEG, (view) => view.setUint16(JPEG.indexOf(0xc0) + 4, 0))],
];

for (const [name, picture] of ABSURD) {
  Deno.test(`probeImage() refuses ${name}`, async () => {
    await assertFails(() => probeImage(picture), { code: "RESULT_INVALID", reason: "dimensions" });
  });
}

Deno.test("probeImage() refuses what is not a picture", async () => {
  for (const text of ["", "GIF89a", "<svg/>", "RIFF\0\0\0\0WAVE"]) {
    await assertFails(() => probeImage(new TextEncoder().encode(text)), {
      code: "RESULT_INVALID",
      reason: "wrong_type",
    });
  }
});

Deno.test("probeImage() fails as unreadable when the size is not in the bytes given", async () => {
  for (const picture of [JPEG.slice(0, 60), PNG.slice(0, 20), WEBP.slice(0, 24)]) {
    await assertFails(() => probeImage(picture), { code: "RESULT_INVALID", reason: "unreadable" });
  }
});
