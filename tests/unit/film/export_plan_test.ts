import assert from "node:assert/strict";
import fc from "fast-check";
import { fileName } from "../../../supabase/functions/_shared/film/export_names.ts";
import { planExport } from "../../../supabase/functions/_shared/film/export_plan.ts";
import { writeExportTimeline } from "../../../supabase/functions/_shared/film/export_timeline.ts";
import { audioOf, clipOf, imageOf, projectOf, sceneOf } from "../../factories.ts";
import { exportOf, filmOf } from "../../film_factories.ts";
import { parseOtio } from "../../fixtures/otio.ts";

const SECOND = "2d7f6b3c-8d3a-4f2e-9c73-8b5e7f4a5c99";

/** Two scenes; the first has two shots under one narration. */
function cutProject() {
  const scenes = [sceneOf(), sceneOf({ id: SECOND, index: 2, title: "Über den Wolken" })];
  const clips = [
    clipOf({ id: "c1" }),
    clipOf({ id: "c2" }),
    clipOf({ id: "c3", scene_id: SECOND, duration_sec: 5.04 }),
    clipOf({ id: "unused" }),
  ];
  const audio = [
    audioOf({ id: "a1", duration_sec: 8.2 }),
    audioOf({ id: "a2", scene_id: SECOND, duration_sec: 4 }),
    audioOf({ id: "older" }),
  ];
  const cut = [
    { clip_id: "c1", audio_clip_id: "a1", start_sec: 0, duration_sec: 5 },
    { clip_id: "c2", audio_clip_id: null, start_sec: 5, duration_sec: 4 },
    { clip_id: "c3", audio_clip_id: "a2", start_sec: 9, duration_sec: 5.04 },
  ];
  return exportOf({
    project: projectOf({ title: "The Lantern / ../../etc" }),
    scenes,
    film: filmOf({ cut, duration_sec: 14.04 }),
    video_clips: clips,
    audio_clips: audio,
    images: [
      imageOf({ id: "i1" }),
      imageOf({ id: "i2", scene_id: SECOND, url: "https://studio.test/x/b.png" }),
      imageOf({ id: "not-main", is_main: false }),
      imageOf({ id: "hero", scene_id: null, is_main: false }),
    ],
  });
}

Deno.test("planExport() takes the film, its subtitles, the media of its cut and the main pictures", () => {
  const { folder, media } = planExport(cutProject());
  assert.equal(folder, "the-lantern-etc");
  assert.deepEqual(
    media.map(({ path, part, scene_index }) => [path, part, scene_index]),
    [
      ["film.mp4", "film", null],
      ["film.vtt", "subtitles", null],
      ["film.srt", "subtitles", null],
      ["clips/01-dusk.mp4", "clips", 1],
      ["clips/02-dusk.mp4", "clips", 1],
      ["clips/03-uber-den-wolken.mp4", "clips", 2],
      ["narration/01-dusk.mp3", "narration", 1],
      ["narration/03-uber-den-wolken.mp3", "narration", 2],
      ["pictures/00-picture.jpg", "pictures", null],
      ["pictures/01-dusk.jpg", "pictures", 1],
      ["pictures/02-uber-den-wolken.png", "pictures", 2],
    ],
  );
});

Deno.test("planExport() takes each scene's newest media where there is no film, and a clip once that is cut twice", () => {
  const source = cutProject();
  const uncut = planExport({ ...source, film: null });
  assert.deepEqual(
    uncut.media.filter(({ part }) => part === "clips" || part === "narration").map(({ id }) => id),
    ["c1", "c3", "a1", "a2"],
  );
  const entry = { clip_id: "c1", audio_clip_id: null, start_sec: 0, duration_sec: 5 };
  const cut = [entry, { ...entry, start_sec: 5 }];
  const twice = planExport({ ...source, film: filmOf({ cut, duration_sec: 10 }) });
  assert.deepEqual(twice.media.filter(({ part }) => part === "clips").map(({ path }) => path), [
    "clips/01-dusk.mp4",
  ]);
});

Deno.test("writeExportTimeline() lays narration over the shots of its scene, from files or from Storage", () => {
  const source = cutProject();
  const plan = planExport(source);
  const isIncluded = (path: string) => !path.startsWith("narration/");
  const { name, tracks } = parseOtio(
    writeExportTimeline(source, plan, { rate: 25, isIncluded }),
  );
  assert.equal(name, "The Lantern / ../../etc");
  assert.deepEqual(
    tracks.map(({ items }) =>
      items.map(({ url, startSeconds, durationSeconds }) => ({
        url,
        startSeconds,
        durationSeconds,
      }))
    ),
    [
      [
        { url: "clips/01-dusk.mp4", startSeconds: 0, durationSeconds: 5 },
        { url: "clips/02-dusk.mp4", startSeconds: 5, durationSeconds: 4 },
        { url: "clips/03-uber-den-wolken.mp4", startSeconds: 9, durationSeconds: 5.04 },
      ],
      [
        { url: audioOf().url, startSeconds: 0, durationSeconds: 8.2 },
        { url: null, startSeconds: 8.2, durationSeconds: 9 - 8.2 },
        { url: audioOf().url, startSeconds: 9, durationSeconds: 4 },
      ],
    ].map((items) =>
      items.map((item) => ({
        ...item,
        durationSeconds: Math.round(item.durationSeconds * 25) / 25,
      }))
    ),
  );
});

Deno.test("writeExportTimeline() lays narration once that several shots in a row name", () => {
  const source = cutProject();
  const entry = { audio_clip_id: "a1", duration_sec: 5 };
  const cut = ["c1", "c2", "c3"].map((clip_id, at) => ({ ...entry, clip_id, start_sec: at * 5 }));
  const shared = { ...source, film: filmOf({ cut, duration_sec: 15 }) };
  const { tracks } = parseOtio(
    writeExportTimeline(shared, planExport(shared), { rate: 25, isIncluded: () => true }),
  );
  assert.deepEqual(
    tracks[1]?.items.map(({ url, startSeconds, durationSeconds }) => [
      url,
      startSeconds,
      durationSeconds,
    ]),
    [["narration/01-dusk.mp3", 0, 8.2]],
  );
});

Deno.test("writeExportTimeline() keeps the place of a clip that is gone", () => {
  const source = { ...cutProject(), video_clips: [clipOf({ id: "c1" })] };
  const plan = planExport(source);
  const { tracks } = parseOtio(
    writeExportTimeline(source, plan, { rate: 24, isIncluded: () => true }),
  );
  assert.deepEqual(tracks[0]?.items.map(({ url }) => url), [
    "clips/01-dusk.mp4",
    "missing",
    "missing",
  ]);
});

Deno.test("fileName() gives names that every system takes, for any title", () => {
  for (
    const [title, name] of [
      ["Crème brûlée", "creme-brulee"],
      ["Straße's end", "strasses-end"],
      ["../../etc/passwd", "etc-passwd"],
      ["C:\\con", "c-con"],
      ["CON", "film"],
      ["등대의 춤", "film"],
      ["  .hidden. ", "hidden"],
      ["x".repeat(100), "x".repeat(40)],
    ] as const
  ) assert.equal(fileName(title, "film"), name);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (title) => {
      assert.match(fileName(title, "film"), /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/);
    }),
    { seed: 20261121 },
  );
});
