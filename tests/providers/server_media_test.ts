import { deepEqual, equal, notDeepEqual, ok, rejects, throws } from "node:assert/strict";
import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";
import { probeImage } from "../../supabase/functions/_shared/media/probe_image.ts";
import { filmClip } from "../../supabase/local/media/clip.ts";
import { drawPicture, pictureSvg } from "../../supabase/local/media/picture.ts";
import { wrapCaption } from "../../supabase/local/media/picture_caption.ts";
import { loadCaptionFonts } from "../../supabase/local/media/picture_font.ts";
import { createRandom } from "../../supabase/local/media/picture_random.ts";
import { chooseTheme } from "../../supabase/local/media/picture_theme.ts";
import { createRenderPool } from "../../supabase/local/providers/render_pool.ts";

const SMALL = { width: 320, height: 180 } as const;
const PICTURE = drawPicture({ prompt: "A fox", ...SMALL });

async function inspect(bytes: Uint8Array<ArrayBuffer>) {
  const input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  ok(track !== null);
  const config = await track.getDecoderConfig();
  let packets = 0;
  for await (const _packet of new EncodedPacketSink(track).packets()) packets++;
  return {
    codec: await track.getCodecParameterString(),
    size: [track.codedWidth, track.codedHeight],
    durationSeconds: await track.computeDuration(),
    packets,
    description: bytesOf(config?.description),
  };
}

