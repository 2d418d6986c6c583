import assert from "node:assert/strict";
import { parse as parseSrt } from "@plussub/srt-vtt-parser";
import { Fountain } from "fountain-js";
import { ALL_FORMATS, BlobSource, Input } from "mediabunny";
import { exportManifest } from "../../shared/contract/export_operations.ts";
import { filmReceipt } from "../../shared/contract/receipt.ts";
import { parseOtio } from "../fixtures/otio.ts";
import { parseWebVtt } from "../fixtures/parse_webvtt.ts";
import { unzip } from "../fixtures/unzip.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  setFault,
  signUp,
  stack,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const WORDS = [
  "Night falls over the harbour & the old lamp wakes. It looks around, and counts the boats.",
  "밤이 항구 위로 내려앉는다. 종이배 하나만이 기다린다.",
];

/** A project with pictures, narration, clips and a film, made as a client makes it. */
async function makeFilm(user: TestUser, texts: readonly string[]) {
  const { studio } = user;
  const { project, scenes } = await createProject(user, texts);
  const scene_ids = scenes.map(({ id }) => id);
  const audio = await studio.call("generate-audio", { project_id: project.id });
  const pictures = await Promise.all(
    scene_ids.map((scene_id) => studio.call("generate-image", { scene_id })),
  );
  await studio.watch([...audio.jobs, ...pictures.map(({ job }) => job)].map(({ id }) => id));
  const video = await studio.call("generate-video", { project_id: project.id, scene_ids });
  await studio.watch(video.jobs.map(({ id }) => id));
  const { job } = await studio.call("stitch-video", { project_id: project.id });
  const [cut] = await studio.watch([job.id]);
  assert.equal(cut?.state, "succeeded", JSON.stringify(cut?.error));
  const { data: film } = await studio.supabase.from("films").select("*")
    .eq("project_id", project.id).single();
  assert.ok(film);
  return { project, scenes, film };
}

/** Exports a project and unpacks it: files by their path without the folder. */
async function takeAway(
  user: TestUser,
  request: { project_id: string; leave_out?: ["film", "clips"] },
) {
  const response = await user.studio.download("export-project", request);
  assert.equal(response.headers.get("content-type"), "application/zip");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="a-test.zip"');
  const zipped = await unzip(new Uint8Array(await response.arrayBuffer()));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [path, bytes] of zipped) {
    assert.ok(path.startsWith("a-test/"), path);
    files.set(path.slice("a-test/".length), bytes);
  }
  const textOf = (path: string) => {
    const bytes = files.get(path);
    assert.ok(bytes, path);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  };
  return { files, textOf, manifest: exportManifest.parse(JSON.parse(textOf("manifest.json"))) };
}

async function secondsOf(bytes: Uint8Array<ArrayBuffer> | undefined): Promise<number> {
  assert.ok(bytes);
  using input = new Input({ source: new BlobSource(new Blob([bytes])), formats: ALL_FORMATS });
  return await input.computeDuration();
}

