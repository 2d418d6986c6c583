/**
 * What the command says when there is no film.
 *
 * @module
 */
import type { CastWaits, FilmError, FilmFailure } from "./film_error.ts";
import { FLAGS } from "./film_wish.ts";
import { type Access, howToCall } from "./how_to_call.ts";

/** Why there is no film: a line for each failure, then what is left and what buys only the rest. */
export function formatFailure(
  { failures, projectId, jobId }: FilmError,
  access?: Access,
): string {
  return [
    ...failures.map((failure) => `${ofWhat(failure)}: ${failure.code}: ${failure.message}`),
    ...failures.flatMap(cheaperFilms),
    projectId === null
      ? "Nothing was made, and nothing is charged"
      : `What was made is kept in project ${projectId}; failed work is not charged`,
    ...(jobId === null || projectId === null || access === undefined ? [] : [
      `retry-job with job ${jobId} buys only what failed and what hangs on it:`,
      howToCall("retry-job", { job_id: jobId }, access),
    ]),
  ].join("\n");
}

/** What to do about a film that waits. */
export function formatWaiting({ projectId, jobId }: CastWaits, access: Access): string {
  return [
    `The film waits for its cast to be confirmed. Nothing is lost: project ${projectId}, job ${jobId}`,
    "With --yes the next one is not asked for. This one goes on by itself after confirm-characters:",
    howToCall("confirm-characters", { project_id: projectId }, access),
  ].join("\n");
}

function ofWhat({ stage, scene, shot, character }: FilmFailure): string {
  return [
    stage,
    scene === null ? "" : ` of scene ${scene.index} "${scene.title}"`,
    shot == null ? "" : `, shot ${shot}`,
    character == null ? "" : ` of ${character}`,
  ].join("");
}

/** Plans that an answer offers for less, as flags of this command. */
function cheaperFilms({ code, details }: FilmFailure): string[] {
  if (code !== "INSUFFICIENT_CREDITS" && code !== "BUDGET_EXCEEDED") return [];
  const offered = typeof details === "object" && details !== null && "options" in details &&
      Array.isArray(details.options)
    ? details.options
    : [];
  return [
    "The credits do not suffice: fewer scenes or a cheaper model cost less",
    ...offered.map(({ options, credits, target_length }) => {
      const flags = Object.entries(FLAGS).flatMap(([field, flag]) =>
        options?.[field] === undefined ? [] : [`${flag} ${options[field]}`]
      );
      return `  ${flags.join(" ")}: ${credits} credits, ${target_length} s`;
    }),
  ];
}
