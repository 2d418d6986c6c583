/**
 * The whole way from a prompt to a film as any client goes it: operations over HTTP with the user's token,
 * and rows to watch. Nothing here knows that the stack is local.
 *
 * @module
 */
import type { JobRow, StudioClient } from "../../../shared/client/studio_client.ts";
import { StudioError } from "../../../shared/client/studio_error.ts";
import type { Project } from "../../../shared/contract/project.ts";
import type { Scene } from "../../../shared/contract/scene.ts";
import { FilmError, type FilmFailure, type FilmStage, JobFailed } from "./film_error.ts";
import { createJobWatch, type WaitForJob } from "./job_watch.ts";
import type { Progress } from "./progress.ts";
import { type FilmAccount, readFilmAccount } from "./film_account.ts";

/** What film is wanted. Whatever is absent, the studio chooses. */
export interface FilmWish {
  /** 1 to 5000 characters. */
  readonly prompt: string;
  /** 1 to 30. */
  readonly sceneCount?: number | undefined;
  /** Seconds. */
  readonly targetSeconds?: number | undefined;
  /** BCP 47 tag. */
  readonly language?: string | undefined;
  /** The narrator's, such as `ko-KR-Neural2-A`. */
  readonly voiceId?: string | undefined;
  /** The look of the pictures, in words. */
  readonly style?: string | undefined;
  /** Such as `youtube`, or `tiktok` for upright pictures. */
  readonly platform?: string | undefined;
  /** Such as `warm`. */
  readonly tone?: string | undefined;
  /** Id of the catalogue. */
  readonly imageModel?: string | undefined;
  /** Id of the catalogue. */
  readonly videoModel?: string | undefined;
}

/** How far a part of a film is: of all scenes, or of 1. */
export interface FilmProgress extends Progress {
  /** Which part. */
  readonly stage: FilmStage;
}

/** How it is made. */
export interface MakeFilmOptions {
  /** Told of each thing that begins or is ready. */
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Told once the script is there. */
  readonly onScript?: (
    script: { readonly project: Project; readonly scenes: readonly Scene[] },
  ) => void;
  /** Stops the client; what has been asked for goes on at the studio. */
  readonly signal?: AbortSignal;
  /** Between looks at jobs; see {@link createJobWatch}. */
  readonly intervalMs?: number;
}

/**
 * Makes a film. A scene's clip is asked for as soon as its picture and its narration are ready, because a
 * clip's length follows the narration's.
 *
 * After a failure nothing more is begun, and what had been begun is waited for: it is paid and kept.
 * Errors: {@link FilmError} with every failure; the signal's reason when it was aborted.
 */
export async function makeFilm(
  studio: StudioClient,
  wish: FilmWish,
  options: MakeFilmOptions = {},
): Promise<FilmAccount> {
  const making: Making = {
    studio,
    wish,
    wait: createJobWatch((ids) => studio.jobs(ids), options),
    failures: [],
    call: options.signal === undefined ? {} : { signal: options.signal },
    counts: new Map(),
    onProgress: options.onProgress ?? (() => {}),
  };
  const script = await attempt(making, "script", null, () => writeScript(making));
  if (script === undefined) throw new FilmError(making.failures, null);
  options.onScript?.(script);

  const seconds = await renderScenes(making, script);
  const isFilmed = making.failures.length === 0 &&
    await attempt(making, "film", null, () => cutFilm(making, script.project.id)) !== undefined;
  options.signal?.throwIfAborted();
  if (!isFilmed) throw new FilmError(making.failures, script.project.id);
  return await readFilmAccount(studio.supabase, { ...script, seconds });
}

interface Making {
  readonly studio: StudioClient;
  readonly wish: FilmWish;
  readonly wait: WaitForJob<JobRow>;
  readonly failures: FilmFailure[];
  readonly call: { readonly signal?: AbortSignal };
  readonly counts: Map<FilmStage, { done: number; readonly total: number }>;
  readonly onProgress: (progress: FilmProgress) => void;
}

