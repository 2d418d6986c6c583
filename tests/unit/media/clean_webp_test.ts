import assert from "node:assert/strict";
import { cleanPicture } from "../../../supabase/functions/_shared/media/clean_picture.ts";
import { probeImage } from "../../../supabase/functions/_shared/media/probe_image.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import {
  ascii,
  canvas96,
  exifOf,
  holds,
  join,
  PROFILE,
  riff,
  WEBP_96,
  WEBP_96_ALPHA,
  WEBP_96_LOSSLESS,
} from "../../fixtures/media/uploads.ts";

const PIXELS = WEBP_96.slice(20);
const refused = (bytes: Uint8Array, reason: string) =>
  assertFails(() => cleanPicture(bytes), { code: "IMAGE_INVALID", reason });

Deno.test("cleanPicture() gives clean WebPs of each kind as they are", async () => {
  for (const picture of [WEBP_96, WEBP_96_LOSSLESS, WEBP_96_ALPHA]) {
    const clean = await cleanPicture(picture);
    assert.deepEqual(clean.bytes, picture);
    assert.deepEqual([clean.extension, clean.width, clean.height], ["webp", 96, 64]);
  }
});

Deno.test("promise 18: cleanPicture() drops a WebP's EXIF, XMP and unknown chunks, and their flags", async () => {
  const sent = riff(
    ["VP8X", canvas96(0x20 | 0x08 | 0x04)],
    ["ICCP", PROFILE],
    ["VP8 ", PIXELS],
    ["EXIF", exifOf(1)],
    ["XMP ", ascii("<x xmlns='adobe:ns:meta/'>Jane Doe</x>")],
    ["ABCD", ascii("my home address")],
  );
  const clean = await cleanPicture(join(sent, ascii("PK\x03\x04")));
  assert.deepEqual(
    clean.bytes,
    riff(["VP8X", canvas96(0x20)], ["ICCP", PROFILE], ["VP8 ", PIXELS]),
  );
  assert.deepEqual({ ...probeImage(clean.bytes) }, { extension: "webp", width: 96, height: 64 });
});

Deno.test("promise 18: cleanPicture() drops what is no profile where a WebP's profile stands", async () => {
  for (const content of [ascii("PK\x03\x04".padEnd(400)), join(PROFILE, ascii("%PDF-1.7"))]) {
    const sent = riff(["VP8X", canvas96(0x20)], ["ICCP", content], ["VP8 ", PIXELS]);
    const clean = await cleanPicture(sent);
    assert.deepEqual(clean.bytes, riff(["VP8X", canvas96(0)], ["VP8 ", PIXELS]));
  }
});

Deno.test("cleanPicture() keeps a WebP's orientation alone", async () => {
  for (const exif of [exifOf(8), join(ascii("Exif\0\0"), exifOf(8))]) {
    const sent = riff(["VP8X", canvas96(0x08)], ["VP8 ", PIXELS], ["EXIF", exif]);
    const clean = await cleanPicture(sent);
    assert.deepEqual([clean.width, clean.height, clean.bytes[20]], [64, 96, 0x08]);
    assert.ok(holds(clean.bytes, "EXIF") && !holds(clean.bytes, "Jane"));
    assert.deepEqual(await cleanPicture(clean.bytes), clean);
  }
});

Deno.test("promise 18: cleanPicture() refuses a WebP that ends anywhere before its end", async () => {
  for (const whole of [WEBP_96, WEBP_96_LOSSLESS, WEBP_96_ALPHA]) {
    for (let length = 12; length < whole.length; length += 5) {
      await refused(whole.subarray(0, length), "truncated");
    }
  }
  const cut = PIXELS.slice(0, 20);
  await refused(riff(["VP8 ", cut]), "unreadable");
});

Deno.test("cleanPicture() refuses animations, and a canvas that is not the picture's", async () => {
  const anim = riff(["VP8X", canvas96(0x02)], ["ANIM", new Uint8Array(6)], ["VP8 ", PIXELS]);
  await refused(anim, "animated");
  const huge = Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  await refused(riff(["VP8X", huge], ["VP8 ", PIXELS]), "unreadable");
  await refused(riff(["VP8X", canvas96(0)]), "unreadable");
  await refused(riff(["VP8 ", PIXELS.with(3, 0)]), "unreadable");
});

Deno.test("promise 18: cleanPicture() refuses WebPs of insane sizes by their header", async () => {
  const size = (width: number, height: number) =>
    PIXELS.with(6, width & 0xff).with(7, width >> 8).with(8, height & 0xff).with(9, height >> 8);
  for (const [width, height] of [[16383, 16383], [8193, 64], [63, 64], [8192, 8192]] as const) {
    await refused(riff(["VP8 ", size(width, height)]), "dimensions");
  }
});
