/**
 * Films' sound on real mp3s, judged by what is heard after decoding.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { decodeVoice } from "../../supabase/functions/_shared/media/mix_decode.ts";
import { mixFilm, type MixInput } from "../../supabase/functions/_shared/media/mix_film.ts";
import {
  blockPowers,
  loudnessOf,
  PAUSE_DB,
  power,
  toDb,
} from "../../supabase/functions/_shared/media/mix_levels.ts";
import { parseMp3 } from "../../supabase/functions/_shared/media/mp3.ts";
import { speak } from "../../supabase/local/media/speech.ts";
import { encodeMp3 } from "../../supabase/local/media/speech_mp3.ts";
import { makeTone } from "../fixtures/media/tone.ts";

/** Hosted Edge Functions are compatible with this one (supabase/edge-runtime 1.74, read 2026-11). */
const HOSTED_DENO = "deno@2.1.4";

const MUSIC_HERTZ = 440;
const VOICE_HERTZ = 1200;

const MUSIC = await makeTone({ seconds: 3, sampleRate: 44100, channels: 2, hertz: MUSIC_HERTZ });
/** Longer than a film of the tests: the phase of its tone never jumps. */
const LONG_MUSIC = await makeTone({
  seconds: 13,
  sampleRate: 44100,
  channels: 2,
  hertz: MUSIC_HERTZ,
});
const VOICE = await makeTone({ seconds: 3, hertz: VOICE_HERTZ });

/** Mixes and decodes. */
async function hear(input: Omit<MixInput, "music"> & { readonly music?: MixInput["music"] }) {
  const file = await mixFilm({ music: { file: MUSIC, gainDb: null }, ...input });
  const { samples, sampleRate } = await decodeVoice(file);
  /** Level of one pitch between two seconds, in dB. */
  const pitchAt = (hertz: number, from: number, to: number) => {
    const first = Math.round(from * sampleRate);
    const count = Math.round((to - from) * sampleRate);
    let real = 0;
    let imaginary = 0;
    for (let at = 0; at < count; at++) {
      const angle = 2 * Math.PI * hertz * at / sampleRate;
      real += (samples[first + at] ?? 0) * Math.cos(angle);
      imaginary += (samples[first + at] ?? 0) * Math.sin(angle);
    }
    return toDb(Math.SQRT2 * Math.hypot(real, imaginary) / count);
  };
  return { file, samples, sampleRate, pitchAt, info: parseMp3(file) };
}

function assertNear(found: number, expected: number, tolerance: number, what = "") {
  assert.ok(Math.abs(found - expected) <= tolerance, `${what} ${found} ~ ${expected}`);
}

Deno.test("mixFilm() lays music so far under the voice as it is asked to, and less where nobody speaks", async () => {
  for (const gainDb of [-18, -30, -10]) {
    const { pitchAt, info } = await hear({
      music: { file: LONG_MUSIC, gainDb },
      voices: [{ file: VOICE, startSeconds: 4, endSeconds: 8 }],
      durationSeconds: 12,
    });
    const voice = pitchAt(VOICE_HERTZ, 5, 6.5);
    assertNear(pitchAt(MUSIC_HERTZ, 5, 6.5) - voice, gainDb, 1, `under, ${gainDb}:`);
    assertNear(pitchAt(MUSIC_HERTZ, 2, 3.5) - voice, gainDb + PAUSE_DB, 1, `before, ${gainDb}:`);
    assertNear(pitchAt(MUSIC_HERTZ, 8.5, 9.5) - voice, gainDb + PAUSE_DB, 1, `after, ${gainDb}:`);
    assert.deepEqual([info.sampleRate, info.channels], [44100, 2]);
  }
});

Deno.test("mixFilm() leaves the voice as loud as it was, at its place, to a hundredth of a second", async () => {
  const { samples, sampleRate } = await decodeVoice(VOICE);
  const alone = toDb(Math.sqrt(power(samples, sampleRate, 2 * sampleRate)));
  const { pitchAt } = await hear({
    voices: [{ file: VOICE, startSeconds: 4, endSeconds: 8 }],
    durationSeconds: 10,
  });
  assertNear(pitchAt(VOICE_HERTZ, 5, 6.5), alone, 0.3);
  // A voice's own encoder has put 46 ms before it.
  assert.ok(pitchAt(VOICE_HERTZ, 3.9, 4.03) < alone - 20, "not before");
  assertNear(pitchAt(VOICE_HERTZ, 4.06, 4.2), alone, 1, "at once");
});

Deno.test("mixFilm() fades music in and out, repeats it, and ends with the film", async () => {
  const { pitchAt, info, samples, sampleRate } = await hear({ voices: [], durationSeconds: 8 });
  const level = pitchAt(MUSIC_HERTZ, 2, 2.8);
  assertNear(level, -20, 1, "without a voice it is as loud as one");
  assertNear(pitchAt(MUSIC_HERTZ, 4.5, 5.5), level, 1, "from its beginning again");
  assert.ok(pitchAt(MUSIC_HERTZ, 0.05, 0.15) < level - 15, "begins in silence");
  assertNear(pitchAt(MUSIC_HERTZ, 0.4, 0.6), level - 6, 1.5, "half way in");
  assertNear(pitchAt(MUSIC_HERTZ, 6.9, 7.1), level - 6, 1.5, "half way out");
  assert.ok(pitchAt(MUSIC_HERTZ, 7.9, 7.97) < level - 20, "ends in silence");
  assertNear(info.durationSeconds, 8, 0.03);
  assertNear(samples.length / sampleRate, 8, 0.1);
});

