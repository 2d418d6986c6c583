/**
 * How loud: the arithmetic of a mix. Levels are in dB below full scale, gains in dB.
 *
 * @module
 */

/** How long music comes up from silence and goes back into it. */
export const FADE_SECONDS = { in: 1, out: 2 };

/** How much louder music is while nobody speaks. */
export const PAUSE_DB = 8;

/** Quieter than this is nobody: room noise of recordings, and what encoders leave of silence. */
const SPEECH_DB = -46;

/** Blocks so far below the loudest one are pauses, and say nothing of how loud the rest is. */
const GATE_DB = 25;

/** Length of what is measured at once. */
const BLOCK_SECONDS = 0.05;

/** Music is down before the first word's end, and does not come up between two words. */
const DUCK = { attackSeconds: 0.06, holdSeconds: 0.45, releaseSeconds: 0.5 };

/** Up to here sound passes untouched; above, it is bent towards full scale and never reaches it. */
const KNEE = 0.85;

/** Turns dB into a factor. */
export function fromDb(db: number): number {
  return 10 ** (db / 20);
}

/** Turns a factor into dB; silence is minus infinity. */
export function toDb(factor: number): number {
  return 20 * Math.log10(factor);
}

/** Gives the mean square of each twentieth of a second. */
export function blockPowers(samples: Float32Array, sampleRate: number): number[] {
  const size = Math.max(1, Math.round(sampleRate * BLOCK_SECONDS));
  const powers: number[] = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    powers.push(power(samples, start, start + size));
  }
  return powers;
}

/**
 * Tells how loud sound is where there is some, from the mean squares of its blocks: pauses are left out. Null for
 * silence.
 */
export function loudnessOf(powers: readonly number[]): number | null {
  const loudest = powers.reduce((most, value) => Math.max(most, value), 0);
  const gate = Math.max(fromDb(SPEECH_DB) ** 2, loudest * fromDb(-GATE_DB) ** 2);
  const heard = powers.filter((value) => value >= gate);
  if (heard.length === 0) return null;
  return toDb(Math.sqrt(heard.reduce((sum, value) => sum + value, 0) / heard.length));
}

/** Mean square of a stretch of samples. */
export function power(samples: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += (samples[at] ?? 0) ** 2;
  return end > start ? sum / (end - start) : 0;
}

/** Gives the factor at a place of a film by which music fades in and out. Seconds. */
export function fadeAt(seconds: number, filmSeconds: number): number {
  // A film shorter than both has a peak instead of a plateau.
  const up = seconds / FADE_SECONDS.in;
  const down = (filmSeconds - seconds) / FADE_SECONDS.out;
  return Math.max(0, Math.min(1, up, down));
}

/** Follows a voice, and says how much of its pause level music has. */
export interface Ducker {
  /** Takes the mean square of the voice's next stretch; gives music's gain at its end, in dB: `-PAUSE_DB`..0. */
  next(voicePower: number, seconds: number): number;
}

/** Makes a ducker that stands where nobody speaks. */
export function createDucker(): Ducker {
  const threshold = fromDb(SPEECH_DB) ** 2;
  let gainDb = 0;
  let silentSeconds = Infinity;
  return {
    next: (voicePower, seconds) => {
      silentSeconds = voicePower > threshold ? 0 : silentSeconds + seconds;
      gainDb = silentSeconds < DUCK.holdSeconds
        ? Math.max(-PAUSE_DB, gainDb - PAUSE_DB * seconds / DUCK.attackSeconds)
        : Math.min(0, gainDb + PAUSE_DB * seconds / DUCK.releaseSeconds);
      return gainDb;
    },
  };
}

/** Bends a sample that is too loud: below the knee as it is, always between -1 and 1. */
export function limit(sample: number): number {
  const size = Math.abs(sample);
  if (size <= KNEE) return sample;
  const bent = KNEE + (1 - KNEE) * Math.tanh((size - KNEE) / (1 - KNEE));
  return sample < 0 ? -bent : bent;
}
