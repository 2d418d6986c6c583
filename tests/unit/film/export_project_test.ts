import assert from "node:assert/strict";
import { exportManifest } from "../../../shared/contract/export_operations.ts";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import {
  type ExportOptions,
  exportProject,
} from "../../../supabase/functions/_shared/film/export_project.ts";
import { audioOf, clipOf, imageOf } from "../../factories.ts";
import { exportOf, filmOf } from "../../film_factories.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import {
  createFileHost,
  FILE_ORIGIN,
  type FileHostOptions,
} from "../../fixtures/media/file_host.ts";
import { parseOtio } from "../../fixtures/otio.ts";
import { unzip } from "../../fixtures/unzip.ts";

const FILM = await makeClip({ framesPerSecond: 30 });

/** A project with a film of one scene, and the host of its files. */
function exportedProject(host: FileHostOptions = {}) {
  const at = (name: string) => `${FILE_ORIGIN}/${name}`;
  const files = new Map([
    ["/film.mp4", FILM],
    ["/film.vtt", new TextEncoder().encode("WEBVTT\n")],
    ["/film.srt", new TextEncoder().encode("1\r\n")],
    ["/clip.mp4", new Uint8Array(70_000).fill(1)],
    ["/voice.mp3", new Uint8Array(300).fill(2)],
    ["/picture.png", new Uint8Array(5000).fill(3)],
  ]);
  const source = exportOf({
    film: filmOf({
      url: at("film.mp4"),
      subtitles_vtt_url: at("film.vtt"),
      subtitles_srt_url: at("film.srt"),
    }),
    video_clips: [clipOf({ url: at("clip.mp4") })],
    audio_clips: [audioOf({ url: at("voice.mp3") })],
    images: [imageOf({ url: at("picture.png") })],
  });
  const { fetch, requests } = createFileHost(files, host);
  const options: ExportOptions = { leaveOut: [], allowedOrigins: [FILE_ORIGIN], fetch };
  return { source, files, requests, options };
}

async function unpack(zip: ReadableStream<Uint8Array>): Promise<Map<string, Uint8Array>> {
  return await unzip(new Uint8Array(await new Response(zip as BodyInit).arrayBuffer()));
}

for (const hasRanges of [true, false]) {
  Deno.test(`exportProject() makes a zip whose manifest names every file, from a host ${hasRanges ? "with" : "without"} ranges`, async () => {
    const { source, options } = exportedProject({ hasRanges });
    const { name, zip, mediaBytes } = await exportProject(source, options);
    assert.equal(name, "the-lantern");
    const files = await unpack(zip);
    const textOf = (path: string) => new TextDecoder().decode(files.get(`${name}/${path}`));
    const manifest = exportManifest.parse(JSON.parse(textOf("manifest.json")));
    for (const { path, size_bytes } of manifest.files) {
      assert.equal(files.get(`${name}/${path}`)?.byteLength, size_bytes, path);
    }
    assert.equal(manifest.files.length, files.size - 1, "all but itself");
    assert.deepEqual(files.get(`${name}/film.mp4`), FILM);
    assert.equal(mediaBytes, FILM.byteLength + 7 + 3 + 70_000 + 300 + 5000);
    const { rates } = parseOtio(textOf("timeline.otio"));
    assert.deepEqual([...rates], [30], "the film's own");
  });
}

Deno.test("exportProject() refuses media over its bound before a file is read, and says what would help", async () => {
  const { source, options, requests } = exportedProject();
  const refused = await exportProject(source, { ...options, maxBytes: 70_000 }).catch((error) =>
    error
  );
  assert.ok(refused instanceof AppError, String(refused));
  assert.equal(refused.code, "EXPORT_TOO_LARGE");
  const details = refused.details as { total_bytes: number; part_bytes: Record<string, number> };
  assert.deepEqual(details.part_bytes, {
    film: FILM.byteLength,
    clips: 70_000,
    pictures: 5000,
    narration: 300,
  });
  assert.ok(requests.every((request) => request.endsWith("bytes=0-0")), requests.join("\n"));
  const { zip } = await exportProject(source, {
    ...options,
    maxBytes: 70_000,
    leaveOut: ["clips"],
  });
  assert.ok(!(await unpack(zip)).has("the-lantern/clips/01-dusk.mp4"));
});

Deno.test("exportProject() breaks off when a file ends early, and sends no zip's end", async () => {
  const { source, options, files } = exportedProject();
  const { zip } = await exportProject(source, options);
  files.delete("/clip.mp4");
  const broken = await unpack(zip).catch((error) => error);
  assert.ok(broken instanceof AppError, String(broken));
  assert.equal(broken.code, "RESULT_INVALID");
});

Deno.test("exportProject() reads nothing from anywhere but the origins it is given", async () => {
  const { source, options, requests } = exportedProject();
  const foreign = { ...source, images: [imageOf({ url: "http://169.254.169.254/latest/a.png" })] };
  const refused = await exportProject(foreign, options).catch((error) => error);
  assert.ok(refused instanceof AppError, String(refused));
  assert.ok(!requests.includes("/latest/a.png bytes=0-0"));
});
