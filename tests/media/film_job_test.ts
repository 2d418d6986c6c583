/**
 * A film's job on real files over HTTP: who cuts it, and what is refused.
 */
import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createFilmJob } from "../../supabase/functions/_shared/jobs/film_job.ts";
import type { JoinPayload } from "../../supabase/functions/_shared/jobs/join_clips.ts";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";
import { FakeJobQueue } from "../fakes/fake_job_queue.ts";
import { makeClip } from "../fixtures/media/clip.ts";
import { readTracks } from "../fixtures/media/tracks.ts";
import { makeTone } from "../fixtures/media/tone.ts";

const FILES = new Map([
  ["/wide.mp4", await makeClip({ width: 320, height: 180, seconds: 1 })],
  ["/tall.mp4", await makeClip({ width: 180, height: 320, seconds: 1 })],
  ["/voice.mp3", await makeTone({ seconds: 0.5 })],
  ["/tune.mp3", await makeTone({ seconds: 2, sampleRate: 44100, channels: 2, hertz: 330 })],
  ["/other.mp3", await makeTone({ seconds: 0.5, sampleRate: 44100 })],
]);

interface Shot {
  readonly clip: string;
  readonly voice?: string;
  readonly durationSeconds?: number;
}

/** What besides the shots makes a run. */
interface Run {
  /** Path and SHA-256 of the music. Absent: none. */
  readonly music?: { readonly path: string; readonly sha256: string | null };
  /** How often the job was claimed before. */
  readonly earlierRuns?: number;
  /** Files that Storage has besides. */
  readonly stored?: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Runs one step of a film of these shots. The provider, if asked, refuses the key. */
async function runFilm(
  shots: readonly Shot[],
  env: Readonly<Record<string, string>>,
  { music, earlierRuns = 0, stored = new Map() }: Run = {},
) {
  const files = new Map(stored);
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      asked.push(await request.text());
      return Response.json({ detail: "No user found for Key ID and Secret" }, { status: 401 });
    }
    if (pathname.endsWith("/mix.wav") || pathname.includes("/music/")) {
      // As Storage answers for what it does not have.
      return new Response(files.get(pathname) ?? null, { status: files.has(pathname) ? 200 : 400 });
    }
    return new Response(FILES.get(pathname) ?? FILES.get("/wide.mp4"));
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const queue = new FakeJobQueue();
  const kept: string[] = [];
  const log = createLog({}, () => {});
  const { id } = queue.add({
    kind: "film",
    provider: null,
    payload: {
      ...(music === undefined ? {} : {
        music: { url: `${origin}${music.path}`, sha256: music.sha256, gain_db: null },
      }),
      clips: shots.map(({ clip, voice, durationSeconds }) => ({
        clip_id: crypto.randomUUID(),
        clip_url: `${origin}${clip}`,
        audio_clip_id: voice ?? null,
        audio_url: voice === undefined ? null : `${origin}${voice}`,
        ...(durationSeconds === undefined ? {} : { duration_sec: durationSeconds }),
      })),
    },
  });
  const [job] = await queue.claim({ limit: 1 });
  assert.ok(job);
  const film = createFilmJob({
    queue,
    log,
    supabaseUrl: origin,
    store: {
      url: (path) => `${origin}/${path}`,
      remove: (path) => Promise.resolve(void files.delete(`/${path}`)),
      put: async (path, body) => {
        files.set(`/${path}`, new Uint8Array(await new Response(body as BodyInit).arrayBuffer()));
        kept.push(path);
        return `${origin}/${path}`;
      },
    },
  });
  const context = { log, signal: new AbortController().signal, progress: () => {} };
  try {
    return await withFakeEnv({ FAL_QUEUE_URL: origin, ...env }, async () => {
      const outcome = await film.run({ ...job, attempt: 1 + earlierRuns }, context)
        .catch((error: unknown) => error);
      return { outcome, asked, kept, files, job: queue.jobs.get(id) };
    });
  } finally {
    await server.shutdown();
  }
}

const TWO_SHAPES: readonly Shot[] = [
  { clip: "/wide.mp4", voice: "/voice.mp3", durationSeconds: 0.6 },
  { clip: "/tall.mp4" },
];

Deno.test("createFilmJob() copies packets where it can, and asks nobody", async () => {
  const { outcome, asked, kept, job } = await runFilm(
    [{ clip: "/wide.mp4" }, { clip: "/wide.mp4", durationSeconds: 0.6 }],
    { FAL_KEY: "id:secret" },
  );
  const { then, result } = outcome as { then: string; result: { duration_sec: number } };
  assert.deepEqual([then, result.duration_sec], ["done", 1.6]);
  assert.deepEqual([asked, kept.length, job?.provider], [[], 1, null]);
});

Deno.test("createFilmJob() names the clips and in what they differ when there is no second cutter", async () => {
  const { outcome, job } = await runFilm(TWO_SHAPES, {});
  assert.ok(outcome instanceof AppError);
  assert.equal(outcome.code, "STATE_CONFLICT");
  assert.match(outcome.message, /those of scene 2 differ in width, height/);
  assert.equal(job?.provider, null);
});

