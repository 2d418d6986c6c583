/**
 * Figures of repeated measurements: machines are noisy, so a median and how far the rest lay.
 *
 * @module
 */

/** What some measurements of one thing say. */
export interface Figure {
  /** In the measurements' unit, as all three. */
  readonly median: number;
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
  /** How many there were. */
  readonly count: number;
}

/** Sums measurements up. Throws `RangeError` when there are none. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    count: sorted.length,
  };
}

/** Gives the value below which `share` (0..1) of the measurements lie, between two of them when it must. */
export function quantileOf(values: readonly number[], share: number): number {
  return quantile([...values].sort((a, b) => a - b), share);
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) {
    throw new RangeError("Cannot sum up: nothing was measured");
  }
  return below + (above - below) * (at - Math.floor(at));
}

/** Divides round by round: both sides of a round met the same machine, so its noise cancels out. */
export function ratioOf(values: readonly number[], base: readonly number[]): Figure {
  return figureOf(values.map((value, at) => value / (base[at] ?? Number.NaN)));
}

/**
 * How evenly something is shared: 1 when all got the same, 1/n when one got everything.
 * Source: R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984).
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return sum ** 2 / (shares.length * squares);
}

/** Three digits, so that 0.0123, 4.57 and 1,234 all read well. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Math.abs(value) < 0.095 && value !== 0
    ? value.toPrecision(2)
    : value.toLocaleString("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
}

/** `median (min–max)`. */
export function formatFigure(figure: Figure, unit = ""): string {
  const tail = unit === "" ? "" : ` ${unit}`;
  return `${formatNumber(figure.median)}${tail} (${formatNumber(figure.min)}–${
    formatNumber(figure.max)
  })`;
}
