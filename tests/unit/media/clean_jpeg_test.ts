import assert from "node:assert/strict";
import jpeg from "jpeg-js";
import { cleanPicture } from "../../../supabase/functions/_shared/media/clean_picture.ts";
import { readOrientation } from "../../../supabase/functions/_shared/media/orientation.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import {
  ascii,
  type Bytes,
  exifOf,
  holds,
  join,
  jpegOf,
  PROFILE,
  SECRETS,
  segment,
  talkativeJpeg,
  withSegments,
} from "../../fixtures/media/uploads.ts";

const SIZE = { width: 96, height: 64 };
const refused = (bytes: Uint8Array, reason: string) =>
  assertFails(() => cleanPicture(bytes), { code: "IMAGE_INVALID", reason });

Deno.test("promise 18: cleanPicture() leaves nothing in a JPEG that tells of its owner, and every pixel", async () => {
  const sent = talkativeJpeg(SIZE);
  for (const secret of SECRETS) assert.ok(holds(sent, secret), secret);
  const clean = await cleanPicture(sent);
  for (const secret of [...SECRETS, "Exif", "Photoshop", "http"]) {
    assert.ok(!holds(clean.bytes, secret), secret);
  }
  const profile = new TextDecoder("latin1").decode(PROFILE);
  assert.ok(holds(clean.bytes, `ICC_PROFILE\0\x01\x01${profile}`));
  assert.ok(holds(clean.bytes, "JFIF"));
  assert.deepEqual(
    [clean.contentType, clean.extension, clean.width, clean.height],
    ["image/jpeg", "jpg", 96, 64],
  );
  assert.deepEqual(jpeg.decode(clean.bytes).data, jpeg.decode(sent).data);
});

Deno.test("cleanPicture() gives the same bytes for a picture that is clean", async () => {
  const once = await cleanPicture(talkativeJpeg(SIZE, 6));
  const twice = await cleanPicture(once.bytes);
  assert.deepEqual(twice, once);
});

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  Deno.test(`cleanPicture() keeps a JPEG's orientation ${orientation}, alone, and tells the size as shown`, async () => {
    for (const isLittle of [true, false]) {
      const exif = segment(0xe1, "Exif\0\0", exifOf(orientation, isLittle));
      const clean = await cleanPicture(withSegments(jpegOf(SIZE), exif));
      const isOnItsSide = orientation >= 5;
      assert.deepEqual([clean.width, clean.height], isOnItsSide ? [64, 96] : [96, 64]);
      const text = new TextDecoder("latin1").decode(clean.bytes);
      const at = text.indexOf("Exif\0\0");
      assert.equal(at === -1, orientation === 1);
      if (at !== -1) assert.equal(readOrientation(clean.bytes.subarray(at + 6)), orientation);
      for (const secret of SECRETS) assert.ok(!holds(clean.bytes, secret), secret);
      const stored = jpeg.decode(clean.bytes);
      assert.deepEqual([stored.width, stored.height], [96, 64], "pixels are not turned");
    }
  });
}

Deno.test("cleanPicture() takes an orientation that means nothing, or broken EXIF, for upright", async () => {
  const broken = [
    exifOf(0),
    exifOf(9),
    exifOf(65535),
    ascii("II*\0"),
    new Uint8Array(3),
    join(ascii("II*\0"), Uint8Array.of(0xff, 0xff, 0xff, 0x7f)),
    exifOf(6).subarray(0, 15),
  ];
  for (const exif of broken) {
    const clean = await cleanPicture(
      withSegments(jpegOf(SIZE), segment(0xe1, "Exif\0\0", new Uint8Array(exif))),
    );
    assert.deepEqual([clean.width, clean.height, holds(clean.bytes, "Exif")], [96, 64, false]);
  }
});

Deno.test("promise 18: cleanPicture() cuts off what stands behind a JPEG's end", async () => {
  const picture = jpegOf(SIZE);
  for (const tail of ["PK\x03\x04 an archive", "<script>alert(1)</script>", "%PDF-1.7"]) {
    const clean = await cleanPicture(join(picture, ascii(tail)));
    assert.deepEqual(clean, await cleanPicture(picture), tail);
    assert.ok(!holds(clean.bytes, tail));
  }
});

/** A JPEG with segments where a clean one has them: behind JFIF's. */
function pictureWith(...segments: readonly Bytes[]): Bytes {
  const picture = jpegOf(SIZE);
  return join(picture.subarray(0, 20), ...segments, picture.subarray(20));
}

/** A JPEG with these bytes where the profile stands, in segments of a size. */
function withProfile(bytes: Bytes, partBytes = 65_000): Bytes {
  const count = Math.ceil(bytes.length / partBytes);
  const parts = Array.from({ length: count }, (_, at) => {
    const part = bytes.slice(at * partBytes, (at + 1) * partBytes);
    return segment(0xe2, "ICC_PROFILE\0", Uint8Array.of(at + 1, count), part);
  });
  return pictureWith(...parts);
}

