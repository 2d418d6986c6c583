/**
 * What a subject found, as a Markdown table and as JSON, with what it was measured against.
 *
 * @module
 */

/** A bound that was promised, and what came out. */
export interface Check {
  /** Its number and the bound, in words. */
  readonly promise: string;
  /** What came out. */
  readonly value: number;
  /** `value` may be this at most. */
  readonly atMost: number;
}

/** What one subject found. */
export interface Report {
  /** Headings; the first names the rows. */
  readonly columns: readonly string[];
  /** Cells, as many as there are headings. */
  readonly rows: readonly (readonly string[])[];
  /** How it was measured: one line, for people. */
  readonly note: string;
  /** Bounds; empty where nothing was promised. */
  readonly checks: readonly Check[];
  /** The figures behind the cells, for `bench.json`. */
  readonly figures: unknown;
}

/** Tells whether a bound holds. Not a number never does. */
export function isKept(check: Check): boolean {
  return check.value <= check.atMost;
}

/** Formats a report for the README. */
export function formatReport(title: string, report: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ruler = report.columns.map((_, at) => at === 0 ? "---" : "---:");
  const checks = report.checks.map((check) =>
    `- ${isKept(check) ? "kept" : "BROKEN"}: ${check.promise}: ${check.value.toFixed(2)}`
  );
  return [
    `### ${title}`,
    "",
    line(report.columns),
    line(ruler),
    ...report.rows.map(line),
    "",
    report.note,
    ...(checks.length === 0 ? [] : ["", ...checks]),
    "",
  ].join("\n");
}
