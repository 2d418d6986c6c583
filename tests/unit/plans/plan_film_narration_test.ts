import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { planFilm } from "../../../supabase/functions/_shared/plans/plan_film.ts";
import { audioOf, IDS, modelOf, studioOf } from "../../factories.ts";

const ogg = audioOf({ id: crypto.randomUUID(), format: "ogg" });
const mp3 = audioOf();

const plan = (audio_clips: typeof mp3[]) =>
  planFilm(
    studioOf({ audio_clips, models: [modelOf({ kind: "film", provider: "studio" })] }),
    { project_id: IDS.project },
  );

Deno.test("planFilm() takes a scene's newest mp3, whatever was spoken as ogg since", () => {
  assert.match(JSON.stringify(plan([ogg, mp3]).payload), new RegExp(mp3.id));
  assert.doesNotMatch(JSON.stringify(plan([ogg, mp3]).payload), new RegExp(ogg.id));
});

Deno.test("planFilm() refuses a scene whose narration is ogg only, rather than leave it silent", () => {
  assert.throws(() => plan([ogg]), (error) => {
    assert.ok(error instanceof AppError && error.code === "STATE_CONFLICT");
    assert.match(error.hint ?? "", /format mp3/);
    assert.deepEqual(error.details, { scene_id: IDS.scene });
    return true;
  });
});

Deno.test("planFilm() cuts a scene that says nothing", () => {
  assert.match(JSON.stringify(plan([]).payload), /"audio_url":null/);
});
