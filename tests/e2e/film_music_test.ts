/**
 * Music under films: brought, heard, and refused before any charge.
 */
import assert from "node:assert/strict";
import { filmRow } from "../../shared/contract/asset.ts";
import { MAX_MUSIC_BYTES } from "../../shared/contract/limits.ts";
import { decodeVoice } from "../../supabase/functions/_shared/media/mix_decode.ts";
import { power, toDb } from "../../supabase/functions/_shared/media/mix_levels.ts";
import { makeTone } from "../fixtures/media/tone.ts";
import { readTracks } from "../fixtures/media/tracks.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  signUp,
  stack,
  type TestUser,
  withDatabase,
} from "./studio.ts";

const TUNE = await makeTone({ seconds: 3, sampleRate: 44100, channels: 2, hertz: 330 });

/** A project of one narrated scene with a clip of five seconds. */
async function filmed(user: TestUser) {
  const { project, scenes: [scene] } = await createProject(user, ["The lamp wakes."]);
  const project_id = project.id;
  const scene_id = scene?.id ?? "";
  const { job: drawn } = await user.studio.call("generate-image", { scene_id });
  const { jobs } = await user.studio.call("generate-audio", { project_id });
  await user.studio.watch([drawn, ...jobs].map(({ id }) => id));
  const rendered = await user.studio.call("generate-video", {
    project_id,
    scene_ids: [scene_id],
    duration_sec: 5,
  });
  await user.studio.watch(rendered.jobs.map(({ id }) => id));
  return { project_id, clipId: rendered.video_clips[0]?.id ?? "" };
}

async function readyFilm(user: TestUser, request: { film: { id: string }; job: { id: string } }) {
  const [job] = await user.studio.watch([request.job.id]);
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  const { data } = await user.studio.supabase.from("films").select("*")
    .eq("id", request.film.id).single();
  const film = filmRow.parse(data);
  const bytes = new Uint8Array(await (await fetch(film.url ?? "")).arrayBuffer());
  return { film, ...await readTracks(bytes) };
}

/** Level of a film's sound between two seconds, in dB. */
async function levelOf(
  sound: readonly { readonly data: Uint8Array }[],
  [from, to]: readonly [number, number],
): Promise<number> {
  const bytes = new Uint8Array(await new Blob(sound.map(({ data }) => data.slice())).arrayBuffer());
  const { samples, sampleRate } = await decodeVoice(bytes);
  return toDb(
    Math.sqrt(power(samples, Math.round(from * sampleRate), Math.round(to * sampleRate))),
  );
}

Deno.test("stitch-video puts an uploaded track under the narration, as another film than without", async () => {
  const user = await signUp();
  const { project_id } = await filmed(user);
  const before = await ledgerOf(user.id);
  const { music } = await user.studio.uploadAudio(TUNE, { projectId: project_id });
  assert.ok(Math.abs(music.duration_sec - 3) < 0.1, `${music.duration_sec}`);
  assert.equal(music.size_bytes, TUNE.byteLength);
  assert.deepEqual((await user.studio.uploadAudio(TUNE, { projectId: project_id })).music, music);
  assert.equal((await ledgerOf(user.id)).balance, before.balance);

  const plain = await user.studio.call("stitch-video", { project_id });
  const scored = await user.studio.call("stitch-video", { project_id, music: { url: music.url } });
  const louder = await user.studio.call("stitch-video", {
    project_id,
    music: { url: music.url, gain_db: -6 },
  });
  const hashes = [plain, scored, louder].map(({ film }) => film.cut_hash);
  assert.equal(new Set(hashes).size, 3, "three films");
  assert.equal(scored.credits_charged, plain.credits_charged);
  const [without, under, over] = [
    await readyFilm(user, plain),
    await readyFilm(user, scored),
    await readyFilm(user, louder),
  ];
  const { url, sha256 } = music;
  assert.deepEqual(under.film.cut[0]?.music, { url, sha256, gain_db: null });
  assert.equal(without.film.cut[0]?.music, undefined);
  for (const film of [without, under, over]) {
    assert.ok(Math.abs(film.seconds - 5) < 0.1, `${film.seconds}`);
    assert.ok(film.sound.length > 0);
  }
  assert.equal(under.sound.length, Math.round((under.film.duration_sec ?? 0) * 44100 / 1152));
  assert.notEqual(under.film.subtitles_vtt_url, null, "what is said is still known");
  const pause = [2.5, 3] as const;
  const [silence, quiet, loud] = [
    await levelOf(without.sound, pause),
    await levelOf(under.sound, pause),
    await levelOf(over.sound, pause),
  ];
  assert.ok(silence < quiet - 20, `${silence} dB without, ${quiet} dB with music`);
  assert.ok(Math.abs(loud - quiet - 12) < 1.5, `${quiet} dB, and ${loud} dB when 12 dB louder`);
});

