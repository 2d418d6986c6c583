/**
 * Who joins the clips of a film that can't be copied. Apart from the adapters of clips, so that cutting a film
 * does not load all of them.
 *
 * @module
 */
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { createFalCutter } from "../providers/fal_cutter.ts";
import type { FilmCutter } from "../providers/film_cutter.ts";

/** What a film's job needs to know of its second cutter. */
export interface CutterProvider {
  /** Its name in `provider_limits`. */
  readonly name: string;
  /** Its adapter. Throws `PROVIDER_NOT_CONFIGURED` when its key is not set. */
  create(log: Log): FilmCutter;
  /** Whether it is to be given a callback URL; else its tasks are only looked at. */
  callsBack(): boolean;
  /** Its base URL: results on that host are fetched even where it is a private one, as a simulator's is. */
  baseUrl(): string;
}

/** The one there is. */
export const FILM_CUTTER: CutterProvider = {
  name: "fal",
  create: (log) => createFalCutter({ ...readProviderEnv("fal"), log }),
  // Without our account's id its callbacks can't be told from other customers'.
  callsBack: () => readProviderEnv("fal").webhookUserId !== undefined,
  baseUrl: () => readProviderEnv("fal").queueUrl,
};
