import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Resvg } from "@resvg/resvg-js";
import encodeWebp from "@jsquash/webp/encode.js";
import { drawPicture } from "../../supabase/local/media/picture.ts";
import { insetBoxes } from "../../supabase/local/media/picture_insets.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { type Served, serveSimulator } from "./harness.ts";

const PATH = "/v1beta/models/gemini-nano-banana-2.1:generateContent";
const SIZE = { width: 1376, height: 768 };

/** A character's own picture, as png or jpeg. */
const reference = (who: string, format: "png" | "jpeg" = "png") =>
  drawPicture({ prompt: `Character reference of ${who}`, width: 512, height: 512, format }).bytes;

const MINA = reference("Mina. Mina, a red coat and black hair");
const NOOR = reference("Noor. Noor, a green cloak and silver hair", "jpeg");

/** Part of a request that holds a picture. */
const inline = (data: string, mimeType = "image/png") => ({ inlineData: { mimeType, data } });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

async function ask(served: Served, parts: readonly unknown[]) {
  const response = await fetch(`${served.url}${PATH}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-goog-api-key": "a-key" },
    body: JSON.stringify({
      contents: [{ role: "user", parts: [{ text: "They fly a kite at dusk" }, ...parts] }],
      generationConfig: { responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "16:9" } },
    }),
  });
  return { status: response.status, body: await response.json() };
}

/** The picture of an answer. */
async function draw(served: Served, parts: readonly unknown[]): Promise<Uint8Array> {
  const { status, body } = await ask(served, parts);
  assert.equal(status, 200, JSON.stringify(body));
  return new Uint8Array(Buffer.from(body.candidates[0].content.parts[0].inlineData.data, "base64"));
}

/** Mean red, green and blue of a square of a picture. */
function meanOf(
  picture: Uint8Array,
  size: { readonly width: number; readonly height: number },
  box: { readonly x: number; readonly y: number; readonly side: number },
): number[] {
  const type = picture[0] === 0xff ? "jpeg" : "png";
  const { pixels } = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><image width="${size.width}" height="${size.height}" href="data:image/${type};base64,${
      base64(picture)
    }"/></svg>`,
    { font: { loadSystemFonts: false } },
  ).render();
  const sums = [0, 0, 0];
  for (let y = box.y; y < box.y + box.side; y++) {
    for (let x = box.x; x < box.x + box.side; x++) {
      const at = (y * size.width + x) * 4;
      sums.forEach((sum, channel) => sums[channel] = sum + (pixels[at + channel] ?? 0));
    }
  }
  return sums.map((sum) => sum / box.side ** 2);
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)));
}

/** The middle of an inset: without its frame and rounded corners. */
function insides(count: number) {
  return insetBoxes(SIZE, count).map(({ x, y, side }) => {
    const margin = Math.round(side * 0.2);
    return { x: x + margin, y: y + margin, side: side - 2 * margin };
  });
}

/** The same middle of the reference itself. */
const middle = (picture: Uint8Array) =>
  meanOf(picture, { width: 512, height: 512 }, { x: 102, y: 102, side: 307 });

const serve = () => serveSimulator("gemini", createGeminiSimulator);

Deno.test("a picture shows each reference it was drawn after, in the order of the request", async () => {
  await using served = await serve();
  const [left, right] = insides(2);
  assert.ok(left && right);
  const both = await draw(served, [inline(base64(MINA)), inline(base64(NOOR), "image/jpeg")]);
  assert.ok(distance(middle(MINA), middle(NOOR)) > 30, "the references are too much alike to tell");
  assert.ok(distance(meanOf(both, SIZE, left), middle(MINA)) < 6);
  assert.ok(distance(meanOf(both, SIZE, right), middle(NOOR)) < 6);

  const swapped = await draw(served, [inline(base64(NOOR), "image/jpeg"), inline(base64(MINA))]);
  assert.ok(distance(meanOf(swapped, SIZE, left), middle(NOOR)) < 6);
  const alone = await draw(served, []);
  assert.ok(
    distance(meanOf(alone, SIZE, left), middle(MINA)) > 30,
    "it is there without being sent",
  );
});

Deno.test("a reference may be a webp, and may be spelled in snake case", async () => {
  await using served = await serve();
  const { pixels } = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#d02010"/></svg>`,
  ).render();
  const image = { data: new Uint8ClampedArray(pixels), width: 64, height: 64, colorSpace: "srgb" };
  const webp = new Uint8Array(await encodeWebp(image as ImageData));
  const [box] = insides(1);
  assert.ok(box);
  const picture = await draw(served, [
    { inline_data: { mime_type: "image/webp", data: base64(webp) } },
  ]);
  assert.ok(distance(meanOf(picture, SIZE, box), [0xd0, 0x20, 0x10]) < 12);
});

Deno.test("the log holds hash and size of each reference in the place of its bytes", async () => {
  await using served = await serve();
  await draw(served, [inline(base64(MINA)), inline(base64(NOOR), "image/jpeg")]);
  const [call] = served.calls;
  const { contents: [{ parts }] } = JSON.parse(call?.body ?? "");
  const logged = (bytes: Uint8Array) =>
    `sha256:${createHash("sha256").update(bytes).digest("hex")}, ${bytes.length} bytes`;
  assert.deepEqual(parts, [
    { text: "They fly a kite at dusk" },
    inline(logged(MINA)),
    inline(logged(NOOR), "image/jpeg"),
  ]);
});

for (
  const [what, part, message] of [
    [
      "no base64",
      inline("%%% not base64 %%%"),
      /inline_data\.data' \(TYPE_BYTES\), Base64 decoding/,
    ],
    ["a data: URL", inline(`data:image/png;base64,${base64(MINA)}`), /Base64 decoding failed/],
    ["no picture", inline(btoa("<html>Bad gateway</html>")), /^Provided image is not valid/],
    ["half a picture", inline(base64(MINA.subarray(0, 2000))), /^Provided image is not valid/],
    ["nothing", inline(""), /^Provided image is not valid/],
    ["another type", inline(base64(MINA), "image/jpg"), /^Unsupported MIME type: image\/jpg/],
  ] as const
) {
  Deno.test(`a request with ${what} as a reference is refused as INVALID_ARGUMENT`, async () => {
    await using served = await serve();
    const { status, body } = await ask(served, [part]);
    assert.equal(status, 400);
    assert.equal(body.error.status, "INVALID_ARGUMENT");
    assert.match(body.error.message, message);
  });
}

Deno.test("drawPicture() shows whom a reference is of: colours that are named, others for others", () => {
  const red = meanOf(MINA, { width: 512, height: 512 }, { x: 200, y: 250, side: 100 });
  assert.ok((red[0] ?? 0) > 150 && (red[1] ?? 255) < 90, `a red coat is ${red}`);
  const size = { width: 128, height: 128 };
  const pictures = ["Mina", "Noor", "Felix", "지우"].map((name) =>
    base64(
      drawPicture({ prompt: `Character reference of ${name}. ${name}, smiling`, ...size }).bytes,
    )
  );
  assert.equal(new Set(pictures).size, 4);
  const words = { prompt: "Character reference of Mina. Mina, smiling", ...size };
  assert.notDeepEqual(drawPicture({ ...words, seed: 1 }).bytes, drawPicture(words).bytes);
});
