/**
 * What there is in the end, read from the rows and the ledger rather than remembered.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import { StudioError } from "../../../shared/client/studio_error.ts";
import type { Project } from "../../../shared/contract/project.ts";
import type { Scene } from "../../../shared/contract/scene.ts";
import type { Database } from "../../../shared/database.types.ts";

/** One scene of a finished film. Names as in the rows. */
export interface SceneAccount {
  /** 1..N. */
  readonly index: number;
  /** The scene's own. */
  readonly title: string;
  /** What the narrator says. */
  readonly text: string;
  /** Its main picture. */
  readonly image_url: string;
  /** Its narration. */
  readonly audio_url: string;
  /** Seconds, measured. */
  readonly audio_duration_sec: number;
  /** Its clip. */
  readonly clip_url: string;
  /** Seconds, measured. */
  readonly clip_duration_sec: number;
  /** Charged for its picture, narration and clip, less what was given back. */
  readonly credits: number;
  /** Seconds from the script to its clip. */
  readonly seconds: number;
}

/** A finished film. */
export interface FilmAccount {
  /** Where everything is kept. */
  readonly project_id: string;
  /** The project's. */
  readonly title: string;
  /** Public URL, and seconds as measured. */
  readonly film: { readonly url: string; readonly duration_sec: number };
  /** In order. */
  readonly scenes: readonly SceneAccount[];
  /** Charged for everything, less what was given back. */
  readonly credits_charged: number;
  /** What the user has left. */
  readonly balance: number;
}

/** What is known from the making. */
export interface FilmMaking {
  /** As the script made it. */
  readonly project: Project;
  /** As the script made them. */
  readonly scenes: readonly Scene[];
  /** How many seconds each took, by its id. */
  readonly seconds: ReadonlyMap<string, number>;
}

/** Reads it with the user's own rights. Errors: {@link StudioError} when a row is missing or not ready. */
export async function readFilmAccount(
  supabase: SupabaseClient<Database>,
  { project, scenes, seconds }: FilmMaking,
): Promise<FilmAccount> {
  const ready = { project_id: project.id, status: "ready" };
  const answers = await Promise.all([
    supabase.from("image_assets").select("id, scene_id, url").match({ ...ready, is_main: true }),
    supabase.from("audio_clips").select("id, scene_id, url, duration_sec").match(ready),
    supabase.from("video_clips").select("id, scene_id, url, duration_sec").match(ready),
    supabase.from("films").select("url, duration_sec").match(ready),
    supabase.from("jobs").select("id, subject_id").eq("project_id", project.id),
    supabase.from("credit_entries").select("job_id, amount").not("job_id", "is", null),
    supabase.from("credit_accounts").select("balance"),
  ]);
  const images = rowsOf(answers[0]);
  const audios = rowsOf(answers[1]);
  const clips = rowsOf(answers[2]);
  const film = present(rowsOf(answers[3])[0], "film");
  const jobs = new Map(rowsOf(answers[4]).map((job) => [job.id, job.subject_id]));
  const spent = rowsOf(answers[5]).filter((entry) => jobs.has(entry.job_id ?? ""));
  const sum = (entries: typeof spent) => entries.reduce((total, entry) => total - entry.amount, 0);

  return {
    project_id: project.id,
    title: project.title,
    film: { url: present(film.url, "film"), duration_sec: present(film.duration_sec, "film") },
    scenes: scenes.map((scene) => {
      const what = `scene ${scene.index}`;
      const ofScene = (row: { readonly scene_id: string | null }) => row.scene_id === scene.id;
      const image = present(images.find(ofScene), `picture of ${what}`);
      const audio = present(audios.find(ofScene), `narration of ${what}`);
      const clip = present(clips.find(ofScene), `clip of ${what}`);
      const assets: readonly unknown[] = [image.id, audio.id, clip.id];
      return {
        index: scene.index,
        title: scene.title,
        text: scene.text,
        image_url: present(image.url, what),
        audio_url: present(audio.url, what),
        audio_duration_sec: present(audio.duration_sec, what),
        clip_url: present(clip.url, what),
        clip_duration_sec: clip.duration_sec,
        credits: sum(spent.filter((entry) => assets.includes(jobs.get(entry.job_id ?? "")))),
        seconds: seconds.get(scene.id) ?? 0,
      };
    }),
    credits_charged: sum(spent),
    balance: present(rowsOf(answers[6])[0], "account").balance,
  };
}

function rowsOf<Row>(
  answer: { readonly data: Row[]; readonly error: null } | {
    readonly data: null;
    readonly error: { readonly message: string };
  },
): Row[] {
  if (answer.error === null) return answer.data;
  throw new StudioError("INTERNAL", answer.error.message, { cause: answer.error });
}

function present<Value>(value: Value | null | undefined, what: string): Value {
  if (value !== null && value !== undefined) return value;
  throw new StudioError("INTERNAL", `Cannot read the ${what}: its row is not there`);
}
