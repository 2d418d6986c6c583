/**
 * Pictures and clips of the shots.
 *
 * @module
 */
import type { FrameContext, StudioContext } from "../database/studio_context.ts";
import { type AssetPlan, planPicture, planShot } from "./asset_plans.ts";
import type { FilmContext } from "./film_context.ts";
import { isBrought, isStillValid } from "./still_valid.ts";
import type { Step } from "./step.ts";
import { wantUnrefused } from "./want_unrefused.ts";
import type { FittedShot } from "./want_frames.ts";

type Picture = StudioContext["images"][number];
type Clip = StudioContext["video_clips"][number];

/** What is there, by the shot's id. */
export interface Parts<Part> {
  /** True: every shot has one. */
  readonly isWhole: boolean;
  /** By the shot's id. */
  readonly byFrame: ReadonlyMap<string, Part>;
}

/** Wants a picture for each shot. */
export function wantPictures(step: Step, film: FilmContext): Parts<Picture> {
  const { state } = film;
  return wantEach(step, film, {
    name: "image",
    weight: 2,
    plan: (frame, isMild) =>
      planPicture(film, {
        frame,
        cast: frame.character_ids.flatMap((id) =>
          state.characters.find((character) => character.id === id) ?? []
        ),
        images: state.images,
        isMild,
      }),
    chosen: (frame) => state.images.find(({ id }) => id === frame.image_id),
    made: (frame) => state.images.filter((image) => image.frame_id === frame.id),
  });
}

/** Wants a clip for each shot that has its picture. */
export function wantClips(
  step: Step,
  film: FilmContext,
  { pictures, fitted }: {
    readonly pictures: ReadonlyMap<string, Picture>;
    readonly fitted: ReadonlyMap<string, FittedShot>;
  },
): Parts<Clip> {
  const clips = film.state.video_clips;
  return wantEach(step, film, {
    name: "video",
    weight: 6,
    plan: (frame, isMild) => {
      const picture = pictures.get(frame.id);
      const clipSeconds = fitted.get(frame.id)?.clipSeconds;
      return picture === undefined || clipSeconds === undefined
        ? null
        : planShot(film, { frame, picture, clipSeconds, isMild });
    },
    chosen: (frame) => clips.find(({ id }) => id === frame.video_clip_id),
    made: (frame) => clips.filter((clip) => clip.frame_id === frame.id),
  });
}

interface Wanted<Part> {
  readonly name: "image" | "video";
  readonly weight: number;
  /** Null: what it is made from is not there yet. */
  plan(frame: FrameContext, isMild: boolean): AssetPlan | null;
  /** What the shot names as its own. */
  chosen(frame: FrameContext): Part | undefined;
  /** Whatever was made for the shot. */
  made(frame: FrameContext): readonly Part[];
}

function wantEach<Part extends Picture | Clip>(
  step: Step,
  { state }: FilmContext,
  wanted: Wanted<Part>,
): Parts<Part> {
  const byFrame = new Map<string, Part>();
  for (const frame of state.frames) {
    const part = wantOne(step, frame, wanted);
    if (part !== undefined) byFrame.set(frame.id, part);
  }
  return { isWhole: byFrame.size === state.frames.length, byFrame };
}

/**
 * Gives the part when it is there: what the user brought along, else what was made from the same, in either wording
 * (what was refused once is not asked for again after its milder twin was made).
 */
function wantOne<Part extends Picture | Clip>(
  step: Step,
  frame: FrameContext,
  { name, weight, plan, chosen, made }: Wanted<Part>,
): Part | undefined {
  const own = chosen(frame);
  if (own !== undefined && isBrought(own, frame)) {
    step.count(weight, true);
    return own;
  }
  const first = plan(frame, false);
  const milder = plan(frame, true);
  if (first === null || milder === null) {
    step.count(weight, false);
    return undefined;
  }
  for (const { hash } of [first, milder]) {
    const part = own !== undefined && isStillValid(own, hash)
      ? own
      : made(frame).find((one) => one.input_hash === hash);
    if (part !== undefined) {
      step.count(weight, true);
      return part;
    }
  }
  wantUnrefused(step, { prefix: `${name}:${frame.id}`, weight, first, milder });
  return undefined;
}
