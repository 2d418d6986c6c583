/**
 * What there is in the end, read from the rows and the ledger rather than remembered.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import { StudioError } from "../../../shared/client/studio_error.ts";
import type { Database } from "../../../shared/database.types.ts";
import { readCast } from "./cast.ts";
import type {
  CharacterAccount,
  FilmAccount,
  SceneAccount,
  ShotAccount,
} from "./film_account_types.ts";
import { readChildKey } from "./film_parts.ts";
import { type ProductionLook, rowsOf } from "./production_look.ts";

/**
 * Reads what a production that has ended well made, with the user's own rights. Errors: {@link StudioError}
 * when there is no project or no account to see.
 */
export async function readFilmAccount(
  supabase: SupabaseClient<Database>,
  look: ProductionLook,
): Promise<FilmAccount> {
  const { project, job } = look;
  if (project === null) {
    throw new StudioError("INTERNAL", "Cannot read the project: it is not there");
  }
  const rows = await readRows(supabase, project.id, job.id);
  const { jobs, entries, films } = rows;
  const subjects = new Map(jobs.map(({ id, subject_id }) => [id, subject_id]));
  const spent = entries.filter(({ job_id }) => subjects.has(job_id ?? ""));
  const sum = (some: typeof spent) => some.reduce((total, { amount }) => total - amount, 0);
  /** What was charged for the assets of some, less what was given back. */
  const creditsOf = (assetIds: readonly string[]) =>
    sum(spent.filter(({ job_id }) => assetIds.includes(subjects.get(job_id ?? "") ?? "")));
  const balance = rows.accounts[0]?.balance;
  if (balance === undefined) throw new StudioError("INTERNAL", "Cannot read the account's balance");
  const film = films.find(({ id }) => id === resultOf(job, "film_id"));
  return {
    project_id: project.id,
    job_id: job.id,
    title: project.title,
    film: film?.url == null || film.duration_sec === null
      ? null
      : { url: film.url, duration_sec: film.duration_sec },
    scenes: look.scenes.map((scene) => sceneAccount(scene, { look, rows, creditsOf })),
    characters: rows.cast.map((
      { id, name, description, voice_id, image_url },
    ): CharacterAccount => ({
      name,
      description,
      voice_id,
      image_url,
      credits: creditsOf(rows.images.filter((one) => one.character_id === id).map((one) => one.id)),
    })),
    credits_charged: sum(spent),
    balance,
  };
}

type Rows = Awaited<ReturnType<typeof readRows>>;

async function readRows(supabase: SupabaseClient<Database>, projectId: string, jobId: string) {
  const mine = { project_id: projectId };
  const [frames, appearances, images, audios, clips, films, jobs, entries, accounts, cast] =
    await Promise.all([
      supabase.from("frames").select("id, scene_id, index, image_id, video_clip_id, duration_sec")
        .match(mine).order("index"),
      supabase.from("frame_characters").select("frame_id, character_id").match(mine),
      supabase.from("image_assets").select("id, scene_id, character_id, url").match(mine),
      supabase.from("audio_clips").select("id, scene_id, url, duration_sec, status").match(mine)
        .order("created_at", { ascending: false }),
      supabase.from("video_clips").select("id, scene_id, url, duration_sec").match(mine),
      supabase.from("films").select("id, url, duration_sec").match(mine),
      supabase.from("jobs").select("id, subject_id")
        .or(`project_id.eq.${projectId},parent_id.eq.${jobId}`),
      supabase.from("credit_entries").select("job_id, amount").not("job_id", "is", null),
      supabase.from("credit_accounts").select("balance"),
      readCast({ supabase }, projectId),
    ]);
  return {
    frames: rowsOf(frames),
    appearances: rowsOf(appearances),
    images: rowsOf(images),
    audios: rowsOf(audios),
    clips: rowsOf(clips),
    films: rowsOf(films),
    jobs: rowsOf(jobs),
    entries: rowsOf(entries),
    accounts: rowsOf(accounts),
    cast,
  };
}

function sceneAccount(
  scene: ProductionLook["scenes"][number],
  { look, rows, creditsOf }: {
    readonly look: ProductionLook;
    readonly rows: Rows;
    readonly creditsOf: (assetIds: readonly string[]) => number;
  },
): SceneAccount {
  const ofScene = (row: { readonly scene_id: string | null }) => row.scene_id === scene.id;
  const frames = rows.frames.filter(ofScene);
  const shots = frames.map((frame) => shotAccount(frame, rows));
  const audio = rows.audios.find((row) => ofScene(row) && row.status === "ready");
  const clipSeconds = shots.reduce((sum, shot) => sum + (shot.clip_duration_sec ?? 0), 0);
  return {
    index: scene.index,
    title: scene.title,
    text: scene.text,
    image_url: shots[0]?.image_url ?? null,
    audio_url: audio?.url ?? null,
    audio_duration_sec: audio?.duration_sec ?? null,
    clip_url: shots[0]?.clip_url ?? null,
    clip_duration_sec: clipSeconds === 0 ? null : clipSeconds,
    shots,
    credits: creditsOf(
      [...rows.images, ...rows.audios, ...rows.clips].filter(ofScene).map(({ id }) => id),
    ),
    seconds: secondsOf(look, new Set([scene.id, ...frames.map(({ id }) => id)])),
  };
}

function shotAccount(frame: Rows["frames"][number], rows: Rows): ShotAccount {
  const clip = rows.clips.find(({ id }) => id === frame.video_clip_id);
  const cast = new Set(
    rows.appearances.filter(({ frame_id }) => frame_id === frame.id).map((one) => one.character_id),
  );
  return {
    index: frame.index,
    characters: rows.cast.filter(({ id }) => cast.has(id)).map(({ name }) => name),
    image_url: rows.images.find(({ id }) => id === frame.image_id)?.url ?? null,
    clip_url: clip?.url ?? null,
    clip_duration_sec: clip?.duration_sec ?? null,
    shown_sec: frame.duration_sec,
  };
}

/** From the script to the end of the last child that belongs to one of these, in seconds. */
function secondsOf({ job, children }: ProductionLook, ownerIds: ReadonlySet<string>): number {
  const script = children.find(({ child_key }) => readChildKey(child_key)?.part === "script");
  const startMs = Date.parse(script?.finished_at ?? job.created_at);
  const ends = children.filter(({ child_key }) =>
    ownerIds.has(readChildKey(child_key)?.ownerId ?? "")
  ).map(({ finished_at }) => finished_at === null ? startMs : Date.parse(finished_at));
  return Math.max(0, Math.max(startMs, ...ends) - startMs) / 1000;
}

function resultOf({ result }: ProductionLook["job"], name: string): unknown {
  return typeof result === "object" && result !== null && !Array.isArray(result)
    ? result[name]
    : undefined;
}
