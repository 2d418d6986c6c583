import assert from "node:assert/strict";
import { createIntegrityCheck } from "../../../supabase/functions/_shared/media/probe_integrity.ts";
import {
  type StitchedFilm,
  stitchFilm,
  type StitchInput,
} from "../../../supabase/functions/_shared/media/stitch.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import {
  createFileHost,
  FILE_ORIGIN,
  type FileHostOptions,
} from "../../fixtures/media/file_host.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone } from "../../fixtures/media/tone.ts";
import { movePictures, readTracks } from "../../fixtures/media/tracks.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Scene {
  readonly clip: Bytes;
  readonly narration?: Bytes;
}

const CLIPS = [
  await makeClip({ seconds: 1, shade: 40 }),
  await makeClip({ seconds: 1.6, shade: 120 }),
  await makeClip({ seconds: 1.2, shade: 200 }),
] as const;

const SCENES: readonly Scene[] = [
  { clip: CLIPS[0], narration: await makeTone({ seconds: 0.5 }) },
  { clip: CLIPS[1], narration: await makeTone({ seconds: 3 }) },
  { clip: CLIPS[2], narration: await makeTone({ seconds: 0.8 }) },
];

const SILENT: readonly Scene[] = CLIPS.map((clip) => ({ clip }));

/** Frames of the fixture's clips and speech. */
const FRAME_SECONDS = { picture: 1 / 25, sound: 576 / 24_000 };

function prepare(scenes: readonly Scene[], options: FileHostOptions = {}) {
  const files = new Map<string, Bytes>();
  const clips = scenes.map(({ clip, narration }, index) => {
    files.set(`/${index}.mp4`, clip);
    if (narration) files.set(`/${index}.mp3`, narration);
    return {
      url: `${FILE_ORIGIN}/${index}.mp4`,
      narrationUrl: narration ? `${FILE_ORIGIN}/${index}.mp3` : null,
    };
  });
  const host = createFileHost(files, options);
  const input: StitchInput = {
    clips,
    maxBytes: 10_000_000,
    allowedOrigins: [FILE_ORIGIN],
    fetch: host.fetch,
  };
  return { files, host, input };
}

async function readFilm({ film }: StitchedFilm): Promise<Bytes> {
  return new Uint8Array(await new Response(film).arrayBuffer());
}

function assertNear(found: number | undefined, expected: number, tolerance: number) {
  assert.ok(
    found !== undefined && Math.abs(found - expected) <= tolerance,
    `${found} ~ ${expected}`,
  );
}

Deno.test("stitchFilm() gives every picture of every clip, unchanged and in order", async () => {
  const film = await readFilm(await stitchFilm(prepare(SCENES).input));
  const { pictures } = await readTracks(film);
  const expected = (await Promise.all(CLIPS.map(readTracks))).flatMap(({ pictures }) => pictures);
  assert.deepEqual(pictures.map(({ data }) => data), expected.map(({ data }) => data));
  assert.deepEqual(pictures.map(({ type }) => type), expected.map(({ type }) => type));
});

Deno.test("stitchFilm() begins each clip with a whole picture where the one before ends", async () => {
  const made = await stitchFilm(prepare(SCENES).input);
  const { pictures, seconds } = await readTracks(await readFilm(made));
  const starts = made.chapters.map(({ startSeconds }) => startSeconds);
  [0, 1, 2.6].forEach((expected, index) => assertNear(starts[index], expected, 1e-6));
  for (const start of starts) {
    const first = pictures.find(({ timestamp }) => Math.abs(timestamp - start) < 1e-3);
    assert.equal(first?.type, "key", `at ${start} s`);
  }
  for (const [index, { timestamp }] of pictures.entries()) {
    assertNear(timestamp, index * FRAME_SECONDS.picture, 1e-3);
  }
  assertNear(made.durationSeconds, 3.8, 1e-6);
  assertNear(seconds, 3.8, 0.1);
});

