import assert from "node:assert/strict";
import { cleanPicture } from "../../../supabase/functions/_shared/media/clean_picture.ts";
import { crc32 } from "../../../supabase/functions/_shared/media/crc32.ts";
import { probeImage } from "../../../supabase/functions/_shared/media/probe_image.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import {
  ascii,
  chunk,
  exifOf,
  holds,
  join,
  pngOf,
  PROFILE,
  zlib,
} from "../../fixtures/media/uploads.ts";

const SIZE = { width: 96, height: 64 };
const refused = (bytes: Uint8Array, reason: string) =>
  assertFails(() => cleanPicture(bytes), { code: "IMAGE_INVALID", reason });

/** Types of the chunks, in order. */
function typesOf(png: Uint8Array): string[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const types: string[] = [];
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    types.push(new TextDecoder().decode(png.subarray(at + 4, at + 8)));
  }
  return types;
}

Deno.test("crc32() gives the sums of PNG", () => {
  assert.equal(crc32(ascii("IEND")), 0xae426082);
  assert.equal(crc32(ascii("123456789")), 0xcbf43926);
});

Deno.test("promise 18: cleanPicture() keeps only the chunks of a PNG that decide how it looks", async () => {
  const profile = chunk("iCCP", join(ascii("p\0\0"), await zlib(PROFILE)));
  const sent = await pngOf({
    ...SIZE,
    before: [
      chunk("gAMA", Uint8Array.of(0, 0, 0xb1, 0x8f)),
      profile,
      chunk("tEXt", ascii("Author\0Jane Doe")),
      chunk("zTXt", join(ascii("Comment\0\0"), await zlib(ascii("my home address")))),
      chunk("iTXt", ascii("XML:com.adobe.xmp\0\0\0\0\0<x xmlns='adobe:ns:meta/'/>")),
      chunk("eXIf", exifOf(1)),
      chunk("acTL", new Uint8Array(8)),
      chunk("prVt", ascii("Jane Doe")),
    ],
    behind: [
      chunk("fdAT", new Uint8Array(30)),
      chunk("tIME", Uint8Array.of(7, 234, 11, 21, 12, 0, 0)),
    ],
  });
  const clean = await cleanPicture(sent);
  assert.deepEqual(typesOf(clean.bytes), ["IHDR", "gAMA", "iCCP", "IDAT", "IEND"]);
  for (const secret of ["Jane", "adobe", "37/1"]) assert.ok(!holds(clean.bytes, secret), secret);
  assert.deepEqual({ ...probeImage(clean.bytes) }, { extension: "png", ...SIZE });
  assert.deepEqual((await cleanPicture(clean.bytes)).bytes, clean.bytes);
});

Deno.test("promise 18: cleanPicture() drops what is no profile where a PNG's profile stands", async () => {
  const named = (packed: Uint8Array) => join(ascii("p\0\0"), packed);
  const plain = await pngOf(SIZE);
  const profile = await zlib(PROFILE);
  const contents = {
    "another file": named(await zlib(ascii("PK\x03\x04".padEnd(400)))),
    "something behind it": named(join(profile, ascii("PK\x03\x04"))),
    "much behind it": named(join(profile, new Uint8Array(20_000))),
    "a profile that is not packed": named(PROFILE),
    "packed in an unknown way": join(ascii("p\0\x01"), profile),
    "no name": join(ascii("\0\0"), profile),
    "a name without an end": ascii("p".repeat(400)),
    "a bomb": named(await zlib(new Uint8Array(50_000_000))),
  };
  for (const [what, content] of Object.entries(contents)) {
    const sent = await pngOf({ ...SIZE, before: [chunk("iCCP", content)] });
    assert.deepEqual((await cleanPicture(sent)).bytes, plain, what);
  }
});

Deno.test("cleanPicture() keeps a PNG's orientation, wherever it stood", async () => {
  for (const place of ["before", "behind"] as const) {
    const clean = await cleanPicture(await pngOf({ ...SIZE, [place]: [chunk("eXIf", exifOf(6))] }));
    assert.deepEqual(typesOf(clean.bytes), ["IHDR", "eXIf", "IDAT", "IEND"]);
    assert.deepEqual([clean.width, clean.height], [64, 96]);
    assert.ok(!holds(clean.bytes, "Jane"));
    assert.deepEqual(await cleanPicture(clean.bytes), clean, "its sums are right");
  }
});

