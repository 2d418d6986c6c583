import assert from "node:assert/strict";
import { fillPreset } from "../../supabase/functions/_shared/preset_prompt.ts";

const preset = {
  kind: "dance",
  prompt_template: "{subject} dances hip-hop on the beat; {prompt}. Static camera.",
} as const;
const upload = { prompt: "" };

Deno.test("fillPreset() puts the subject and the user's words in their places", () => {
  assert.equal(
    fillPreset(preset, { image: upload, prompt: "on a rooftop at night." }),
    "The person in the picture dances hip-hop on the beat; on a rooftop at night. Static camera.",
  );
  assert.equal(
    fillPreset(preset, { image: { prompt: "a red robot on a hill. Mood: warm. Style: oil" } }),
    "A red robot on a hill dances hip-hop on the beat. Static camera.",
  );
  assert.equal(
    fillPreset({ ...preset, kind: "camera" }, { image: upload }),
    "The subject of the picture dances hip-hop on the beat. Static camera.",
  );
});

Deno.test("fillPreset() takes braces and signs of the user's as they are, once", () => {
  const words = "{subject} and {prompt} $& $1 \\ \n\n 춤 💃;";
  assert.equal(
    fillPreset(preset, { image: upload, prompt: words }),
    "The person in the picture dances hip-hop on the beat; {subject} and {prompt} $& $1 \\ 춤 💃. Static camera.",
  );
  for (const nothing of ["", "  ", " . ; "]) {
    assert.match(fillPreset(preset, { image: upload, prompt: nothing }), /on the beat\. Static/);
  }
});

Deno.test("fillPreset() cuts a picture's endless prompt, at whole characters", () => {
  const filled = fillPreset(preset, { image: { prompt: "💃".repeat(500) } });
  assert.ok(filled.startsWith(`${"💃".repeat(200)} dances`));
});
