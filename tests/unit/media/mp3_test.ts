import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { joinMp3, parseMp3 } from "../../../supabase/functions/_shared/media/mp3.ts";

/** A frame of MPEG 2 layer III, 24 kHz, one channel, at a bitrate index; its body is not decoded here. */
function frame(bitrateIndex = 4, fill = 0): Uint8Array {
  const kbps = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160][bitrateIndex] ?? 0;
  const bytes = new Uint8Array(72 * kbps * 1000 / 24_000).fill(fill);
  bytes.set([0xff, 0xf3, (bitrateIndex << 4) | 0x04, 0xc0]);
  return bytes;
}

/** The same frame, stating the length of a stream. */
function headerFrame(tag: string, offset: number): Uint8Array {
  const bytes = frame();
  bytes.set(new TextEncoder().encode(tag), offset);
  return bytes;
}

/** An ID3v2.4 tag of some bytes after its header. */
function id3(sizeBytes: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(10 + sizeBytes + (flags & 0x10 ? 10 : 0));
  bytes.set([0x49, 0x44, 0x33, 4, 0, flags, 0, 0, sizeBytes >> 7, sizeBytes & 0x7f]);
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const FRAME_SECONDS = 576 / 24_000;

Deno.test("parseMp3() counts whole frames of a bare stream", () => {
  const info = parseMp3(concat(frame(), frame(), frame()));
  assert.deepEqual(info, {
    frameCount: 3,
    sampleRate: 24_000,
    channels: 1,
    durationSeconds: 0.072,
    start: 0,
    end: 288,
    truncated: false,
  });
});

Deno.test("parseMp3() takes frames of changing bitrate", () => {
  assert.equal(parseMp3(concat(frame(4), frame(8), frame(2))).frameCount, 3);
});

for (
  const [tag, offset] of [["Xing", 4 + 9], ["Info", 4 + 9], ["VBRI", 4 + 32]] as const
) {
  Deno.test(`parseMp3() leaves out the frame that only states the length when it is ${tag}`, () => {
    const info = parseMp3(concat(headerFrame(tag, offset), frame(), frame()));
    assert.equal(info.frameCount, 2);
    assert.equal(info.start, 96);
  });
}

Deno.test("parseMp3() skips ID3 tags before and after the frames", () => {
  const after = new Uint8Array(128);
  after.set(new TextEncoder().encode("TAG"));
  const info = parseMp3(concat(id3(300), id3(20, 0x10), frame(), frame(), after));
  assert.deepEqual([info.frameCount, info.start, info.end, info.truncated], [2, 350, 542, false]);
});

Deno.test("parseMp3() is not misled by a sync word before the first frame", () => {
  const info = parseMp3(concat(new Uint8Array([0xff, 0xf3, 0x44, 0xc0, 1]), frame(), frame()));
  assert.deepEqual([info.frameCount, info.start], [2, 5]);
});

Deno.test("parseMp3() tells that a stream ends inside a frame", () => {
  const info = parseMp3(concat(frame(), frame()).subarray(0, 150));
  assert.deepEqual([info.frameCount, info.truncated], [1, true]);
});

Deno.test("parseMp3() throws RESULT_INVALID when there is no frame", () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(5000), id3(100), frame().subarray(0, 50)]) {
    assert.throws(() => parseMp3(bytes), isInvalid);
  }
});

// Lengths as ffprobe and mediabunny's computeDuration measure them.
for (
  const [name, seconds, sampleRate, channels] of [
    ["vbr_tagged", 1.541224, 44_100, 1],
    ["cbr_stereo", 0.84, 48_000, 2],
    ["cbr_24k", 0.864, 24_000, 1],
  ] as const
) {
  Deno.test(`parseMp3() measures what other programs measure when the file is ${name}.mp3`, async () => {
    const info = parseMp3(await readFixture(name));
    assert.ok(Math.abs(info.durationSeconds - seconds) < 1e-6, String(info.durationSeconds));
    assert.deepEqual([info.sampleRate, info.channels], [sampleRate, channels]);
  });
}

Deno.test("joinMp3() drops tags and headers of every part and adds the lengths", async () => {
  const tagged = await readFixture("vbr_tagged");
  const { audio, durationSeconds } = joinMp3([tagged, tagged, tagged]);
  const info = parseMp3(audio);
  assert.equal(info.start, 0);
  assert.equal(info.end, audio.byteLength);
  assert.equal(info.frameCount, 3 * parseMp3(tagged).frameCount);
  assert.ok(Math.abs(info.durationSeconds - durationSeconds) < 1e-9);
  assert.ok(Math.abs(durationSeconds - 3 * 1.541224) < 1e-5);
});

Deno.test("joinMp3() throws RESULT_INVALID when the parts differ in format", async () => {
  const parts = [await readFixture("cbr_24k"), await readFixture("cbr_stereo")];
  assert.throws(() => joinMp3(parts), isInvalid);
});

Deno.test("joinMp3() keeps every frame in order whatever surrounds it", () => {
  const part = fc.record({
    tagBytes: fc.option(fc.integer({ min: 0, max: 400 })),
    header: fc.boolean(),
    fills: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 6 }),
  });
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
    const built = parts.map(({ tagBytes, header, fills }) =>
      concat(
        ...(tagBytes === null ? [] : [id3(tagBytes)]),
        ...(header ? [headerFrame("Info", 13)] : []),
        ...fills.map((fill) => frame(4, fill)),
      )
    );
    const { audio, durationSeconds } = joinMp3(built);
    const fills = parts.flatMap((one) => one.fills);
    assert.deepEqual(audio, concat(...fills.map((fill) => frame(4, fill))));
    assert.ok(Math.abs(durationSeconds - fills.length * FRAME_SECONDS) < 1e-9);
  }));
});

function isInvalid(error: unknown): boolean {
  return error instanceof AppError && error.code === "RESULT_INVALID";
}

async function readFixture(name: string): Promise<Uint8Array> {
  return await Deno.readFile(new URL(`../../fixtures/google_tts/${name}.mp3`, import.meta.url));
}
