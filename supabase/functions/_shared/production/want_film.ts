/**
 * The cut.
 *
 * @module
 */
import { z } from "zod";
import { type HeardMusic, heardMusic } from "../../../../shared/contract/music.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { planFilm } from "../plans/plan_film.ts";
import type { FilmContext } from "./film_context.ts";
import { inputHash } from "./input_hash.ts";
import type { ProductionState } from "./state.ts";
import type { Step } from "./step.ts";
import { narrationOf } from "./want_narration.ts";

type Film = ProductionState["films"][number];

/** Times in films are measured: a frame's difference is the same cut. */
const SAME_SECONDS = 0.1;

/** Wants the film of these clips. Gives it when it is there: the same cut is not made twice. */
export function wantFilm(
  step: Step,
  film: FilmContext,
  clips: ReadonlyMap<string, StudioContext["video_clips"][number]>,
): Film | null {
  const { state, project, wish } = film;
  const shots = state.frames.flatMap((frame) => {
    const clip = clips.get(frame.id);
    return clip === undefined ? [] : [{
      clip_id: clip.id,
      scene_id: frame.scene_id,
      // What came may be a frame shorter than what was bought.
      duration_sec: Math.min(frame.duration_sec ?? clip.duration_sec, clip.duration_sec),
      audio: true,
    }];
  });
  const audioClips = state.scenes.flatMap((scene) => narrationOf(film, scene) ?? []);
  const { settings } = state;
  if (settings === null) throw new Error("The account is gone");
  const job = planFilm(
    {
      ...state,
      project,
      settings,
      balance: 0,
      audio_clips: audioClips,
      models: state.models.filter(({ kind }) => kind === "film"),
    },
    {
      project_id: project.id,
      cut: shots,
      ...(wish.music === undefined ? {} : { music: wish.music }),
    },
  );
  const key = `film:${inputHash(job.model_id ?? "", job.payload).slice(0, 16)}`;
  const ownId = step.find(key)?.subject_id;
  const made = state.films.find((candidate) =>
    candidate.id === ownId ||
    isSameCut(candidate.cut, shots, new Set(audioClips.map(({ id }) => id))) &&
      isSameMusic(candidate.cut, wish.music)
  );
  if (made !== undefined) {
    step.count(1, true);
    return made;
  }
  step.want(key, 1, () => job);
  return null;
}

/** Tells whether a film has this music, or none as well. The same file is the same music, wherever it came from. */
function isSameMusic(cut: Film["cut"], wanted: HeardMusic | undefined): boolean {
  const [first] = Array.isArray(cut) ? cut : [];
  const heard = z.object({ music: heardMusic.optional() }).safeParse(first).data?.music;
  if (heard === undefined || wanted === undefined) return heard === wanted;
  const isSameFile = wanted.sha256 === null
    ? heard.url === wanted.url
    : heard.sha256 === wanted.sha256;
  return isSameFile && heard.gain_db === wanted.gain_db;
}

/** Tells whether a film shows these clips for these times, with narration that is still what is said. */
function isSameCut(
  cut: Film["cut"],
  shots: readonly { readonly clip_id: string; readonly duration_sec: number }[],
  narration: ReadonlySet<string>,
): boolean {
  if (!Array.isArray(cut) || cut.length !== shots.length) return false;
  const heard = new Set<unknown>();
  const isSame = cut.every((entry, at) => {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return false;
    const { clip_id, audio_clip_id, duration_sec } = entry;
    if (audio_clip_id !== null) heard.add(audio_clip_id);
    const shot = shots[at];
    return clip_id === shot?.clip_id && typeof duration_sec === "number" &&
      Math.abs(duration_sec - (shot?.duration_sec ?? 0)) < SAME_SECONDS;
  });
  return isSame && heard.size === narration.size &&
    [...heard].every((id) => typeof id === "string" && narration.has(id));
}
