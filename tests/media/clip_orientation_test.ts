import assert from "node:assert/strict";
import { cleanPicture } from "../../supabase/functions/_shared/media/clean_picture.ts";
import { readClipSource } from "../../supabase/local/media/clip_source.ts";
import {
  canvas96,
  chunk,
  exifOf,
  jpegOf,
  pngOf,
  riff,
  segment,
  WEBP_96,
  withSegments,
  zlib,
} from "../fixtures/media/uploads.ts";

/** Which quarter of the frame is bright, once a picture whose upper left one is has been turned. */
const QUARTERS = ["", "left top", "right top", "right bottom", "left bottom", "left top"]
  .concat(["right top", "right bottom", "left bottom"]);

async function brightQuarter(picture: Uint8Array): Promise<string> {
  const { y } = await readClipSource(picture, { width: 320, height: 320 });
  const found: string[] = [];
  for (const [row, vertical] of [[0.1, "top"], [0.9, "bottom"]] as const) {
    for (const [column, horizontal] of [[0.1, "left"], [0.9, "right"]] as const) {
      const at = Math.floor(row * y.height) * y.width + Math.floor(column * y.width);
      if ((y.samples[at] ?? 0) > 120) found.push(`${horizontal} ${vertical}`);
    }
  }
  return found.join(", ");
}

Deno.test("readClipSource() films a cleaned photo the way up it was taken", async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const exif = segment(0xe1, "Exif\0\0", exifOf(orientation));
    const photo = withSegments(jpegOf({ width: 300, height: 200 }), exif);
    const { bytes } = await cleanPicture(photo);
    assert.equal(await brightQuarter(bytes), QUARTERS[orientation], String(orientation));
  }
});

Deno.test("readClipSource() turns PNG and WebP too", async () => {
  const rows = Uint8Array.from(
    { length: 97 * 64 },
    (_, at) => at % 97 !== 0 && at % 97 < 48 && at < 97 * 32 ? 255 : 0,
  );
  const png = await pngOf({
    width: 96,
    height: 64,
    data: await zlib(rows),
    before: [chunk("eXIf", exifOf(6))],
  });
  const webp = riff(
    ["VP8X", canvas96(0x08)],
    ["VP8 ", WEBP_96.slice(20)],
    ["EXIF", exifOf(6)],
  );
  for (const picture of [png, webp]) {
    assert.equal(await brightQuarter((await cleanPicture(picture)).bytes), "right top");
  }
});