Deno.test("stitchFilm() begins each scene's speech with its clip and leaves no hole", async () => {
  const made = await stitchFilm(prepare(SCENES).input);
  const { sound } = await readTracks(await readFilm(made));
  for (const [index, { timestamp }] of sound.entries()) {
    assertNear(timestamp, index * FRAME_SECONDS.sound, 1e-4);
  }
  for (const [scene, { startSeconds }] of made.chapters.entries()) {
    const narration = SCENES[scene]?.narration;
    assert.ok(narration);
    const spoken = (await readTracks(narration)).sound[2]?.data;
    const heard = sound.find(({ timestamp }) =>
      Math.abs(timestamp - startSeconds - 2 * FRAME_SECONDS.sound) <= FRAME_SECONDS.sound / 2 + 1e-4
    );
    assert.deepEqual(heard?.data, spoken, `scene ${scene}`);
  }
  assertNear((sound.at(-1)?.timestamp ?? 0) + FRAME_SECONDS.sound, 3.8, 0.03);
});

Deno.test("stitchFilm() cuts speech that is longer than its clip and says so", async () => {
  const { chapters, sound } = await stitchFilm(prepare(SCENES).input);
  assert.equal(sound, "narration");
  assert.equal(chapters[0]?.narrationCutSeconds, 0);
  assert.equal(chapters[2]?.narrationCutSeconds, 0);
  assertNear(chapters[1]?.narrationSeconds, 1.6, 0.03);
  assertNear(chapters[1]?.narrationCutSeconds, 3 - 1.6, 0.1);
  assertNear(chapters[0]?.narrationSeconds, 0.5, 0.1);
});

Deno.test("stitchFilm() is silent where nothing is said, and has no sound when nothing is said at all", async () => {
  const [first, , third] = SCENES;
  assert.ok(first && third);
  const made = await stitchFilm(prepare([first, { clip: CLIPS[1] }, third]).input);
  const { sound } = await readTracks(await readFilm(made));
  const during = sound.filter(({ timestamp }) => timestamp >= 1.02 && timestamp < 2.58);
  assert.equal(during.length, 65);
  // Header only: the frame holds nothing to hear.
  assert.equal(during.every(({ data }) => data.subarray(4).every((byte) => byte === 0)), true);
  assert.equal(made.chapters[1]?.narrationSeconds, 0);

  const silent = await stitchFilm(prepare(SILENT).input);
  assert.equal(silent.sound, "none");
  assert.deepEqual((await readTracks(await readFilm(silent))).sound, []);
});

Deno.test("stitchFilm() keeps the clips' own sound when nothing is said", async () => {
  const narrated = await Promise.all(
    SCENES.map(async (scene) => await readFilm(await stitchFilm(prepare([scene]).input))),
  );
  const made = await stitchFilm(prepare(narrated.map((clip) => ({ clip }))).input);
  assert.equal(made.sound, "clips");
  const { sound, seconds } = await readTracks(await readFilm(made));
  const own = (await Promise.all(narrated.map(readTracks))).flatMap(({ sound }) => sound);
  assert.deepEqual(sound.map(({ data }) => data), own.map(({ data }) => data));
  assertNear(seconds, 3.8, 0.1);
  for (const { startSeconds } of made.chapters) {
    const first = sound.find(({ timestamp }) => timestamp >= startSeconds - 1e-3);
    assertNear(first?.timestamp, startSeconds, FRAME_SECONDS.sound);
  }
  for (const [index, { timestamp }] of sound.entries()) {
    assert.ok(timestamp >= (sound[index - 1]?.timestamp ?? 0), `packet ${index}`);
  }

  const mixed = [...narrated.slice(0, 2).map((clip) => ({ clip })), { clip: CLIPS[2] }];
  assert.equal((await stitchFilm(prepare(mixed).input)).sound, "none");
});

Deno.test("stitchFilm() joins films it made", async () => {
  const film = await readFilm(await stitchFilm(prepare(SILENT).input));
  const twice = await stitchFilm(prepare([{ clip: film }, { clip: film }]).input);
  const { pictures } = await readTracks(await readFilm(twice));
  assertNear(twice.durationSeconds, 7.6, 1e-3);
  assert.equal(pictures.length, 190);
});

Deno.test("stitchFilm() gives a whole mp4 with its index first, of the size it said", async () => {
  const made = await stitchFilm(prepare(SCENES).input);
  const film = await readFilm(made);
  assert.equal(film.byteLength, made.sizeBytes);
  const check = createIntegrityCheck({ kind: "video", contentType: "video/mp4", extension: "mp4" });
  check.write(film);
  check.end();
  const text = new TextDecoder("latin1").decode(film);
  assert.ok(text.indexOf("moov") < text.indexOf("mdat"));
  // With the index alone a player knows all it needs before the first packet has come.
  const header = check.mp4Header();
  assert.ok(header);
  assert.equal(header.byteLength, text.indexOf("mdat") - 4);
});