function bytesOf(source: AllowSharedBufferSource | undefined): Uint8Array {
  if (source === undefined) return new Uint8Array();
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

Deno.test("drawPicture() draws the same for the same prompt and another for every other", () => {
  deepEqual(drawPicture({ prompt: "A fox", ...SMALL }).bytes, PICTURE.bytes);
  const others = ["A fox ", "A wolf", "여우", ""].map((prompt) =>
    drawPicture({ prompt, ...SMALL })
  );
  const seeded = drawPicture({ prompt: "A fox", ...SMALL, seed: 1 });
  for (const other of [...others, seeded]) notDeepEqual(other.bytes, PICTURE.bytes);
});

Deno.test("drawPicture() makes jpeg and png of any shape and refuses sizes out of bounds", () => {
  for (const [width, height] of [[1024, 576], [64, 2048], [333, 777]] as const) {
    for (const format of ["jpeg", "png"] as const) {
      const facts = probeImage(drawPicture({ prompt: "Sea", width, height, format }).bytes);
      deepEqual([facts.extension, facts.width, facts.height], [
        format === "jpeg" ? "jpg" : "png",
        width,
        height,
      ]);
    }
  }
  for (const width of [63, 2049, 100.5, Number.NaN]) {
    throws(() => drawPicture({ prompt: "Sea", width, height: 100 }), RangeError);
  }
});

Deno.test("pictureSvg() keeps markup in a prompt as words", () => {
  const svg = pictureSvg({ prompt: "<script>&amp; \u0000 end", ...SMALL });
  ok(svg.includes("&lt;script&gt;&amp;amp;"));
  ok(!svg.includes("<script>") && !svg.includes("\u0000"));
});

Deno.test("chooseTheme() takes place, hour and subject from the words", () => {
  const theme = (prompt: string) => {
    const { place, hour, subject } = chooseTheme(prompt, createRandom(1));
    return [place, hour, subject];
  };
  deepEqual(theme("A fox crosses the snow at dawn"), ["snow", "dawn", "fox"]);
  deepEqual(theme("A boat at sunset, night sky later"), ["sea", "dusk", "boat"]);
  deepEqual(theme("밤, 도시의 거리에서 로봇이 기다린다"), ["city", "night", "robot"]);
  deepEqual(theme("An astronaut finds a planet")[0], "space");
});

Deno.test("wrapCaption() sets two lines at most in any script and leaves out what no font has", () => {
  const wrap = (words: string, maxWidthEm = 22) =>
    wrapCaption(words, { fonts: loadCaptionFonts(), maxWidthEm });
  deepEqual(wrap("A fox"), ["A fox"]);
  deepEqual(wrap("  A \n fox 🦊  "), ["A fox"]);
  equal(wrap("A fox crosses a snowy ridge at dawn while the valley sleeps").length, 2);
  const long = wrap("여우가 눈 덮인 산등성이를 넘어간다 ".repeat(9));
  equal(long.length, 2);
  ok(long[1]?.endsWith("…"));
  equal(wrap("狐".repeat(30)).join(""), "狐".repeat(30));
  deepEqual(wrap("ثعلب يجري"), ["ثعلب يجري"]);
  equal(wrap("x".repeat(400)).length, 1);
  deepEqual(wrap("ลูกสุนัขจิ้งจอก"), []);
  deepEqual(wrap("🦊🦊"), []);
  deepEqual(wrap(""), []);
});

Deno.test("filmClip() gives H.264 of exactly the asked length, alike for all clips of one shape", async () => {
  const film = async (prompt: string, durationSeconds: number) =>
    await inspect(
      (await filmClip({ image: PICTURE.bytes, prompt, durationSeconds, aspectRatio: "16:9" }))
        .bytes,
    );
  const [one, two] = [await film("A fox", 1), await film("A wolf", 2)];
  deepEqual([one.durationSeconds, one.packets], [1, 15]);
  deepEqual([two.durationSeconds, two.packets], [2, 30]);
  equal(one.codec, "avc1.420016");
  deepEqual(one.size, [640, 360]);
  // What a packet copy needs: one decoder configuration for all.
  ok(one.description.length > 0);
  deepEqual([two.codec, two.size, two.description], [one.codec, one.size, one.description]);
});

Deno.test("filmClip() takes the shape that is asked for, else the picture's", async () => {
  const size = async (aspectRatio: string | undefined, width: number, height: number) => {
    const image = drawPicture({ prompt: "x", width, height }).bytes;
    const clip = await filmClip({ image, prompt: "x", durationSeconds: 1, aspectRatio });
    return [clip.width, clip.height];
  };
  deepEqual(await size("9:16", 320, 180), [360, 640]);
  deepEqual(await size(undefined, 180, 320), [360, 640]);
  deepEqual(await size("adaptive", 300, 300), [480, 480]);
  deepEqual(await size("auto", 420, 180), [728, 312]);
});

Deno.test("filmClip() films a png and a webp", async () => {
  const webp = Uint8Array.fromBase64(
    "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
  );
  const png = drawPicture({ prompt: "x", ...SMALL, format: "png" }).bytes;
  for (const image of [webp, png]) {
    const { bytes } = await filmClip({
      image,
      prompt: "x",
      durationSeconds: 1,
      aspectRatio: "1:1",
    });
    equal((await inspect(bytes)).packets, 15);
  }
});

Deno.test("filmClip() refuses a picture that can't be read and a length out of bounds", async () => {
  const film = (image: Uint8Array, durationSeconds = 1) =>
    filmClip({ image, prompt: "x", durationSeconds, aspectRatio: "1:1" });
  await rejects(() => film(new TextEncoder().encode("<html>")));
  await rejects(() => film(PICTURE.bytes.subarray(0, 300)), TypeError);
  for (const seconds of [0, 61, 1.5]) await rejects(() => film(PICTURE.bytes, seconds), RangeError);
});

Deno.test("RenderPool draws and films beside the event loop and rejects what it can't", async () => {
  const pool = createRenderPool(2);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  try {
    const jobs = [1, 2, 3].map((at) =>
      pool.clip({ image: PICTURE.bytes, prompt: `x${at}`, durationSeconds: 5, aspectRatio: "16:9" })
    );
    const bad = pool.clip({ image: new Uint8Array(9), prompt: "x", durationSeconds: 5 });
    await rejects(() => bad, Error);
    equal((await Promise.all(jobs)).length, 3);
    equal((await pool.picture({ prompt: "A fox", ...SMALL })).contentType, "image/jpeg");
    ok(ticks > 20, `the event loop turned ${ticks} times`);
  } finally {
    clearInterval(timer);
    await pool.stop();
  }
  await rejects(() => pool.picture({ prompt: "A fox", ...SMALL }), /stopped/);
});
