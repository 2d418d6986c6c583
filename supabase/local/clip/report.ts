/**
 * What the `clip` command says at the end.
 *
 * @module
 */
import type { FilmFile } from "../film/film_file.ts";
import type { ClipAccount } from "./make_clip.ts";

/** A finished command. */
export interface ClipResult {
  /** What was made, and for how much. */
  readonly account: ClipAccount;
  /** Where it is. */
  readonly file: FilmFile;
  /** Seconds from the command's start to the clip on disk. */
  readonly seconds: number;
}

const WRITERS: Readonly<Record<string, string>> = {
  user: "you, word for word",
  template: "the template, as no language model had a part in it",
  model: "a language model, from the style's template",
};

/** The result for people. `startAgain`: the command that brings the stack back; null when it goes on. */
export function formatClipReport(
  { account, file, seconds }: ClipResult,
  { startAgain }: { readonly startAgain: string | null },
): string {
  const { credits_charged, charge_count, balance } = account;
  const times = charge_count === 1 ? "once" : `in ${charge_count} charges`;
  return [
    `Clip     ${file.path}: ${file.durationSeconds.toFixed(1)} s, ${file.width}×${file.height}, ${
      (file.sizeBytes / 1e6).toFixed(1)
    } MB`,
    `URL      ${account.url}`,
    `Photo    ${account.image_url}`,
    `Style    ${account.preset ?? "none"}, model ${account.model_id}`,
    `Prompt   ${account.prompt}`,
    `         written by ${WRITERS[account.prompt_by ?? ""] ?? "the studio"}`,
    `Credits  ${credits_charged} charged ${times}; ${balance} left`,
    `Time     ${seconds.toFixed(1)} s in all`,
    startAgain === null
      ? `To look at it: open ${account.url}`
      : `To look at it again: ${startAgain}, then open ${account.url}`,
  ].join("\n");
}

/** The result for programs: one JSON object. */
export function formatClipJson({ account, file, seconds }: ClipResult): string {
  const { width, height } = file;
  return JSON.stringify(
    { path: file.path, ...account, width, height, seconds: Math.round(seconds * 10) / 10 },
    null,
    2,
  );
}
