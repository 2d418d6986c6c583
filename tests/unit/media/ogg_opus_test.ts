import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferSource, EncodedPacketSink, Input, OGG } from "mediabunny";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { joinOggOpus, parseOggOpus } from "../../../supabase/functions/_shared/media/ogg_opus.ts";

/** Files of ffmpeg's libopus; what is known of them is what it was told to make. */
const FILES = {
  // 2 s of a tone recorded at 16 kHz, packets of 20 ms.
  mono_16k: { channels: 1, durationSeconds: 2 },
  // 0.4 s, two channels, packets of 60 ms: the last one is trimmed.
  stereo_60ms: { channels: 2, durationSeconds: 0.4 },
  // The first one without its first 0.6 s: granule positions do not begin at 0.
  cut_from_longer: { channels: 1, durationSeconds: 1.4 },
} as const;

async function readFixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(`../../fixtures/google_tts/${name}.ogg`, import.meta.url));
}

/** What an independent reader finds: packets, and seconds with the samples a player drops. */
async function readIndependently(file: Uint8Array<ArrayBuffer>) {
  const input = new Input({ source: new BufferSource(file), formats: [OGG] });
  try {
    const track = await input.getPrimaryAudioTrack();
    assert.ok(track);
    let packets = 0;
    for await (const _ of new EncodedPacketSink(track).packets()) packets++;
    return { packets, seconds: await input.computeDuration() };
  } finally {
    input.dispose();
  }
}

function isInvalid(error: unknown): boolean {
  return error instanceof AppError && error.code === "RESULT_INVALID";
}

for (const [name, known] of Object.entries(FILES)) {
  Deno.test(`parseOggOpus() measures ${name} to the sample`, async () => {
    assert.deepEqual(parseOggOpus(await readFixture(name)), known);
  });
}

Deno.test("parseOggOpus() throws RESULT_INVALID wherever the file is cut off", async () => {
  const file = await readFixture("mono_16k");
  for (let end = 0; end < file.byteLength; end++) {
    assert.throws(() => parseOggOpus(file.slice(0, end)), isInvalid, `${end} bytes`);
  }
});

Deno.test("parseOggOpus() throws RESULT_INVALID when any bit is wrong", async () => {
  const file = await readFixture("stereo_60ms");
  fc.assert(fc.property(fc.nat(file.byteLength * 8 - 1), (bit) => {
    const damaged = file.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ 1 << (bit & 7);
    assert.throws(() => parseOggOpus(damaged), isInvalid);
  }));
});

Deno.test("parseOggOpus() throws RESULT_INVALID for files of something else", async () => {
  const mp3 = await Deno.readFile(
    new URL("../../fixtures/google_tts/cbr_24k.mp3", import.meta.url),
  );
  const two = new Uint8Array([
    ...await readFixture("mono_16k"),
    ...await readFixture("stereo_60ms"),
  ]);
  for (const file of [mp3, two, new TextEncoder().encode("OggS"), new Uint8Array(100)]) {
    assert.throws(() => parseOggOpus(file), isInvalid);
  }
});

Deno.test("joinOggOpus() gives one part as it is", async () => {
  const file = await readFixture("stereo_60ms");
  assert.deepEqual(joinOggOpus([file]), { audio: file, durationSeconds: 0.4 });
});

Deno.test("joinOggOpus() plays all parts, in one stream that others read", async () => {
  const parts = [await readFixture("mono_16k"), await readFixture("cut_from_longer")];
  const [first, second] = await Promise.all(parts.map(readIndependently));
  const joined = joinOggOpus([...parts, ...parts]);
  const read = await readIndependently(joined.audio);
  assert.equal(read.packets, 2 * ((first?.packets ?? 0) + (second?.packets ?? 0)));
  assert.equal(parseOggOpus(joined.audio).durationSeconds, joined.durationSeconds);
  // At most a packet a seam more than the parts play: what was trimmed from the ends in between is heard.
  const apart = 2 * (2 + 1.4);
  assert.ok(joined.durationSeconds >= apart && joined.durationSeconds < apart + 3 * 0.04);
  assert.ok(Math.abs(read.seconds - joined.durationSeconds) < 0.03, `${read.seconds}`);
});

Deno.test("joinOggOpus() throws RESULT_INVALID for parts of different channels, and for none", async () => {
  const parts = [await readFixture("mono_16k"), await readFixture("stereo_60ms")];
  assert.throws(() => joinOggOpus(parts), isInvalid);
  assert.throws(() => joinOggOpus([]), isInvalid);
});