interface Script {
  readonly project: Project;
  readonly scenes: readonly Scene[];
}

async function writeScript(making: Making): Promise<Script> {
  const { studio, wish, call } = making;
  begin(making, "script", 1);
  const script = await studio.call("generate-script", {
    prompt: wish.prompt,
    options: {
      scene_count: wish.sceneCount,
      target_length: wish.targetSeconds,
      language: wish.language,
      platform: wish.platform,
      tone: wish.tone,
    },
  }, call);
  advance(making, "script");
  return script;
}

/** Pictures, narration and clips of all scenes. Gives how long each scene took, by its id, in seconds. */
async function renderScenes(
  making: Making,
  { project, scenes }: Script,
): Promise<Map<string, number>> {
  const { studio, wish, call } = making;
  const startedAtMs = performance.now();
  const seconds = new Map<string, number>();
  for (const stage of ["narration", "images", "clips"] as const) {
    begin(making, stage, scenes.length);
  }

  const speaking = attempt(
    making,
    "narration",
    null,
    () => studio.call("generate-audio", { project_id: project.id, voice_id: wish.voiceId }, call),
  );
  const speak = async (scene: Scene) => {
    const spoken = await speaking;
    const at = spoken?.audio_clips.findIndex((clip) => clip.scene_id === scene.id) ?? -1;
    const job = spoken?.jobs[at];
    return job === undefined ? undefined : await finish(making, "narration", job.id);
  };
  const draw = async (scene: Scene) => {
    const { job } = await studio.call("generate-image", {
      scene_id: scene.id,
      style_prompt: wish.style,
      model: wish.imageModel,
    }, call);
    return await finish(making, "images", job.id);
  };
  const animate = async (scene: Scene) => {
    const { jobs } = await studio.call("generate-video", {
      project_id: project.id,
      scene_ids: [scene.id],
      model: wish.videoModel,
    }, call);
    for (const job of jobs) await finish(making, "clips", job.id);
  };

  await Promise.all(scenes.map(async (scene) => {
    const [drawn, spoken] = await Promise.all([
      attempt(making, "images", scene, () => draw(scene)),
      attempt(making, "narration", scene, () => speak(scene)),
    ]);
    if (drawn === undefined || spoken === undefined || making.failures.length > 0) return;
    await attempt(making, "clips", scene, () => animate(scene));
    seconds.set(scene.id, (performance.now() - startedAtMs) / 1000);
  }));
  return seconds;
}

async function cutFilm(making: Making, projectId: string): Promise<JobRow> {
  begin(making, "film", 1);
  const { job } = await making.studio.call("stitch-video", { project_id: projectId }, making.call);
  return await finish(making, "film", job.id);
}

/** Waits for a job. Throws {@link JobFailed} when it ended badly. */
async function finish(making: Making, stage: FilmStage, jobId: string): Promise<JobRow> {
  const job = await making.wait(jobId);
  if (job.state !== "succeeded") throw new JobFailed(job);
  advance(making, stage);
  return job;
}

/** Runs one step; a failure of the studio's is noted and gives `undefined`, one of ours is thrown on. */
async function attempt<Result>(
  making: Making,
  stage: FilmStage,
  scene: Scene | null,
  step: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await step();
  } catch (error) {
    making.call.signal?.throwIfAborted();
    if (!(error instanceof StudioError) && !(error instanceof JobFailed)) throw error;
    making.failures.push({ stage, scene, code: error.code, message: error.message });
    return undefined;
  }
}

function begin({ counts, onProgress }: Making, stage: FilmStage, total: number): void {
  counts.set(stage, { done: 0, total });
  onProgress({ stage, done: 0, total });
}

function advance({ counts, onProgress }: Making, stage: FilmStage): void {
  const count = counts.get(stage);
  if (count === undefined) return;
  count.done += 1;
  onProgress({ stage, ...count });
}
