/**
 * Changing the sample rate of sound: a windowed sinc, worked out once for every position between two samples that
 * occurs.
 *
 * @module
 */

/** Samples on each side of the filter's middle, at the lower of both rates: 80 dB of the mirror are gone. */
const HALF_TAPS = 8;

/** Of the lower rate's half: the rest is the filter's slope. */
const PASSED = 0.92;

/** Changes the rate of a stream of samples, piece by piece. */
export interface Resampler {
  /** Gives what can be said of the samples so far; the last few wait for those that follow. */
  process(samples: Float32Array): Float32Array<ArrayBuffer>;
  /** Gives what is left, as if silence followed. */
  flush(): Float32Array<ArrayBuffer>;
}

/** Makes a resampler of one channel. Rates in hertz, whole. The first sample stays at time 0. */
export function createResampler(fromRate: number, toRate: number): Resampler {
  if (fromRate === toRate) {
    return { process: (samples) => samples.slice(), flush: () => new Float32Array() };
  }
  const divisor = greatestDivisor(fromRate, toRate);
  const phaseCount = toRate / divisor;
  const step = fromRate / divisor;
  const half = Math.ceil(HALF_TAPS * Math.max(1, fromRate / toRate));
  const filters = makeFilters(phaseCount, half, PASSED * Math.min(1, toRate / fromRate));
  const taps = 2 * half;
  // The filter looks back as far as ahead: silence stands before the first sample.
  let held = new Float32Array(half - 1);
  /** Where the next sample's filter begins, in `held`, and how far it lies behind a sample. */
  let at = 0;
  let phase = 0;
  const process = (samples: Float32Array): Float32Array<ArrayBuffer> => {
    const input = new Float32Array(held.length + samples.length);
    input.set(held);
    input.set(samples, held.length);
    const room = Math.ceil(Math.max(0, input.length - at) * phaseCount / step) + 1;
    const output = new Float32Array(room);
    let count = 0;
    for (; at + taps <= input.length; count++) {
      let sum = 0;
      const first = phase * taps;
      for (let tap = 0; tap < taps; tap++) {
        sum += (filters[first + tap] ?? 0) * (input[at + tap] ?? 0);
      }
      output[count] = sum;
      phase += step;
      at += Math.floor(phase / phaseCount);
      phase %= phaseCount;
    }
    const kept = Math.min(at, input.length);
    held = input.slice(kept);
    at -= kept;
    return output.subarray(0, count);
  };
  return { process, flush: () => process(new Float32Array(half)) };
}

/** One row of taps for each place between two samples, one after another. */
function makeFilters(phaseCount: number, half: number, cutoff: number): Float32Array {
  const filters = new Float32Array(phaseCount * 2 * half);
  for (let phase = 0; phase < phaseCount; phase++) {
    let sum = 0;
    for (let tap = 0; tap < 2 * half; tap++) {
      const distance = tap - (half - 1) - phase / phaseCount;
      const value = cutoff * sinc(cutoff * distance) * blackman(distance / half);
      filters[phase * 2 * half + tap] = value;
      sum += value;
    }
    // Every place lets a constant through as it is; else the places would be heard as a tone.
    for (let tap = 0; tap < 2 * half; tap++) {
      const index = phase * 2 * half + tap;
      filters[index] = (filters[index] ?? 0) / sum;
    }
  }
  return filters;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Falls from 1 in the middle to 0 at -1 and 1. */
function blackman(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
