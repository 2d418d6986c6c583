import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aspectRatioOf,
  composeImagePrompt,
  composeVideoPrompt,
  nearestAspectRatio,
} from "../../supabase/functions/_shared/prompts.ts";
import { imageOf, projectOf, sceneOf } from "../factories.ts";

Deno.test("aspectRatioOf() is upright for phones, square where it is usual, and wide otherwise", () => {
  const ratios = [
    "tiktok",
    "TikTok",
    "shorts",
    "reels",
    "instagram",
    "square",
    "youtube",
    "cinema",
    "",
  ]
    .map((platform) => aspectRatioOf(platform));
  assert.deepEqual(ratios, ["9:16", "9:16", "9:16", "9:16", "1:1", "1:1", "16:9", "16:9", "16:9"]);
});

Deno.test("nearestAspectRatio() compares by proportion, not by difference", () => {
  assert.equal(nearestAspectRatio(1280 / 720), "16:9");
  assert.equal(nearestAspectRatio(0.57), "9:16");
  assert.equal(nearestAspectRatio(1.3), "1:1");
  assert.equal(nearestAspectRatio(2.4, ["16:9", "21:9"]), "21:9");
  assert.equal(nearestAspectRatio(0.1, []), "16:9");
});

Deno.test("composeImagePrompt() says what is to be seen, then mood and style", () => {
  const prompt = composeImagePrompt({
    project: projectOf(),
    scene: sceneOf({ plot: "A lighthouse  at\ndusk.", notes: "No people" }),
  }, { style: "ink drawing", maxChars: undefined });
  assert.equal(prompt, "Dusk. A lighthouse at dusk. No people. Mood: warm. Style: ink drawing");
});

Deno.test("composeImagePrompt() falls back on the narration, and on the project without a scene", () => {
  const options = { style: "ink", maxChars: undefined };
  const scene = sceneOf({ plot: "", title: "" });
  assert.match(composeImagePrompt({ project: projectOf(), scene }, options), /The lamp wakes/);
  assert.match(
    composeImagePrompt({ project: projectOf(), scene: null }, options),
    /^The lantern\. A lighthouse learns to dance\. Mood: warm/,
  );
});

Deno.test("composeVideoPrompt() says what happens, then how the camera moves", () => {
  const [project, image] = [projectOf(), imageOf({ prompt: "Gulls" })];
  const tail = "Mood: warm. Slow, steady camera; natural motion";
  assert.equal(
    composeVideoPrompt({ project, scene: sceneOf(), image }, undefined),
    `A lighthouse at dusk. ${tail}`,
  );
  assert.equal(composeVideoPrompt({ project, scene: null, image }, undefined), `Gulls. ${tail}`);
});

Deno.test("composed prompts keep to the model's limit in whole characters, whatever was written", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 1, max: 200 }),
      (text, maxChars) => {
        const scene = sceneOf({ title: text, plot: `\u{1f3ac}${text}\u{1f3ac}`.repeat(3) });
        const prompt = composeImagePrompt({ project: projectOf(), scene }, {
          style: text,
          maxChars,
        });
        assert.ok(Array.from(prompt).length <= maxChars);
        // A pair of surrogates is one character: a cut between them would leave half of one.
        if (text.isWellFormed()) assert.ok(prompt.isWellFormed());
      },
    ),
  );
});
