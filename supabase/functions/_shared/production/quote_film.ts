/**
 * What a film will be and cost, before it begins: the same parts that a production will want, those that are
 * there and still valid left out.
 *
 * @module
 */
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { FILM_STAGES, type FilmStage } from "../../../../shared/contract/statuses.ts";
import { assertAtMost, chooseModel, limitsOf } from "../catalogue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { creditsFor, type PricedJob, quoteJobs } from "../plans/quote.ts";
import { planNarration } from "./asset_plans.ts";
import { type FilmContext, filmContext } from "./film_context.ts";
import type { ProductionPayload } from "./payload.ts";
import { fitScenes, type FittedScene } from "./fit.ts";
import { sceneShots } from "./scene_shots.ts";
import { clipsOfScene } from "./shots.ts";
import { sceneTextChars } from "./speech_rate.ts";
import type { ProductionState } from "./state.ts";
import { isBrought } from "./still_valid.ts";
import { Step } from "./step.ts";
import { fitFrames, misfit } from "./want_frames.ts";
import { wantFilm } from "./want_film.ts";
import { narrationOf } from "./want_narration.ts";
import { wantClips, wantPictures } from "./want_shots.ts";

/** A film is within 5 % of the length that was asked for. */
const LONGEST_SHARE = 1.05;

/** A plan, and what its clips are worth. */
export interface FilmQuote {
  /** What the user is told. */
  readonly plan: FilmPlan;
  /** Credits for the clips of all shots, those that were made too; none for those that the user brought along. */
  readonly clipCredits: number;
}

/**
 * Prices a film. Errors: `MODEL_*` (retired: something of it is to be bought), `PLAN_DOES_NOT_FIT` when narration
 * is there and too long.
 */
export function quoteFilm(state: ProductionState, payload: ProductionPayload): FilmQuote {
  const { wish } = payload;
  const { project } = state;
  const jobs: PricedJob[] = [];
  const reaches = (stage: FilmStage) =>
    FILM_STAGES.indexOf(payload.stop_at) >= FILM_STAGES.indexOf(stage);
  const write = (kind: PricedJob["kind"]) =>
    jobs.push({ kind, model_id: wish.script_model, units: 1 });

  if (project === null) write("script");
  const hasScenes = project !== null && state.scenes.length > 0 && payload.rewrite_scenes !== true;
  const now = filmContext(state, payload, project ?? VIRTUAL_PROJECT);
  const film = hasScenes ? withSceneShots(now) : now;
  if (project !== null && !hasScenes && reaches("scenes")) write("scenes");
  const sceneCount = hasScenes ? state.scenes.length : wish.scene_count;
  const shotsOf = (at: number) => shotsOfScene(film, hasScenes ? state.scenes[at] : undefined);
  const plannedShots = Array.from({ length: sceneCount }, (_, at) => shotsOf(at));

  if (reaches("characters")) quoteCast(film, jobs, write);
  const bareCount = plannedShots.filter((shots) => shots.every(({ frame }) => frame === undefined));
  const needsWriter = wish.character_count > 0 ||
    bareCount.some((shots) => shots.length > 1);
  if (reaches("frames") && bareCount.length > 0 && needsWriter) write("frames");
  if (reaches("audio")) quoteNarration(film, { jobs, sceneCount, hasScenes });

  if (reaches("images") && !hasScenes) assertPlanFits(film, plannedShots);
  const made = hasScenes && reaches("images") ? madeShots(film) : NOTHING_MADE;
  let clipCredits = 0;
  const shots = plannedShots.flatMap((scene, at) =>
    scene.map(({ frame, clipSeconds: planned, shownSeconds }, shot) => {
      const id = frame?.id ?? "";
      const { clipSeconds = planned, isFixed = false } = made.fitted[at]?.shots[shot] ?? {};
      if (!isFixed) clipCredits += creditsFor(film.video.price, clipSeconds);
      const buysPicture = reaches("images") && !made.pictures.has(id);
      const buysClip = reaches("videos") && !made.clips.has(id);
      if (buysPicture) jobs.push({ kind: "image", model_id: wish.image_model, units: 1 });
      if (buysClip) jobs.push({ kind: "video", model_id: wish.video_model, units: clipSeconds });
      return {
        scene: at + 1,
        shot: shot + 1,
        shown_sec: shownSeconds,
        clip_sec: clipSeconds,
        image_credits: buysPicture ? creditsFor(film.image.price, 1) : 0,
        clip_credits: buysClip ? creditsFor(film.video.price, clipSeconds) : 0,
      };
    })
  );
  const cut = state.models.find((model) => model.kind === "film" && model.is_default);
  if (reaches("film") && cut !== undefined && !made.isCut) {
    assertAtMost(cut, "shots", { count: shots.length, limit: limitsOf(cut).max_clips });
    if (wish.music !== undefined) {
      assertAtMost(cut, "music", {
        // What comes may be as much longer than what was asked for.
        count: Math.ceil(wish.target_length * LONGEST_SHARE),
        limit: limitsOf(cut).max_music_sec,
      });
    }
    jobs.push({ kind: "film", model_id: cut.id, units: 1 });
  }
  const { target_length } = wish;
  const plan = { target_length, scene_count: sceneCount, shots, ...total(film, jobs) };
  return { plan, clipCredits };
}

