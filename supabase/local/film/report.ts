/**
 * What the command says at the end.
 *
 * @module
 */
import Table from "cli-table3";
import type { FilmAccount } from "./film_account.ts";
import type { FilmError } from "./film_error.ts";
import type { FilmFile } from "./film_file.ts";

/** A finished command. */
export interface FilmResult {
  /** What was made, and for how much. */
  readonly account: FilmAccount;
  /** Where it is. */
  readonly file: FilmFile;
  /** Seconds from the command's start to the film on disk. */
  readonly seconds: number;
}

/** Long titles are cut here, so that the table fits 100 columns. */
const TITLE_CHARS = 40;

/** The result for people. `startAgain`: the command that brings the stack back; null when it goes on. */
export function formatReport(
  { account, file, seconds }: FilmResult,
  { startAgain }: { readonly startAgain: string | null },
): string {
  const table = new Table({
    head: ["Scene", "Title", "Narration s", "Clip s", "Credits", "Waited s"],
    colAligns: ["right", "left", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const scene of account.scenes) {
    table.push([
      scene.index,
      shorten(scene.title),
      scene.audio_duration_sec.toFixed(1),
      scene.clip_duration_sec.toFixed(1),
      scene.credits,
      scene.seconds.toFixed(1),
    ]);
  }
  const { url, duration_sec } = account.film;
  return [
    table.toString(),
    `"${account.title}"`,
    `Film     ${file.path}: ${duration_sec.toFixed(1)} s, ${file.width}×${file.height}, ${
      (file.sizeBytes / 1e6).toFixed(1)
    } MB`,
    `URL      ${url}`,
    `Credits  ${account.credits_charged} charged, script and cut included; ${account.balance} left`,
    `Time     ${seconds.toFixed(1)} s in all`,
    startAgain === null
      ? `To look at it: open ${url}`
      : `To look at everything again: ${startAgain}, then open ${url}`,
  ].join("\n");
}

/** The result for programs: one JSON object. */
export function formatJson({ account, file, seconds }: FilmResult): string {
  const { project_id, film, scenes, credits_charged } = account;
  return JSON.stringify(
    {
      project_id,
      film: { path: file.path, ...film },
      scenes: scenes.map((scene) => ({ ...scene, seconds: round(scene.seconds) })),
      credits_charged,
      seconds: round(seconds),
    },
    null,
    2,
  );
}

/** Why there is no film: a line for each failure, then what is left. */
export function formatFailure({ failures, projectId }: FilmError): string {
  return [
    ...failures.map(({ stage, scene, code, message }) =>
      `${stage}${
        scene === null ? "" : ` of scene ${scene.index} "${scene.title}"`
      }: ${code}: ${message}`
    ),
    failures.some(({ code }) => code === "INSUFFICIENT_CREDITS")
      ? "The credits do not suffice: fewer scenes or a cheaper model cost less"
      : "",
    projectId === null
      ? "Nothing was made, and nothing is charged"
      : `What was made is kept in project ${projectId}; failed work is not charged`,
  ].filter((line) => line !== "").join("\n");
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