Deno.test("export-project: the zip's film, subtitles, script, timeline and receipt are read by other programs", async () => {
  const user = await signUp();
  const { project, scenes, film } = await makeFilm(user, WORDS);
  // One picture more, which fails: its refund is on the receipt.
  const word = uniqueWord();
  await setFault({ provider: "fal", kind: "fail", matching: word });
  const failing = await user.studio.call("generate-image", {
    scene_id: scenes[0]?.id ?? "",
    style_prompt: word,
  });
  const [failed] = await user.studio.watch([failing.job.id]);
  assert.equal(failed?.state, "failed");
  const { files, textOf, manifest } = await takeAway(user, { project_id: project.id });

  assert.deepEqual([...files.keys()].sort(), [
    "clips/01-scene-1.mp4",
    "clips/02-scene-2.mp4",
    "film.mp4",
    "film.srt",
    "film.vtt",
    "manifest.json",
    "narration/01-scene-1.mp3",
    "narration/02-scene-2.mp3",
    "pictures/01-scene-1.jpg",
    "pictures/02-scene-2.jpg",
    "receipt.csv",
    "receipt.json",
    "receipt.txt",
    "script.fountain",
    "script.txt",
    "timeline.otio",
  ]);
  assert.equal(manifest.film_id, film.id);
  for (const file of manifest.files) {
    assert.equal(files.get(file.path)?.byteLength, file.size_bytes, file.path);
    if (file.url === null) continue;
    const stored = new Uint8Array(await (await fetch(file.url)).arrayBuffer());
    assert.deepEqual(files.get(file.path), stored, `${file.path} is what Storage has`);
  }

  const filmSeconds = await secondsOf(files.get("film.mp4"));
  assert.ok(Math.abs(filmSeconds - (film.duration_sec ?? 0)) < 0.1);
  const { cues, errors } = parseWebVtt(textOf("film.vtt"));
  assert.deepEqual(errors, []);
  const entries = parseSrt(textOf("film.srt")).entries;
  assert.deepEqual(
    entries.map(({ from, to, text }) => ({
      startMs: from,
      endMs: to,
      text: text.replaceAll("\r", ""),
    })),
    cues,
  );
  const squeeze = (text: string) => text.replace(/\s/g, "");
  assert.equal(squeeze(cues.map(({ text }) => text).join("")), squeeze(WORDS.join("")));
  assert.ok((cues.at(-1)?.endMs ?? Infinity) <= filmSeconds * 1000 + 50);
  const korean = cues.find(({ text }) => text.startsWith("밤이"));
  const second = (film.cut as { start_sec: number }[])[1]?.start_sec ?? 0;
  assert.ok(Math.abs((korean?.startMs ?? 0) / 1000 - second) < 0.01, "with its scene");

  const { tracks, rates } = parseOtio(textOf("timeline.otio"));
  assert.equal(rates.size, 1);
  const [pictures, narration] = tracks;
  assert.deepEqual(pictures?.items.map(({ url }) => url), [
    "clips/01-scene-1.mp4",
    "clips/02-scene-2.mp4",
  ]);
  const laid = pictures?.items.reduce((sum, item) => sum + item.durationSeconds, 0) ?? 0;
  assert.ok(Math.abs(laid - filmSeconds) < 0.1, `${laid} of ${filmSeconds}`);
  for (const { url, durationSeconds } of [...pictures?.items ?? [], ...narration?.items ?? []]) {
    if (url === null) continue;
    assert.ok(await secondsOf(files.get(url)) >= durationSeconds - 0.1, `${url} is long enough`);
  }
  assert.equal(narration?.items.filter(({ url }) => url !== null).length, 2);

  const { tokens } = new Fountain().parse(textOf("script.fountain"), true);
  const spoken = tokens.filter(({ type }) => type === "dialogue").map(({ text }) => text);
  assert.deepEqual(spoken, WORDS);
  assert.ok(textOf("script.txt").includes(WORDS[1] ?? ""));

  const receipt = filmReceipt.parse(JSON.parse(textOf("receipt.json")));
  const ledger = await ledgerOf(user.id);
  assert.equal(receipt.totals.net_credits, 500 - ledger.balance);
  assert.equal(ledger.refunds, 1);
  assert.equal(receipt.totals.refunded_credits, failing.credits_charged);
  assert.equal(receipt.jobs.length, 8);
  assert.equal(textOf("receipt.csv").split("\r\n").length, 10);
  assert.ok(textOf("receipt.txt").includes(`${500 - ledger.balance} paid`));

  // What is finished stays: a scene that is edited later changes the script, not the film's subtitles.
  await user.studio.supabase.from("scenes").update({ text: "Other words." })
    .eq("id", scenes[0]?.id ?? "");
  const later = await takeAway(user, { project_id: project.id, leave_out: ["film", "clips"] });
  assert.equal(later.textOf("film.vtt"), textOf("film.vtt"));
  assert.ok(later.textOf("script.txt").includes("Other words."));
  assert.ok(!later.files.has("film.mp4") && !later.files.has("clips/01-scene-1.mp4"));
  const out = later.manifest.files.filter(({ included }) => !included);
  assert.deepEqual(out.map(({ path, size_bytes }) => [path, size_bytes]), [
    ["film.mp4", null],
    ["clips/01-scene-1.mp4", null],
    ["clips/02-scene-2.mp4", null],
  ]);
  assert.deepEqual(
    parseOtio(later.textOf("timeline.otio")).tracks[0]?.items.map(({ url }) => url),
    out.slice(1).map(({ url }) => url),
    "what is left out is linked to",
  );

  const stranger = await signUp();
  const refused = await post("export-project", { project_id: project.id }, as(stranger));
  assert.deepEqual([refused.status, refused.json["code"]], [404, "NOT_FOUND"]);
  const { data: hidden } = await stranger.studio.supabase.rpc("film_receipt", {
    p_project_id: project.id,
  });
  assert.equal(hidden, null, "nor its receipt");
  const unknown = { project_id: project.id, film_id: crypto.randomUUID() };
  assert.equal((await post("export-project", unknown, as(user))).status, 404);
  const anon = await post("export-project", { project_id: project.id });
  assert.equal(anon.status, 401);
});

Deno.test("subtitles lie beside the film in Storage, as files that players take", async () => {
  const user = await signUp();
  const { film } = await makeFilm(user, ["One sentence."]);
  for (const [ending, type] of [["vtt", "text/vtt"], ["srt", "application/x-subrip"]] as const) {
    const url = film[`subtitles_${ending}_url`];
    assert.equal(url, film.url?.replace(/mp4$/, ending));
    const response = await fetch(url ?? "");
    assert.ok(response.headers.get("content-type")?.startsWith(type));
    assert.ok((await response.text()).includes("One sentence."));
  }
});

Deno.test("export-project takes a project away that has no film yet, and stops when the client does", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["One sentence."]);
  const { image_asset, job } = await user.studio.call("generate-image", {
    scene_id: scenes[0]?.id ?? "",
  });
  await user.studio.watch([job.id]);
  const { files, manifest } = await takeAway(user, { project_id: project.id });
  assert.equal(manifest.film_id, null);
  assert.ok(!files.has("timeline.otio") && !files.has("film.mp4"));
  assert.deepEqual(
    manifest.files.filter(({ id }) => id !== null).map(({ id, path }) => [id, path]),
    [[image_asset.id, "pictures/01-scene-1.jpg"]],
  );
  const response = await user.studio.download("export-project", { project_id: project.id });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  const again = await post("queue-status", {}, as(user));
  assert.equal(again.status, 200, "the worker lives");
});

Deno.test("export-project refuses when a file in Storage is gone, instead of sending half a zip", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["One sentence."]);
  const { image_asset, job } = await user.studio.call("generate-image", {
    scene_id: scenes[0]?.id ?? "",
  });
  await user.studio.watch([job.id]);
  const gone = `${stack.url}/storage/v1/object/public/aiauto/projects/${project.id}/gone.jpg`;
  await withDatabase((sql) =>
    sql`update public.image_assets set url = ${gone} where id = ${image_asset.id}`
  );
  const answer = await post("export-project", { project_id: project.id }, as(user));
  assert.deepEqual([answer.status, answer.json["code"]], [502, "RESULT_INVALID"], answer.text);
});