/** With the shots that no writer is asked for: they will be there before anything is bought. */
function withSceneShots(film: FilmContext): FilmContext {
  const { state } = film;
  const { scenes } = state;
  const added = (sceneShots(film) ?? []).flatMap((shot) =>
    scenes.filter(({ id }) => id === shot.scene_id)
      .map((scene) => ({ ...scene, ...shot, duration_sec: null }))
  );
  const all = [...state.frames, ...added];
  const frames = scenes.flatMap(({ id }) => all.filter(({ scene_id }) => scene_id === id));
  return { ...film, state: { ...state, frames } };
}

/** Prices jobs by their models, and adds up how long one after the other takes. */
function total({ state }: FilmContext, jobs: readonly PricedJob[]) {
  // A model that is gone is in nobody's way until something would be bought of it.
  for (const { model_id } of jobs) {
    if (model_id !== null) chooseModel(state.models, { asked: model_id });
  }
  const { items, credits } = quoteJobs(state.models, jobs);
  const groups = new Map<string, FilmPlan["items"][number]>();
  for (const { kind, model_id, provider, unit, units, credits, typical_sec } of items) {
    const key = `${kind} ${model_id}`;
    const known = groups.get(key);
    groups.set(key, {
      kind,
      model_id,
      provider,
      unit,
      typical_sec,
      count: (known?.count ?? 0) + 1,
      units: Math.round(((known?.units ?? 0) + units) * 1000) / 1000,
      credits: (known?.credits ?? 0) + credits,
    });
  }
  // What is of one kind runs side by side, the kinds one after another: narration beside the cast.
  const times = new Map<string, number>();
  for (const { kind, typical_sec } of items) {
    times.set(kind, Math.max(times.get(kind) ?? 0, typical_sec));
  }
  const typical = [...times.values()].reduce((sum, seconds) => sum + seconds, 0);
  return { items: [...groups.values()], credits, typical_sec: Math.round(typical) };
}

interface PlannedShot {
  /** Undefined: not written yet. */
  readonly frame: StudioContext["frames"][number] | undefined;
  readonly clipSeconds: number;
  readonly shownSeconds: number;
}

function shotsOfScene(
  { state, wish, durations }: FilmContext,
  scene: StudioContext["scenes"][number] | undefined,
): PlannedShot[] {
  const seconds = wish.target_length /
    (scene === undefined ? wish.scene_count : state.scenes.length);
  const frames = state.frames.filter((frame) => frame.scene_id === scene?.id);
  const shots = frames.length || wish.shots_per_scene;
  const clips = clipsOfScene(seconds, { durations, shots });
  const count = frames.length || clips.length;
  return Array.from({ length: count }, (_, at) => ({
    frame: frames[at],
    clipSeconds: clips[at] ?? clips.at(-1) ?? 5,
    shownSeconds: frames[at]?.duration_sec ?? Math.round(seconds / count * 1000) / 1000,
  }));
}