Deno.test("stitchFilm() gives the same film when the server knows no ranges", async () => {
  const ranged = await readFilm(await stitchFilm(prepare(SCENES).input));
  const whole = await readFilm(await stitchFilm(prepare(SCENES, { hasRanges: false }).input));
  assert.deepEqual((await readTracks(whole)).pictures, (await readTracks(ranged)).pictures);
});

Deno.test("stitchFilm() reads each clip again only once the film is read, one after another", async () => {
  const { host, input } = prepare(SCENES);
  const { film } = await stitchFilm(input);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const planned = host.requests.length;
  assert.equal(planned, 6);
  const reader = film.getReader();
  while (!(await reader.read()).done);
  assert.deepEqual(host.requests.slice(planned), ["/0.mp4", "/1.mp4", "/2.mp4"]);
});

Deno.test("stitchFilm() stops reading clips when the film is cancelled", async () => {
  const { host, input } = prepare(SCENES);
  const { film } = await stitchFilm(input);
  const reader = film.getReader();
  await reader.read();
  await reader.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(host.requests.includes("/2.mp4"), false);
});

Deno.test("stitchFilm() names the clips that differ, and in what", async () => {
  const wide = await makeClip({ width: 320, height: 90, seconds: 0.5 });
  const failure = await assertFails(
    () => stitchFilm(prepare([{ clip: CLIPS[0] }, { clip: CLIPS[1] }, { clip: wide }]).input),
    { code: "STATE_CONFLICT" },
  );
  assert.match(failure.message, /scene 3 differ in codec, width, parameters/);
  const details = failure.details;
  assert.ok(typeof details === "object" && details !== null && "differences" in details);
  assert.ok(Array.isArray(details.differences));
  assert.deepEqual(details.differences[1], {
    scene: 2,
    file: "clip",
    property: "width",
    expected: 160,
    found: 320,
  });
});

Deno.test("stitchFilm() begins with a clip's first picture when its index lets it begin late", async () => {
  const late = await movePictures(CLIPS[1], 0.5);
  const made = await stitchFilm(prepare([{ clip: CLIPS[0] }, { clip: late }]).input);
  const { pictures } = await readTracks(await readFilm(made));
  assertNear(made.durationSeconds, 2.6, 1e-3);
  assertNear(pictures[25]?.timestamp, 1, 1e-3);
});

Deno.test("stitchFilm() refuses a clip whose index hides pictures, since a copy would show them", async () => {
  const hiding = await movePictures(CLIPS[1], -0.5);
  await assertFails(() => stitchFilm(prepare([{ clip: CLIPS[0] }, { clip: hiding }]).input), {
    code: "STATE_CONFLICT",
    reason: "not_copyable",
  });
});

Deno.test("stitchFilm() names speech that differs in its rate or channels", async () => {
  const [first] = SCENES;
  assert.ok(first);
  const narration = await makeTone({ seconds: 0.3, sampleRate: 44100, channels: 2 });
  const failure = await assertFails(
    () => stitchFilm(prepare([first, { clip: CLIPS[1], narration }]).input),
    { code: "STATE_CONFLICT" },
  );
  assert.match(failure.message, /scene 2 differ in sample_rate, channels/);
});

Deno.test("stitchFilm() refuses a film that would be too large before a byte of it is given out", async () => {
  const { input } = prepare(SCENES);
  const { sizeBytes } = await stitchFilm(input);
  await stitchFilm({ ...input, maxBytes: sizeBytes });
  await assertFails(() => stitchFilm({ ...input, maxBytes: sizeBytes - 1 }), {
    code: "RESULT_INVALID",
    reason: "too_large",
  });
});

Deno.test("stitchFilm() refuses a clip that is larger than it takes into memory", async () => {
  const { input } = prepare(SCENES, { hasRanges: false });
  await assertFails(() => stitchFilm({ ...input, maxClipBytes: 1000 }), {
    code: "RESULT_INVALID",
    reason: "too_large",
  });
});