Deno.test("createFilmJob() gives the job to the second cutter, the clips as long as they are wanted", async () => {
  const { outcome, asked, kept, job } = await runFilm(TWO_SHAPES, { FAL_KEY: "id:secret" });
  const { then, error } = outcome as { then: string; error: AppError };
  assert.deepEqual([then, error.code], ["fail", "PROVIDER_REJECTED"]);
  assert.equal(job?.provider, "fal");
  const payload: unknown = job?.payload;
  const { request, shown_sec, clips } = payload as JoinPayload;
  assert.equal(clips.length, 2);
  assert.deepEqual(shown_sec.map((seconds) => seconds.toFixed(2)), ["0.60", "1.00"]);
  assert.deepEqual([request.width, request.height], [910, 512]);
  assert.deepEqual(kept.map((path) => path.replace(/^.*\//, "")), ["clip-1.mp4"]);
  assert.deepEqual(request.clipUrls.map((url) => new URL(url).pathname.replace(/^.*\//, "")), [
    "clip-1.mp4",
    "tall.mp4",
  ]);
  assert.equal(asked.length, 1);
});

Deno.test("createFilmJob() asks nobody for what a second cutter can't help with", async () => {
  const voices: Shot[] = [
    { clip: "/wide.mp4", voice: "/voice.mp3" },
    { clip: "/tall.mp4", voice: "/other.mp3" },
  ];
  const { outcome, asked, job } = await runFilm(voices, { FAL_KEY: "id:secret" });
  assert.ok(outcome instanceof AppError);
  assert.match(outcome.message, /sample_rate/);
  assert.deepEqual([asked, job?.provider], [[], null]);
});

/** What the last component of each path is. */
const namesOf = (paths: readonly string[]) => paths.map((path) => path.replace(/^.*\//, ""));

Deno.test("createFilmJob() mixes narration of any sample rate with music into the film's one sound", async () => {
  const { outcome, kept, files } = await runFilm(
    [
      { clip: "/wide.mp4", voice: "/voice.mp3" },
      { clip: "/wide.mp4", voice: "/other.mp3", durationSeconds: 0.6 },
      { clip: "/wide.mp4" },
    ],
    {},
    { music: { path: "/tune.mp3", sha256: null } },
  );
  const { then, result } = outcome as { then: string; result: FilmResult };
  assert.equal(then, "done", String(outcome));
  assert.match(namesOf(kept).join(), /^[0-9a-f]{64}\.mp3,[0-9a-f-]{36}\.mp4$/);
  const film = files.get(`/${kept.at(-1)}`) ?? new Uint8Array();
  const { sound, pictures, seconds } = await readTracks(film);
  assert.ok(Math.abs(seconds - 2.6) < 0.05, `${seconds}`);
  assert.ok(pictures.length > 0);
  assert.equal(sound.length, Math.round(2.6 * 44100 / 1152), "a frame for each moment");
  assert.deepEqual(result.cut.map(({ music }) => music?.gain_db), [null, undefined, undefined]);
});

interface FilmResult {
  readonly cut: readonly { readonly music?: { readonly gain_db: number | null } }[];
}

Deno.test("createFilmJob() leaves the cut of a long film with music to another request, which decodes nothing", async () => {
  const shots = Array.from({ length: 80 }, (): Shot => ({ clip: "/wide.mp4" }));
  const music = { path: "/tune.mp3", sha256: null };
  const mixed = await runFilm(shots, {}, { music });
  assert.deepEqual(mixed.outcome, { then: "requeue", seconds: 1 });
  assert.equal(namesOf(mixed.kept).at(-1), "mix.wav");
  const cut = await runFilm(shots, {}, { music, earlierRuns: 1, stored: mixed.files });
  assert.equal((cut.outcome as { then: string }).then, "done", String(cut.outcome));
  assert.equal(cut.kept.length, 1, "the film alone");
  assert.ok(mixed.files.has(`/${mixed.kept.at(-1)}`) && !cut.files.has(`/${mixed.kept.at(-1)}`));
  const { sound, seconds } = await readTracks(cut.files.get(`/${cut.kept[0]}`) ?? new Uint8Array());
  assert.equal(sound.length, Math.round(seconds * 44100 / 1152));
  const lost = await runFilm(shots, {}, { music, earlierRuns: 1 });
  assert.deepEqual(lost.outcome, { then: "requeue", seconds: 1 }, "it mixes again");
});

Deno.test("createFilmJob() refuses a track that is no longer the one that was looked at", async () => {
  const { outcome, kept } = await runFilm([{ clip: "/wide.mp4" }], {}, {
    music: { path: "/tune.mp3", sha256: "0".repeat(64) },
  });
  assert.ok(outcome instanceof AppError);
  assert.equal(outcome.code, "AUDIO_INVALID");
  assert.deepEqual(outcome.details, { reason: "changed" });
  assert.deepEqual(kept, []);
});

Deno.test("createFilmJob() decodes nothing for clips that can't be joined", async () => {
  const { outcome, kept } = await runFilm(TWO_SHAPES, {}, {
    music: { path: "/tune.mp3", sha256: null },
  });
  assert.ok(outcome instanceof AppError);
  assert.match(outcome.message, /differ in width, height/);
  assert.deepEqual(namesOf(kept).filter((name) => name === "mix.wav"), []);
});