Deno.test("promise 18: cleanPicture() cuts off what stands behind a PNG's end", async () => {
  const png = await pngOf(SIZE);
  const clean = await cleanPicture(join(png, ascii("PK\x03\x04 an archive with <script>")));
  assert.deepEqual(clean.bytes, png);
});

Deno.test("promise 18: cleanPicture() refuses a PNG that ends anywhere before its end", async () => {
  const whole = await pngOf({ ...SIZE, before: [chunk("gAMA", Uint8Array.of(0, 0, 0xb1, 0x8f))] });
  for (let length = 8; length < whole.length; length += 3) {
    await refused(whole.subarray(0, length), "truncated");
  }
});

Deno.test("promise 18: cleanPicture() refuses decompression bombs by header, without unpacking", async () => {
  const huge = [
    { width: 100_000, height: 100_000 },
    { width: 0xffffffff, height: 0xffffffff },
    { width: 8193, height: 64 },
    { width: 64, height: 8193 },
    { width: 8192, height: 8192 },
    { width: 63, height: 64 },
    { width: 0, height: 64 },
  ];
  for (const claims of huge) await refused(await pngOf({ ...SIZE, claims }), "dimensions");
  // 48 megapixels of 16 bits and four samples are 385 MB.
  const claims = { width: 8000, height: 6000 };
  await refused(await pngOf({ ...SIZE, claims, form: [16, 6, 0] }), "dimensions");
});

Deno.test("promise 18: cleanPicture() refuses a PNG that unpacks to more than its header says", async () => {
  const bomb = await zlib(new Uint8Array(50_000_000));
  assert.ok(bomb.length < 60_000);
  await refused(await pngOf({ ...SIZE, data: bomb }), "dimensions");
  await refused(
    await pngOf({ ...SIZE, data: await zlib(new Uint8Array(97 * 64 + 1)) }),
    "dimensions",
  );
});

Deno.test("cleanPicture() refuses a PNG whose pixels are fewer, or can't be unpacked", async () => {
  await refused(
    await pngOf({ ...SIZE, data: await zlib(new Uint8Array(97 * 64 - 1)) }),
    "truncated",
  );
  await refused(await pngOf({ ...SIZE, data: ascii("no zlib at all") }), "truncated");
  const cut = (await zlib(crypto.getRandomValues(new Uint8Array(97 * 64)))).subarray(0, 3000);
  await refused(await pngOf({ ...SIZE, data: new Uint8Array(cut) }), "truncated");
});

Deno.test("cleanPicture() counts the pixels of every kind of PNG right", async () => {
  const bytesOf: readonly (readonly [readonly [number, number, number], number])[] = [
    [[1, 0, 0], 64 * (1 + 12)],
    [[8, 2, 0], 64 * (1 + 288)],
    [[16, 6, 0], 64 * (1 + 768)],
    [[8, 4, 0], 64 * (1 + 192)],
    // Passes of 12x8, 12x8, 24x8, 24x16, 48x16, 48x32 and 96x32 pixels, a byte more for each row.
    [[8, 0, 1], 8 * 13 + 8 * 13 + 8 * 25 + 16 * 25 + 16 * 49 + 32 * 49 + 32 * 97],
  ];
  for (const [form, size] of bytesOf) {
    const png = await pngOf({ ...SIZE, form, data: await zlib(new Uint8Array(size)) });
    assert.deepEqual((await cleanPicture(png)).bytes, png, String(form));
  }
  const palette = chunk("PLTE", Uint8Array.of(0, 0, 0));
  const indexed = { ...SIZE, form: [8, 3, 0] as const };
  await cleanPicture(await pngOf({ ...indexed, before: [palette] }));
  await refused(await pngOf(indexed), "unreadable");
  await refused(await pngOf({ ...SIZE, form: [7, 2, 0] }), "unreadable");
  await refused(await pngOf({ ...SIZE, form: [8, 5, 0] }), "unreadable");
});

Deno.test("cleanPicture() refuses a PNG with a wrong sum, or without its header first", async () => {
  const png = await pngOf(SIZE);
  for (const at of [20, 29, 45, png.length - 1]) {
    await refused(png.with(at, (png[at] ?? 0) ^ 1), "unreadable");
  }
  await refused(join(png.subarray(0, 8), png.subarray(33)), "unreadable");
  await refused(join(png.subarray(0, 33), png.subarray(8)), "unreadable");
});