function quoteCast(
  { state, wish }: FilmContext,
  jobs: PricedJob[],
  write: (kind: "characters") => void,
): void {
  const missing = wish.character_count - state.characters.length;
  if (missing > 0) write("characters");
  const bare = state.characters.filter(({ image_id }) => image_id === null).length;
  for (let at = 0; at < bare + Math.max(0, missing); at++) {
    jobs.push({ kind: "image", model_id: wish.image_model, units: 1 });
  }
}

function quoteNarration(
  film: FilmContext,
  { jobs, sceneCount, hasScenes }: {
    readonly jobs: PricedJob[];
    readonly sceneCount: number;
    readonly hasScenes: boolean;
  },
): void {
  const { wish, speech, state, durations } = film;
  if (hasScenes) {
    for (const scene of state.scenes) {
      if (narrationOf(film, scene) === undefined) jobs.push(planNarration(film, scene).job);
    }
    return;
  }
  const units = sceneTextChars(wish, { durations, sceneCount }) / 1000;
  for (let at = 0; at < sceneCount; at++) jobs.push({ kind: "audio", model_id: speech.id, units });
}

/** More shots than the film has seconds are refused before anything is written. */
function assertPlanFits(film: FilmContext, scenes: readonly (readonly PlannedShot[])[]): void {
  const fit = fitScenes(
    scenes.map((shots) => ({
      narrationSeconds: 0,
      clipSeconds: shots.map(({ clipSeconds }) => clipSeconds),
    })),
    { targetSeconds: film.wish.target_length, durations: film.durations },
  );
  if (!fit.fits) throw misfit(film, fit);
}

type Picture = StudioContext["images"][number];

/** What is there and need not be bought, by the shots' ids. */
interface Made {
  readonly pictures: ReadonlySet<string>;
  readonly clips: ReadonlySet<string>;
  /** What is bought for each shot of each scene. */
  readonly fitted: readonly FittedScene[];
  /** Whether the film itself is there. */
  readonly isCut: boolean;
}

const NOTHING_MADE: Made = {
  pictures: new Set(),
  clips: new Set(),
  fitted: [],
  isCut: false,
};

/** Narration that is not spoken yet has no length: the clips are then those that are planned. */
function madeShots(film: FilmContext): Made {
  const { state } = film;
  const isSpoken = state.scenes.every((scene) => narrationOf(film, scene) !== undefined);
  const isBroken = state.scenes.every(({ id }) =>
    state.frames.some(({ scene_id }) => scene_id === id)
  );
  const pictures = madePictures(film);
  const { shots: fitted, scenes } = fitFrames(film);
  const { byFrame: clips, isWhole } = wantClips(new Step([]), film, { pictures, fitted });
  return {
    isCut: isSpoken && isBroken && isWhole && wantFilm(new Step([]), film, clips) !== null,
    pictures: new Set(pictures.keys()),
    clips: new Set(clips.keys()),
    fitted: scenes,
  };
}

/**
 * Pictures that stay. Of shots with somebody who has no reference picture yet those alone that the user brought
 * along: the others will be drawn after it.
 */
function madePictures(film: FilmContext): ReadonlyMap<string, Picture> {
  const { state } = film;
  const bare = new Set(
    state.characters.filter(({ image_id }) => image_id === null).map(({ id }) => id),
  );
  const waits = (frame: StudioContext["frames"][number]) =>
    frame.character_ids.some((id) => bare.has(id));
  const frames = state.frames.filter((frame) => !waits(frame));
  const made = wantPictures(new Step([]), { ...film, state: { ...state, frames } }).byFrame;
  const brought = state.frames.filter(waits).flatMap((frame) => {
    const own = state.images.find(({ id }) => id === frame.image_id);
    return own !== undefined && isBrought(own, frame) ? [[frame.id, own] as const] : [];
  });
  return new Map([...made, ...brought]);
}

/** Stands where the script has not made one yet: nothing of it has a price. */
const VIRTUAL_PROJECT: StudioContext["project"] = {
  id: "",
  user_id: "",
  title: "",
  description: "",
  platform: "youtube",
  category: "story",
  tone: "warm",
  target_length: 30,
  language: "en-US",
  status: "draft",
  budget_credits: null,
  deleted_at: null,
  created_at: "",
  updated_at: "",
};
