/**
 * What the command says at the end.
 *
 * @module
 */
import Table from "cli-table3";
import type { FilmAccount, SceneAccount } from "./film_account_types.ts";
import type { FilmFile } from "./film_file.ts";
import { formatCast } from "./format_cast.ts";

/** A finished command. */
export interface FilmResult {
  /** What was made, and for how much. */
  readonly account: FilmAccount;
  /** Where it is. Null: it was to stop before the film. */
  readonly file: FilmFile | null;
  /** Seconds from the command's start to the film on disk. */
  readonly seconds: number;
}

/** Long titles are cut here, so that the table fits 100 columns. */
const TITLE_CHARS = 34;

/** The result for people. `startAgain`: the command that brings the stack back; null when it goes on. */
export function formatReport(
  { account, file, seconds }: FilmResult,
  { startAgain }: { readonly startAgain: string | null },
): string {
  const { characters, film } = account;
  return [
    ...(account.scenes.length === 0 ? [] : [formatScenes(account.scenes)]),
    ...(characters.length === 0 ? [] : [formatCast(characters)]),
    `"${account.title}"`,
    ...(film === null || file === null
      ? [`Project  ${account.project_id}: no film yet, as asked`]
      : [
        `Film     ${file.path}: ${film.duration_sec.toFixed(1)} s, ${file.width}×${file.height}, ${
          (file.sizeBytes / 1e6).toFixed(1)
        } MB`,
        `URL      ${film.url}`,
      ]),
    `Credits  ${account.credits_charged} charged, script and cut included; ${account.balance} left`,
    `Time     ${seconds.toFixed(1)} s in all`,
    ...(film === null ? [] : [
      startAgain === null
        ? `To look at it: open ${film.url}`
        : `To look at everything again: ${startAgain}, then open ${film.url}`,
    ]),
  ].join("\n");
}

/** The result for programs: one JSON object. */
export function formatJson({ account, file, seconds }: FilmResult): string {
  const { project_id, job_id, film, characters, scenes, credits_charged } = account;
  return JSON.stringify(
    {
      project_id,
      job_id,
      film: film === null ? null : { path: file?.path ?? null, ...film },
      characters,
      scenes: scenes.map((scene) => ({ ...scene, seconds: round(scene.seconds) })),
      credits_charged,
      seconds: round(seconds),
    },
    null,
    2,
  );
}

function formatScenes(scenes: readonly SceneAccount[]): string {
  const table = new Table({
    head: ["Scene", "Title", "Shots", "Narration s", "Clip s", "Credits", "Waited s"],
    colAligns: ["right", "left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const scene of scenes) {
    table.push([
      scene.index,
      shorten(scene.title),
      scene.shots.length,
      scene.audio_duration_sec?.toFixed(1) ?? "–",
      scene.clip_duration_sec?.toFixed(1) ?? "–",
      scene.credits,
      scene.seconds.toFixed(1),
    ]);
  }
  return table.toString();
}

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= TITLE_CHARS
    ? text
    : `${characters.slice(0, TITLE_CHARS - 1).join("")}…`;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
