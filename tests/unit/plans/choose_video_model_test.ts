import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { planClips } from "../../../supabase/functions/_shared/plans/plan_clips.ts";
import { resolveWish } from "../../../supabase/functions/_shared/production/resolve_wish.ts";
import { IDS, modelOf, settingsOf, studioOf } from "../../factories.ts";
import { withFakeEnv } from "../../fakes/fake_env.ts";
import { FILM_MODELS } from "../production/film_models.ts";

const models = [
  modelOf({ id: "kling" }),
  modelOf({ id: "gen4.5", provider: "runway", endpoint: "gen4.5", is_default: false }),
  modelOf({
    id: "runway-veo-3.1",
    provider: "runway",
    endpoint: "veo3.1",
    is_default: false,
    limits: { durations_sec: [4, 6, 8] },
  }),
];

/** The model, the name it has at its provider and the seconds of a clip of a user of Runway's. */
function clip(
  RUNWAY_MODEL_ID: string,
  { video_provider = "runway", ...body }: { video_provider?: string; model?: string } = {},
  video_model: string | null = null,
) {
  return withFakeEnv({ RUNWAY_MODEL_ID }, () => {
    const studio = studioOf({ models, settings: settingsOf({ video_provider, video_model }) });
    const [job] = planClips(studio, { project_id: IDS.project, image_ids: [IDS.image], ...body });
    const { request } = job?.payload as { request: { endpoint: string } };
    return Promise.resolve([job?.model_id, request.endpoint, job?.units]);
  });
}

Deno.test("RUNWAY_MODEL_ID chooses among Runway's models where only Runway is named, with its price and lengths", async () => {
  assert.deepEqual(await clip("veo3.1"), ["runway-veo-3.1", "veo3.1", 4]);
  assert.deepEqual(await clip(""), ["gen4.5", "gen4.5", 5]);
});

Deno.test("RUNWAY_MODEL_ID changes nothing where a model is named, or another provider", async () => {
  assert.deepEqual(await clip("veo3.1", { model: "gen4.5" }), ["gen4.5", "gen4.5", 5]);
  assert.deepEqual(await clip("veo3.1", {}, "gen4.5"), ["gen4.5", "gen4.5", 5]);
  assert.equal((await clip("veo3.1", { video_provider: "kie" }))[0], "kling");
});

Deno.test("RUNWAY_MODEL_ID that the catalogue does not have is told, with those it has", async () => {
  await assert.rejects(clip("gen3"), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "PROVIDER_NOT_CONFIGURED");
    assert.match(error.message, /RUNWAY_MODEL_ID is "gen3"/);
    assert.deepEqual(error.details, {
      provider: "runway",
      variables: ["RUNWAY_MODEL_ID"],
      allowed: ["gen4.5", "veo3.1"],
    });
    return true;
  });
  assert.equal((await clip("gen3", { model: "gen4.5" }))[0], "gen4.5");
});

Deno.test("RUNWAY_MODEL_ID chooses a film's model too", async () => {
  const all = [...FILM_MODELS, ...models.slice(1)];
  const wish = await withFakeEnv({ RUNWAY_MODEL_ID: "veo3.1" }, () => {
    const settings = settingsOf({ video_provider: "runway" });
    return Promise.resolve(resolveWish({ settings, models: all }, {}));
  });
  assert.equal(wish.video_model, "runway-veo-3.1");
});