Deno.test("stitch-video mixes a long film in one request and cuts it in another", async () => {
  const user = await signUp();
  const { project_id, clipId } = await filmed(user);
  const { music } = await user.studio.uploadAudio(TUNE, { projectId: project_id });
  const cut = Array.from({ length: 16 }, (_, at) => ({ clip_id: clipId, audio: at % 4 === 0 }));
  const request = await user.studio.call("stitch-video", {
    project_id,
    cut,
    music: { url: music.url },
  });
  const { film, seconds, sound } = await readyFilm(user, request);
  assert.ok(Math.abs(seconds - 80) < 0.5, `${seconds}`);
  assert.equal(sound.length, Math.round((film.duration_sec ?? 0) * 44100 / 1152));
  const [job] = await withDatabase((sql) =>
    sql`select attempt, failure_count from public.jobs where id = ${request.job.id}`
  );
  assert.deepEqual([job?.["attempt"], job?.["failure_count"]], [2, 0]);
});

Deno.test("make-film scores its film, knows it again, and makes another one for other music", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["The lamp wakes.", "It looks around."]);
  const { music } = await user.studio.uploadAudio(TUNE, { projectId: project.id });
  const request = (gain_db: number) => ({
    project_id: project.id,
    options: { target_length: 10, music: { url: music.url, gain_db } },
  });
  const { job } = await user.studio.call("make-film", request(-20));
  const [ended] = await user.studio.watch([job?.id ?? ""]);
  assert.equal(ended?.state, "succeeded", JSON.stringify(ended?.error));
  const { data } = await user.studio.supabase.from("films").select("*")
    .eq("project_id", project.id).single();
  const film = filmRow.parse(data);
  assert.deepEqual(film.cut[0]?.music, { url: music.url, sha256: music.sha256, gain_db: -20 });
  const again = await user.studio.call("make-film", { ...request(-12), dry_run: true });
  assert.deepEqual(again.plan.items.map(({ kind, credits }) => [kind, credits]), [["film", 1]]);
});

/** Tracks that are refused, by what is wrong with their URL. */
const BAD_URLS: readonly (readonly [url: string, status: number, code: string, reason?: string])[] =
  [
    ["https://127.0.0.1/tune.mp3", 422, "AUDIO_INVALID", "forbidden_address"],
    ["https://169.254.169.254/tune.mp3", 422, "AUDIO_INVALID", "forbidden_address"],
    ["http://example.org/tune.mp3", 422, "AUDIO_INVALID", "forbidden_scheme"],
    [`${stack.url}/storage/v1/object/public/aiauto/x.mp3`, 422, "AUDIO_INVALID"],
    ["nonsense", 422, "AUDIO_INVALID"],
    ["", 400, "VALIDATION_FAILED"],
  ];