Deno.test("stitchFilm() fails when there is no clip, or a file is missing or not what it should be", async () => {
  await assertFails(() => stitchFilm(prepare([]).input), { code: "STATE_CONFLICT" });
  const missing = prepare(SCENES);
  missing.files.delete("/1.mp3");
  await assertFails(() => stitchFilm(missing.input), { code: "RESULT_INVALID", reason: "expired" });
  const wrong = prepare(SCENES);
  wrong.files.set("/1.mp4", new Uint8Array(5000));
  await assertFails(() => stitchFilm(wrong.input), {
    code: "RESULT_INVALID",
    reason: "unreadable",
  });
  const swapped = prepare(SCENES);
  swapped.files.set("/1.mp3", CLIPS[0]);
  await assertFails(() => stitchFilm(swapped.input), {
    code: "RESULT_INVALID",
    reason: "unreadable",
  });
});

Deno.test("stitchFilm() asks for no further file once one can't be had", async () => {
  const { files, host, input } = prepare(Array(20).fill(SCENES[0]));
  files.delete("/0.mp4");
  await assertFails(() => stitchFilm(input), { code: "RESULT_INVALID", reason: "expired" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(host.requests.length <= 8, `${host.requests.length} requests`);
});

Deno.test("stitchFilm() errors the film when a clip changes, shrinks or goes after it was planned", async () => {
  const changes: readonly ((files: Map<string, Bytes>) => void)[] = [
    (files) => files.set("/1.mp4", CLIPS[2]),
    (files) => files.set("/1.mp4", CLIPS[1].slice(0, 1500)),
    (files) => files.delete("/2.mp4"),
  ];
  const codes: string[] = [];
  for (const change of changes) {
    const { files, input } = prepare(SCENES);
    const made = await stitchFilm(input);
    change(files);
    await readFilm(made).then(
      () => codes.push("no failure"),
      (cause) => codes.push(cause.code),
    );
  }
  assert.deepEqual(codes, ["STATE_CONFLICT", "STATE_CONFLICT", "RESULT_INVALID"]);
});

Deno.test("stitchFilm() errors the film when the caller aborts", async () => {
  const caller = new AbortController();
  const { input } = prepare(SCENES);
  const { film } = await stitchFilm({ ...input, signal: caller.signal });
  const reader = film.getReader();
  await reader.read();
  caller.abort();
  await assertFails(async () => {
    while (!(await reader.read()).done);
  }, { code: "PROVIDER_UNAVAILABLE" });
});

Deno.test("stitchFilm() shows as much of each clip as is wanted, to the millisecond", async () => {
  const { input } = prepare(SCENES.map(({ clip }) => ({ clip })));
  const wanted = [0.5, 1.23, undefined];
  const clips = input.clips.map((clip, at) => ({ ...clip, durationSeconds: wanted[at] }));
  const made = await stitchFilm({ ...input, clips });
  assertNear(made.durationSeconds, 0.5 + 1.23 + 1.2, 1e-9);
  assert.deepEqual(made.chapters.map(({ startSeconds }) => startSeconds.toFixed(3)), [
    "0.000",
    "0.500",
    "1.730",
  ]);
  const film = await readFilm(made);
  const { pictures, seconds } = await readTracks(film);
  assertNear(seconds, 2.93, 0.002);
  // 13 pictures begin before 0.5 s and 31 before 1.23 s: the last of each is shown in part.
  assert.equal(pictures.length, 13 + 31 + 30);
  assertNear(pictures[13]?.timestamp, 0.5, 0.001);
  assert.equal(pictures[13]?.type, "key");
});

Deno.test("stitchFilm() lets one narration run on over the clips that share it, and reads it once", async () => {
  const narration = await makeTone({ seconds: 1.8 });
  const { host, input } = prepare([{ clip: CLIPS[0], narration }, { clip: CLIPS[2] }]);
  const narrationUrl = input.clips[0]?.narrationUrl ?? null;
  const clips = input.clips.map((clip) => ({ ...clip, narrationUrl }));
  const made = await stitchFilm({ ...input, clips });
  assertNear(made.chapters[0]?.narrationSeconds, 1, 0.03);
  assertNear(made.chapters[1]?.narrationSeconds, 0.8, 0.1);
  assert.equal(made.chapters[1]?.narrationCutSeconds, 0);
  const { sound } = await readTracks(await readFilm(made));
  const spoken = (await readTracks(narration)).sound;
  assert.deepEqual(
    sound.slice(0, spoken.length).map(({ data }) => data),
    spoken.map(({ data }) => data),
  );
  assert.equal(host.requests.filter((path) => path.startsWith("/0.mp3")).length, 1);
});
