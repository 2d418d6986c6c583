import assert from "node:assert/strict";
import { contentOf } from "../../supabase/functions/_shared/allowed_content.ts";
import { planClips } from "../../supabase/functions/_shared/plans/plan_clips.ts";
import { planImages } from "../../supabase/functions/_shared/plans/plan_images.ts";
import { contentOfFilm } from "../../supabase/functions/_shared/production/production_gates.ts";
import { planRequest } from "../../supabase/functions/_shared/production/plan_production.ts";
import { imageOf, modelOf, projectOf, studioOf } from "../factories.ts";
import { characterOf, frameOf } from "../film_factories.ts";
import { FILM_MODELS } from "./production/film_models.ts";

const drawn = imageOf();
const upload = (name: string) =>
  imageOf({ id: crypto.randomUUID(), source: "uploaded", url: `https://studio.test/${name}` });

Deno.test("contentOf() looks at an uploaded last frame, not at a first one we drew", () => {
  const last = upload("last.jpg");
  const models = [modelOf({ limits: { durations_sec: [5], last_frame: true } })];
  const studio = studioOf({ models, images: [drawn, last, upload("unused.jpg")] });
  const jobs = planClips(studio, {
    project_id: projectOf().id,
    image_ids: [drawn.id],
    last_image_id: last.id,
  });
  assert.deepEqual(contentOf(jobs, studio.images).imageUrls, [last.url]);
});

Deno.test("contentOf() looks at an uploaded first frame", () => {
  const first = upload("first.jpg");
  const models = [modelOf({ limits: { durations_sec: [5] } })];
  const studio = studioOf({ models, images: [first] });
  const jobs = planClips(studio, { project_id: projectOf().id, image_ids: [first.id] });
  assert.deepEqual(contentOf(jobs, studio.images).imageUrls, [first.url]);
});

Deno.test("contentOf() looks at the uploaded pictures a shot's cast is drawn after", () => {
  const face = upload("face.jpg");
  const cast = [
    characterOf({ image_id: face.id }),
    characterOf({ id: crypto.randomUUID(), image_id: drawn.id }),
  ];
  const frame = frameOf({ character_ids: cast.map(({ id }) => id) });
  const models = [modelOf({ kind: "image", limits: { max_references: 4 } })];
  const studio = studioOf({ models, characters: cast, frames: [frame], images: [face, drawn] });
  const jobs = planImages(studio, {
    project_id: projectOf().id,
    frame_id: frame.id,
    num_images: 1,
  });
  assert.deepEqual(contentOf(jobs, studio.images).imageUrls, [face.url]);
});

Deno.test("contentOfFilm() looks at the project's own words, the wish's and each shot's camera", () => {
  const studio = studioOf({
    models: FILM_MODELS,
    frames: [frameOf({ camera: "Close on the wound" })],
  });
  const request = {
    projectId: studio.project.id,
    options: { tone: "cruel", category: "gore" },
    stopAt: "frames" as const,
  };
  const { texts } = contentOfFilm(studio, planRequest(studio, request).payload);
  const { title, description, tone } = studio.project;
  for (const text of [title, description, tone, "cruel", "gore", "Close on the wound"]) {
    assert.ok(texts.includes(text), `${text} is looked at`);
  }
});