Deno.test("stitch-video and make-film refuse music they may not or can't take, before any charge", async () => {
  const user = await signUp();
  const stranger = await signUp();
  const { project_id } = await filmed(user);
  const { music } = await user.studio.uploadAudio(TUNE, { projectId: project_id });
  const { project: others } = await createProject(stranger, ["Nothing."]);
  const before = await ledgerOf(user.id);
  const missing = music.url.replace(/[0-9a-f]{64}/, "0".repeat(64));
  for (const [url, status, code, reason] of [...BAD_URLS, [missing, 404, "NOT_FOUND"] as const]) {
    const answers = [
      await post("stitch-video", { project_id, music: { url } }, as(user)),
      await post("make-film", { project_id, options: { music: { url } } }, as(user)),
    ];
    for (const answer of answers) {
      assert.deepEqual(
        [answer.status, answer.json["code"]],
        [status, code],
        `${url} ${answer.text}`,
      );
      const details = answer.json["details"] as { reason?: string } | undefined;
      if (reason !== undefined) assert.equal(details?.reason, reason, answer.text);
    }
  }
  const loud = { url: music.url, gain_db: 3 };
  assert.equal((await post("stitch-video", { project_id, music: loud }, as(user))).status, 400);
  const taken = await post("make-film", {
    project_id: others.id,
    options: { music: { url: music.url } },
  }, as(stranger));
  assert.deepEqual([taken.status, taken.json["code"]], [404, "NOT_FOUND"], taken.text);
  assert.equal((await ledgerOf(user.id)).balance, before.balance);
});

Deno.test("stitch-video and make-film refuse music under a film that is too long to be mixed, and say how long it may be", async () => {
  const user = await signUp();
  const { project_id, clipId } = await filmed(user);
  const { music } = await user.studio.uploadAudio(TUNE, { projectId: project_id });
  await withDatabase((sql) =>
    sql`update public.video_clips set duration_sec = 61 where id = ${clipId}`
  );
  const before = await ledgerOf(user.id);
  const cut = [{ clip_id: clipId }, { clip_id: clipId }, { clip_id: clipId }];
  const stitched = await post(
    "stitch-video",
    { project_id, cut, music: { url: music.url } },
    as(user),
  );
  const made = await post("make-film", {
    project_id,
    options: { target_length: 200, music: { url: music.url } },
  }, as(user));
  for (const { status, json, text } of [stitched, made]) {
    assert.deepEqual([status, json["code"]], [422, "MODEL_INPUT_INVALID"], text);
    assert.deepEqual(json["details"], { field: "music", model: "packet-copy", limit: 180 });
  }
  assert.equal((await ledgerOf(user.id)).balance, before.balance);
});

Deno.test("upload-audio takes mp3 by its bytes, of a sane size, for the user's own projects", async () => {
  const user = await signUp();
  const stranger = await signUp();
  const { project } = await createProject(user, ["The lamp wakes."]);
  const send = async (
    who: TestUser,
    body: Uint8Array<ArrayBuffer>,
    query = `?project_id=${project.id}`,
  ) => {
    const response = await fetch(`${stack.url}/functions/v1/upload-audio${query}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${who.token}`, "Content-Type": "audio/mpeg" },
      body,
    });
    const { code, details } = await response.json();
    return [response.status, code, details?.reason];
  };
  const wav = new TextEncoder().encode(`RIFF\0\0\0\0WAVEfmt ${"x".repeat(2000)}`);
  const tagged = new TextEncoder().encode(`ID3\x04\0\0\0\0\0\x10${"x".repeat(9000)}`);
  const short = await makeTone({ seconds: 0.5 });
  assert.deepEqual(await send(user, wav), [422, "AUDIO_INVALID", "wrong_type"]);
  assert.deepEqual(await send(user, tagged), [422, "AUDIO_INVALID", "unreadable"]);
  assert.deepEqual(await send(user, short), [422, "AUDIO_INVALID", "too_short"]);
  assert.deepEqual(await send(user, new Uint8Array()), [422, "AUDIO_INVALID", "wrong_type"]);
  const large = new Uint8Array(MAX_MUSIC_BYTES + 1);
  assert.deepEqual((await send(user, large)).slice(0, 2), [413, "PAYLOAD_TOO_LARGE"]);
  assert.deepEqual((await send(stranger, TUNE)).slice(0, 2), [404, "NOT_FOUND"]);
  assert.deepEqual((await send(user, TUNE, "")).slice(0, 2), [400, "VALIDATION_FAILED"]);
  const both = await post("upload-audio", { project_id: project.id }, as(user));
  assert.deepEqual([both.status, both.json["code"]], [400, "VALIDATION_FAILED"]);
});
