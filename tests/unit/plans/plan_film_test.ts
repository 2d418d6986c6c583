import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { StudioContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import type { FilmPayload } from "../../../supabase/functions/_shared/jobs/film_payload.ts";
import { planFilm } from "../../../supabase/functions/_shared/plans/plan_film.ts";
import { audioOf, clipOf, IDS, modelOf, sceneOf, studioOf } from "../../factories.ts";

const [SECOND_SCENE, A1, A2, B] = Array.from({ length: 4 }, () => crypto.randomUUID());
const THUMBNAIL = "https://studio.test/storage/v1/object/public/aiauto/a1.jpg";

/** Two shots of the first scene and one of the second; each scene is narrated. */
const studio = studioOf({
  models: [modelOf({ kind: "film", unit: "film", limits: { max_clips: 3 } })],
  scenes: [sceneOf(), sceneOf({ id: SECOND_SCENE ?? "", index: 2 })],
  video_clips: [
    clipOf({ id: A2 ?? "" }),
    clipOf({ id: A1 ?? "", duration_sec: 5.04, thumbnail_url: THUMBNAIL }),
    clipOf({ id: B ?? "", scene_id: SECOND_SCENE ?? "" }),
  ],
  audio_clips: [
    audioOf({ id: IDS.clip, url: "https://studio.test/a.mp3" }),
    audioOf({ id: IDS.image, scene_id: SECOND_SCENE ?? "", url: "https://studio.test/b.mp3" }),
  ],
});
const VOICE = { a: IDS.clip, b: IDS.image };

interface CutClip {
  readonly clip_id: string | undefined;
  readonly duration_sec?: number;
  readonly audio?: boolean;
}

function plan(cut: readonly CutClip[], context: StudioContext = studio) {
  return planFilm(context, {
    project_id: IDS.project,
    cut: cut.map(({ clip_id = "", audio = true, ...clip }) => ({ clip_id, audio, ...clip })),
  });
}

function voices(cut: readonly CutClip[]): (string | null)[] {
  const payload: unknown = plan(cut).payload;
  return (payload as FilmPayload).clips.map(({ audio_clip_id }) => audio_clip_id);
}

Deno.test("planFilm() lets a scene's narration run on over its shots, and has it heard once", () => {
  assert.deepEqual(voices([{ clip_id: A1 }, { clip_id: A2 }, { clip_id: B }]), [
    VOICE.a,
    VOICE.a,
    VOICE.b,
  ]);
  assert.deepEqual(voices([{ clip_id: A1 }, { clip_id: B }, { clip_id: A2 }]), [
    VOICE.a,
    VOICE.b,
    null,
  ]);
  assert.deepEqual(voices([{ clip_id: A1 }, { clip_id: A2, audio: false }, { clip_id: A1 }]), [
    VOICE.a,
    null,
    null,
  ]);
});

Deno.test("planFilm() plans the same cut however a whole clip is asked for", () => {
  const { asset } = plan([{ clip_id: A1 }]);
  for (const duration_sec of [5.04, 5, 5.08]) {
    assert.deepEqual(plan([{ clip_id: A1, duration_sec }]).asset, asset);
  }
  assert.deepEqual(plan([{ clip_id: A1, duration_sec: 4 }]).asset, {
    cut: [{ clip_id: A1, duration_sec: 4, audio_clip_id: VOICE.a }],
  });
});

Deno.test("planFilm() shows the film by the picture of its first shot", () => {
  assert.equal(
    (plan([{ clip_id: A1 }, { clip_id: B }]).payload as { poster_url: string }).poster_url,
    THUMBNAIL,
  );
  assert.equal((plan([{ clip_id: B }]).payload as { poster_url: null }).poster_url, null);
});

Deno.test("planFilm() refuses a clip that is shorter than it shall be shown, a foreign one, and too many", () => {
  const cases: [CutClip[], string, Record<string, unknown>?][] = [
    [[{ clip_id: A1, duration_sec: 5.2 }], "MODEL_INPUT_INVALID", {
      field: "duration_sec",
      clip_id: A1,
      limit: 5.04,
    }],
    [[{ clip_id: crypto.randomUUID() }], "NOT_FOUND"],
    [[A1, A2, B, A1].map((clip_id) => ({ clip_id })), "MODEL_INPUT_INVALID"],
  ];
  for (const [cut, code, details] of cases) {
    assert.throws(() => plan(cut), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, code, error.message);
      if (details !== undefined) assert.deepEqual(error.details, details);
      return true;
    });
  }
});
