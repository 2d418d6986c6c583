/**
 * Narration for a film whose pictures have been joined elsewhere: they are copied as they are, and each
 * scene's speech is laid where the scene begins.
 *
 * @module
 */
import { openSource } from "./download_source.ts";
import { planClip } from "./stitch_clip.ts";
import { invalidFile } from "./probe_failure.ts";
import { finishFilm, type StitchedFilm, type StitchOptions, withStitchDefaults } from "./stitch.ts";
import { refuseDifferences } from "./stitch_match.ts";
import { readNarrations, spreadSound } from "./stitch_narration_read.ts";
import { planDubbedFilm, withMixedSound } from "./stitch_plan.ts";

/** What is to be dubbed. */
export interface DubInput extends StitchOptions {
  /** An mp4: the scenes' pictures, one after another. */
  readonly url: string;
  /** An mp3 that is all of the film's sound: narration is then not read. Absent: narration, or the film's own. */
  readonly mixedSound?: Uint8Array<ArrayBuffer> | undefined;
  /** In the order of the film, at least one. */
  readonly scenes: readonly {
    /** How long it was to be shown. */
    readonly durationSeconds: number;
    /** An mp3; null when nothing is said; the one of the scene before when that goes on. */
    readonly narrationUrl: string | null;
  }[];
}

/** Read at once: few requests for a film of a hundred megabytes, and little memory. */
const READ_BYTES = 2_000_000;

/** A provider's frames are not the plan's: about a second, and more for a long film. */
const TOLERANCE = { seconds: 1, share: 0.02 };

/**
 * Dubs a film. The film is read in parts, never held. Without any narration its own sound is kept.
 *
 * Errors: `RESULT_INVALID` with `details.reason` `duration` when it is not as long as its scenes together,
 * besides those of `stitchFilm`.
 */
export async function dubFilm(input: DubInput): Promise<StitchedFilm> {
  const options = withStitchDefaults(input);
  const open = (signal: AbortSignal | undefined) =>
    openSource(input.url, { ...options, readBytes: READ_BYTES, signal });
  const clip = await planClip(await open(input.signal));
  const plannedSeconds = input.scenes.reduce((sum, scene) => sum + scene.durationSeconds, 0);
  const differenceSeconds = Math.abs(clip.durationSeconds - plannedSeconds);
  if (differenceSeconds > Math.max(TOLERANCE.seconds, plannedSeconds * TOLERANCE.share)) {
    throw invalidFile(
      "duration",
      `it has ${clip.durationSeconds.toFixed(2)} s of ${plannedSeconds.toFixed(2)} s`,
    );
  }
  const { mixedSound } = input;
  const parts = mixedSound === undefined
    ? await readNarrations(input.scenes.map((scene) => scene.narrationUrl), options)
    : await spreadSound(mixedSound, input.scenes.length);
  refuseDifferences(parts.map(({ narration }) => ({ clip, narration })));
  const plan = planDubbedFilm(
    clip,
    parts.map((part, at) => ({
      ...part,
      durationSeconds: input.scenes[at]?.durationSeconds ?? 0,
    })),
  );
  return await finishFilm(mixedSound === undefined ? plan : withMixedSound(plan), {
    maxBytes: input.maxBytes,
    openClip: (_index, signal) => open(signal),
    signal: input.signal,
  });
}
