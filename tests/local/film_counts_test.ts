import assert from "node:assert/strict";
import { changedParts, countParts, type Planned } from "../../supabase/local/film/film_counts.ts";
import { child, lookAt } from "./film_look.ts";

const shot = { shown_sec: 5, clip_sec: 5, image_credits: 1, clip_credits: 20 };
const planned: Planned = {
  plan: {
    target_length: 15,
    scene_count: 3,
    shots: [1, 2, 3].map((scene) => ({ scene, shot: 1, ...shot })),
    items: [],
    credits: 66,
    typical_sec: 100,
  },
  characterCount: 2,
};
const nothing = { project: null, scenes: [], characters: [], frames: [] };

/** Counts as `part done/total`. */
const count = (...look: Parameters<typeof lookAt>) =>
  countParts(lookAt(...look), planned).map(({ stage, done, total }) => `${stage} ${done}/${total}`);

Deno.test("countParts() begins with the script, and takes the plan's numbers until there are better", () => {
  assert.deepEqual(count([], nothing), ["script 0/1"]);
  const begun = ["script", "characters", "audio:s1:h", "image:f1:h"].map((key) =>
    child(key, "running")
  );
  assert.deepEqual(count(begun, nothing), [
    "script 0/1",
    "cast 0/2",
    "narration 0/3",
    "images 0/3",
  ]);
});

Deno.test("countParts() counts what is ready of what there is, in the order in which parts begin", () => {
  assert.deepEqual(
    count([
      child("video:f1:h"),
      child("script"),
      child("audio:s1:h"),
      child("audio:s2:h", "running"),
      child("characters"),
      child("reference:c1:h"),
      child("frames:s1"),
      child("image:f1:h"),
      child("image:f2:h"),
      child("film:h", "queued"),
    ]),
    [
      "script 1/1",
      "cast 1/1",
      "narration 1/2",
      "shots 1/1",
      "images 2/2",
      "clips 1/2",
      "film 0/1",
    ],
  );
});

Deno.test("countParts() counts a thing once however often it was tried", () => {
  const tries = [
    child("image:f1:a", "failed", "CONTENT_REFUSED"),
    child("image:f1:b"),
    child("image:f2:a"),
    child("image:f2:b"),
  ];
  assert.deepEqual(count(tries), ["script 0/1", "images 2/2"]);
});

Deno.test("changedParts() gives what is new or counts otherwise", () => {
  const before = countParts(lookAt([child("script"), child("image:f1:h", "running")]), planned);
  const now = countParts(lookAt([child("script"), child("image:f1:h"), child("film:h")]), planned);
  assert.deepEqual(changedParts(before, now).map(({ stage }) => stage), ["images", "film"]);
  assert.deepEqual(changedParts(now, now), []);
});