Deno.test("mixFilm() cuts off a voice that is longer than its place", async () => {
  const { pitchAt } = await hear({
    voices: [{ file: VOICE, startSeconds: 1, endSeconds: 2 }],
    durationSeconds: 5,
  });
  const voice = pitchAt(VOICE_HERTZ, 1.2, 1.8);
  assert.ok(pitchAt(VOICE_HERTZ, 2.05, 3) < voice - 35);
});

Deno.test("mixFilm() takes voices and music of any sample rate together", async () => {
  const voices = await Promise.all(([16000, 22050, 24000, 44100, 48000] as const).map(
    async (sampleRate, at) => ({
      file: await makeTone({ seconds: 1, hertz: VOICE_HERTZ, sampleRate }),
      startSeconds: 1 + 2 * at,
      endSeconds: 3 + 2 * at,
    }),
  ));
  for (const sampleRate of [22050, 44100, 48000] as const) {
    const file = await makeTone({ seconds: 2, sampleRate, hertz: MUSIC_HERTZ });
    const { pitchAt, info } = await hear({
      music: { file, gainDb: null },
      voices,
      durationSeconds: 12,
    });
    assert.deepEqual([info.sampleRate, info.channels], [
      sampleRate === 22050 ? 44100 : sampleRate,
      1,
    ]);
    const [first = 0, ...levels] = voices.map(({ startSeconds }) =>
      pitchAt(VOICE_HERTZ, startSeconds + 0.2, startSeconds + 0.9)
    );
    for (const level of levels) assertNear(level, first, 1, `music of ${sampleRate} Hz`);
  }
});

Deno.test("mixFilm() never clips, however loud both are", async () => {
  const { samples } = await hear({
    music: { file: MUSIC, gainDb: 0 },
    voices: [{ file: VOICE, startSeconds: 0, endSeconds: 5 }],
    durationSeconds: 5,
  });
  // An encoder's own ripple may stand a little above what it was given.
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  assert.ok(loudest < 1, `${loudest}`);
});

Deno.test("mixFilm() keeps a long film in mono, and real speech above the music", async () => {
  const file = await encodeMp3(
    await speak("The lamp wakes. It looks around, and nobody is there to see it.", {
      language: "en-us",
      variant: "f2",
      wordsPerMinute: 150,
      pitch: 50,
    }),
  );
  const { samples, sampleRate, info } = await hear({
    voices: [{ file, startSeconds: 10, endSeconds: 20 }],
    durationSeconds: 61,
  });
  assert.equal(info.channels, 1);
  const part = (from: number, to: number) =>
    loudnessOf(blockPowers(samples.subarray(from * sampleRate, to * sampleRate), sampleRate)) ??
      -99;
  const voice = loudnessOf(blockPowers((await decodeVoice(file)).samples, 24_000)) ?? 0;
  assertNear(part(10, 13), voice, 2);
  assertNear(part(30, 40), voice - 18 + PAUSE_DB, 2);
});

Deno.test("mixFilm() stops when it is told to", async () => {
  await assert.rejects(
    mixFilm({
      music: { file: MUSIC, gainDb: null },
      voices: [],
      durationSeconds: 60,
      signal: AbortSignal.abort(new Error("stopped")),
    }),
    /stopped/,
  );
});

/** Mixes three minutes in a process of its own. */
async function mixApart(command: string, args: readonly string[]) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/music.mp3`, MUSIC);
    await Deno.writeFile(`${folder}/voice.mp3`, VOICE);
    const child = fileURLToPath(new URL("mix_child.ts", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args: [
        ...args,
        "--v8-flags=--expose-gc",
        child,
        "180",
        `${folder}/music.mp3`,
        `${folder}/voice.mp3`,
        "memory",
      ],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mixSamples() holds the voices and the finished file, not the music of three minutes of film", async () => {
  const report = await mixApart(Deno.execPath(), ["run", "-A"]);
  assertNear(report.durationSeconds, 180, 0.03);
  // The file has 16 MB, the voices 5; the decoded music would have 64, the mix as it is computed 32.
  assert.ok(report.peakBytes > 0 && report.peakBytes < 45_000_000, `${report.peakBytes} bytes`);
});

Deno.test("mixFilm() runs under the hosted runtime's Deno", async () => {
  // The lock file is of a newer format than this Deno reads.
  const report = await mixApart("npx", ["-y", HOSTED_DENO, "run", "-A", "--no-lock"]);
  assertNear(report.durationSeconds, 180, 0.03);
  assert.deepEqual([report.sampleRate, report.channels, report.truncated], [44100, 1, false]);
});
