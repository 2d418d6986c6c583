import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { type FilmRequest, planFilm } from "../../../supabase/functions/_shared/plans/plan_film.ts";
import { clipOf, IDS, modelOf, studioOf } from "../../factories.ts";

const URL = "https://example.org/tune.mp3";

/** Plans a film of one clip so many times. */
function plan(music: FilmRequest["music"], { count = 1, seconds = 60 } = {}) {
  const clip = clipOf({ duration_sec: seconds });
  return planFilm(
    studioOf({
      video_clips: [clip],
      models: [modelOf({ kind: "film", provider: "studio", limits: { max_music_sec: 180 } })],
    }),
    {
      project_id: IDS.project,
      cut: Array.from({ length: count }, () => ({ clip_id: clip.id, audio: false })),
      ...(music === undefined ? {} : { music }),
    },
  );
}

Deno.test("planFilm() makes music a part of the cut, so that other music is another film", () => {
  const wishes: FilmRequest["music"][] = [
    undefined,
    { url: URL },
    { url: URL, gain_db: -12 },
    { url: `${URL}?2` },
    { url: URL, sha256: "a".repeat(64), gain_db: null },
  ];
  const cuts = wishes.map((music) => JSON.stringify(plan(music).asset));
  assert.equal(new Set(cuts).size, wishes.length);
  assert.equal(JSON.stringify(plan({ url: URL }).asset), cuts[1], "and the same is the same");
});

Deno.test("planFilm() plans a film without music as it ever did", () => {
  const { payload, asset } = plan(undefined);
  assert.doesNotMatch(JSON.stringify([payload, asset]), /music/);
});

Deno.test("planFilm() refuses music under a film of more than the model's limit, and without it does not", () => {
  assert.equal(plan({ url: URL }, { count: 3 }).kind, "film");
  assert.equal(plan(undefined, { count: 4 }).kind, "film");
  assert.throws(() => plan({ url: URL }, { count: 3, seconds: 60.1 }), (error) => {
    assert.ok(error instanceof AppError && error.code === "MODEL_INPUT_INVALID");
    const { field, limit } = error.details as { field: string; limit: number };
    assert.deepEqual([field, limit], ["music", 180]);
    return true;
  });
});
