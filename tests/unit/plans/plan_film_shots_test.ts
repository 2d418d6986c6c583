import assert from "node:assert/strict";
import type { StudioContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import type { FilmPayload } from "../../../supabase/functions/_shared/jobs/film_payload.ts";
import { planFilm } from "../../../supabase/functions/_shared/plans/plan_film.ts";
import { audioOf, clipOf, IDS, modelOf, sceneOf, studioOf } from "../../factories.ts";
import { frameOf } from "../../film_factories.ts";

const AT = "2026-11-21T09:00:00+00:00";
const OTHER_SCENE = crypto.randomUUID();
const [WIDE, CLOSE] = [
  frameOf({ id: crypto.randomUUID(), video_clip_id: "wide", duration_sec: 3.5 }),
  frameOf({ id: crypto.randomUUID(), index: 2, video_clip_id: "close", duration_sec: 6 }),
];
const wide = clipOf({ id: "wide", frame_id: WIDE.id });
const close = clipOf({ id: "close", frame_id: CLOSE.id });
const take = clipOf({ id: "take" });
const newer = clipOf({ id: "newer", frame_id: WIDE.id });
const theirs = clipOf({ id: "theirs", scene_id: OTHER_SCENE });

/** What is cut of a scene with these clips (the newest first) and shots: `id` or `id seconds`. */
function cutOf(clips: StudioContext["video_clips"], frames: StudioContext["frames"]): string[] {
  const studio = studioOf({
    models: [modelOf({ kind: "film", unit: "film", limits: { max_clips: 9 } })],
    scenes: [sceneOf()],
    frames,
    video_clips: clips,
    audio_clips: [audioOf({ id: IDS.image })],
  });
  const payload: unknown = planFilm(studio, { project_id: IDS.project }).payload;
  return (payload as FilmPayload).clips.map(({ clip_id, duration_sec, audio_clip_id }) => {
    assert.equal(audio_clip_id, IDS.image, "the scene is heard over all of its shots");
    return duration_sec === undefined ? clip_id : `${clip_id} ${duration_sec}`;
  });
}

const stale = (clip: typeof wide) => ({ ...clip, stale_at: AT });
const CASES: readonly [
  what: string,
  clips: StudioContext["video_clips"],
  frames: StudioContext["frames"],
  cut: string[],
][] = [
  ["its newest clip where there are no shots", [take, wide], [], ["take"]],
  ["a fresh clip before a stale one", [stale(take), wide], [], ["wide"]],
  ["a stale clip where there is no other", [stale(take)], [], ["take"]],
  ["its shots in their order, as long as shown", [close, wide], [WIDE, CLOSE], [
    "wide 3.5",
    "close",
  ]],
  ["its shots though one take of it is newer", [take, close, wide], [WIDE, CLOSE], [
    "wide 3.5",
    "close",
  ]],
  ["the clip that the shot names", [newer, close, wide], [WIDE, CLOSE], ["wide 3.5", "close"]],
  ["a fresh clip of the shot for a stale one that it names", [newer, close, stale(wide)], [
    WIDE,
    CLOSE,
  ], ["newer 3.5", "close"]],
  ["another scene's clip that the shot names", [theirs, close, wide], [
    { ...WIDE, video_clip_id: "theirs" },
    CLOSE,
  ], ["theirs 3.5", "close"]],
  [
    "its shots, one of them stale, before an older take",
    [stale(close), wide, take],
    [WIDE, CLOSE],
    [
      "wide 3.5",
      "close",
    ],
  ],
  ["a newer take of the scene for shots that are stale", [take, stale(close), wide], [
    WIDE,
    CLOSE,
  ], ["take"]],
  ["stale shots rather than one of them", [stale(close), stale(wide)], [WIDE, CLOSE], [
    "wide 3.5",
    "close",
  ]],
  ["its newest clip where a shot has none", [wide, take], [WIDE, CLOSE], ["wide"]],
  ["a newer take for its one shot", [take, wide], [WIDE], ["take"]],
  ["its one shot when the take is older", [wide, take], [WIDE], ["wide 3.5"]],
  ["all of a clip whose shot is not fitted", [wide], [{ ...WIDE, duration_sec: null }], ["wide"]],
];

for (const [what, clips, frames, cut] of CASES) {
  Deno.test(`planFilm() cuts of a scene: ${what}`, () => {
    assert.deepEqual(cutOf(clips, frames), cut);
  });
}