Deno.test("promise 18: cleanPicture() keeps no profile in a JPEG but a whole one", async () => {
  const plain = (await cleanPicture(jpegOf(SIZE))).bytes;
  const claims = (bytes: Bytes, size: number) => {
    new DataView(bytes.buffer).setUint32(0, size);
    return bytes;
  };
  const large = (size: number) =>
    claims(join(PROFILE, new Uint8Array(size - PROFILE.length)), size);
  const kept = [withProfile(PROFILE), withProfile(PROFILE, 100), withProfile(large(1024 * 1024))];
  for (const sent of kept) assert.deepEqual((await cleanPicture(sent)).bytes, sent);

  const [first, second] = [0, 1].map((at) =>
    segment(
      0xe2,
      "ICC_PROFILE\0",
      Uint8Array.of(at + 1, 2),
      PROFILE.slice(at * 200, at === 0 ? 200 : undefined),
    )
  );
  assert.ok(first && second);
  const turned = await cleanPicture(pictureWith(second, first));
  assert.deepEqual(turned.bytes, pictureWith(first, second));
  const dropped = {
    "an archive": withProfile(join(ascii("PK\x03\x04"), new Uint8Array(300))),
    "a PDF": withProfile(ascii("%PDF-1.7".padEnd(400))),
    "a profile and an archive": withProfile(join(PROFILE, ascii("PK\x03\x04"))),
    "a profile cut off": withProfile(PROFILE.slice(0, -1)),
    "a larger one": withProfile(large(1024 * 1024 + 1)),
    "half of one": pictureWith(first),
    "the same part twice": pictureWith(first, second, second),
    "nothing": pictureWith(segment(0xe2, "ICC_PROFILE\0")),
  };
  for (const [what, sent] of Object.entries(dropped)) {
    assert.deepEqual((await cleanPicture(sent)).bytes, plain, what);
  }
});

Deno.test("promise 18: cleanPicture() keeps Adobe's colour transform in a JPEG, and nothing behind it", async () => {
  const adobe = Uint8Array.of(0, 100, 0x80, 0, 0, 0, 1);
  const clean = pictureWith(segment(0xee, "Adobe", adobe));
  const talkative = segment(0xee, "Adobe", adobe, "PK\x03\x04 an archive");
  const sent = [
    pictureWith(talkative),
    pictureWith(talkative, segment(0xee, "Adobe", ascii("another"))),
  ];
  for (const picture of [clean, ...sent]) {
    assert.deepEqual((await cleanPicture(picture)).bytes, clean);
  }
  const short = pictureWith(segment(0xee, "Adobe"));
  assert.deepEqual((await cleanPicture(short)).bytes, (await cleanPicture(jpegOf(SIZE))).bytes);
});

Deno.test("promise 18: cleanPicture() refuses a JPEG that ends anywhere before its end", async () => {
  const whole = talkativeJpeg(SIZE);
  for (let length = 3; length < whole.length; length += 7) {
    await refused(whole.subarray(0, length), "truncated");
  }
  await refused(whole.subarray(0, -1), "truncated");
});

Deno.test("promise 18: cleanPicture() refuses JPEGs of insane sizes by their header", async () => {
  const claims = (width: number, height: number) => {
    const bytes = jpegOf(SIZE);
    const text = new TextDecoder("latin1").decode(bytes);
    const at = text.indexOf("\xff\xc0");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint16(at + 5, height);
    view.setUint16(at + 7, width);
    return bytes;
  };
  const insane = [[65535, 65535], [8193, 64], [64, 8193], [8192, 6104], [63, 64], [64, 63], [
    96,
    0,
  ]];
  for (const [width = 0, height = 0] of insane) {
    await refused(claims(width, height), "dimensions");
  }
  const clean = await cleanPicture(claims(8192, 6103));
  assert.equal(clean.width * clean.height, 49_995_776);
});

Deno.test("cleanPicture() refuses JPEGs that few programs decode, and what only begins like one", async () => {
  const bytes = jpegOf(SIZE);
  const at = new TextDecoder("latin1").decode(bytes).indexOf("\xff\xc0");
  const changed = (offset: number, value: number) => bytes.with(at + offset, value);
  await refused(changed(1, 0xc3), "unreadable");
  await refused(changed(1, 0xc9), "unreadable");
  await refused(changed(4, 12), "unreadable");
  await refused(changed(9, 2), "unreadable");
  const frame = bytes.subarray(at, at + 19);
  await refused(withSegments(bytes, new Uint8Array(frame)), "unreadable");
  await refused(join(bytes.subarray(0, at), Uint8Array.of(0xff, 0xd9)), "unreadable");
  await refused(join(Uint8Array.of(0xff, 0xd8, 0xff), ascii("<html>".repeat(50))), "unreadable");
  await refused(withSegments(bytes, Uint8Array.of(0xff, 0xe1, 0, 1)), "unreadable");
  const scanAt = new TextDecoder("latin1").decode(bytes).indexOf("\xff\xda");
  const scan = new Uint8Array(bytes.subarray(scanAt, -2));
  const many = Array.from({ length: 101 }, () => scan);
  const bomb = join(bytes.subarray(0, scanAt), ...many, Uint8Array.of(0xff, 0xd9));
  await refused(bomb, "unreadable");
});

Deno.test("promise 18: cleanPicture() refuses what is no jpeg, png or webp, whatever it is called", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
  const files = [
    svg,
    `<?xml version="1.0"?>${svg}`,
    "GIF89a",
    "BM",
    "%PDF-1.7",
    "<html>",
    "PK\x03\x04",
  ];
  for (const file of files) await refused(ascii(file), "wrong_type");
  await refused(ascii("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "wrong_type");
  await refused(ascii("\0\0\0\x20ftypisom\0\0\x02\0isomiso2mp41"), "wrong_type");
  await refused(new Uint8Array(), "empty");
});
