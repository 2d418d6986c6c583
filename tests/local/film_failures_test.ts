import assert from "node:assert/strict";
import { failuresOf } from "../../supabase/local/film/film_failures.ts";
import { child, lookAt, lookedJob } from "./film_look.ts";

Deno.test("failuresOf() names part, scene, shot or character of each child that failed", () => {
  assert.deepEqual(
    failuresOf(lookAt([
      child("audio:s1:h"),
      child("audio:s2:h", "failed", "PROVIDER_FAILED"),
      child("reference:c1:h", "failed", "CONTENT_REFUSED"),
      child("video:f2:h", "failed", "DEADLINE_EXCEEDED"),
      child("video:f1:h", "cancelled", "CANCELLED"),
    ])),
    [
      {
        stage: "narration",
        scene: { index: 2, title: "Down" },
        shot: null,
        character: null,
        code: "PROVIDER_FAILED",
        message: "It was PROVIDER_FAILED",
      },
      {
        stage: "cast",
        scene: null,
        shot: null,
        character: "Mina",
        code: "CONTENT_REFUSED",
        message: "It was CONTENT_REFUSED",
      },
      {
        stage: "clips",
        scene: { index: 2, title: "Down" },
        shot: 3,
        character: null,
        code: "DEADLINE_EXCEEDED",
        message: "It was DEADLINE_EXCEEDED",
      },
    ],
  );
});

Deno.test("failuresOf() passes over what was made at a second try, and takes the last of several", () => {
  const failures = failuresOf(lookAt([
    child("image:f1:a", "failed", "CONTENT_REFUSED"),
    child("image:f1:b"),
    child("image:f2:a", "failed", "CONTENT_REFUSED"),
    child("image:f2:b", "failed", "PROVIDER_FAILED"),
  ]));
  assert.deepEqual(failures.map(({ shot, code }) => [shot, code]), [[3, "PROVIDER_FAILED"]]);
});

Deno.test("failuresOf() gives the production's own reason when no child failed", () => {
  const error = { code: "PLAN_DOES_NOT_FIT", message: "It does not fit" };
  const job = lookedJob({ kind: "production", state: "failed", stage: "audio", error });
  assert.deepEqual(failuresOf(lookAt([child("audio:s1:h")], { job })), [
    { stage: "narration", scene: null, shot: null, character: null, ...error },
  ]);
});
