/**
 * A receipt for people and for spreadsheets. The figures are the database's own (`public.film_receipt`).
 *
 * @module
 */
import type { FilmReceipt, ReceiptLine } from "../../../../shared/contract/receipt.ts";

/** Columns of both forms, in order. */
const COLUMNS: readonly (readonly [string, (line: ReceiptLine) => string | number | null])[] = [
  ["kind", (line) => line.kind],
  ["scene", (line) => line.scene_index],
  ["shot", (line) => line.shot_index],
  ["state", (line) => line.state],
  ["provider", (line) => line.provider],
  ["model", (line) => line.model_id],
  ["request_id", (line) => line.external_task_id],
  ["attempts", (line) => line.attempt_count],
  ["queued_sec", (line) => line.queued_sec],
  ["worked_sec", (line) => line.worked_sec],
  ["quoted", (line) => line.quoted_credits],
  ["charged", (line) => line.charged_credits],
  ["refunded", (line) => line.refunded_credits],
  ["error", (line) => line.error_code],
];

/** A job's own columns, which only a spreadsheet has room for. */
const DETAILS: typeof COLUMNS = [
  ["job_id", (line) => line.job_id],
  ["retry_of", (line) => line.retry_of],
  ["created_at", (line) => line.created_at],
  ["finished_at", (line) => line.finished_at],
];

const NUMBERS = new Set([
  "scene",
  "shot",
  "attempts",
  "queued_sec",
  "worked_sec",
  "quoted",
  "charged",
  "refunded",
]);

/** Writes the lines and a last one with the totals, each column as wide as it needs to be. */
export function writeReceiptText({ project_id, jobs, totals }: FilmReceipt): string {
  const rows = jobs.map((line) => COLUMNS.map(([, read]) => String(read(line) ?? "-")));
  const total = COLUMNS.map(([name]) =>
    name === "kind"
      ? "total"
      : name === "quoted" || name === "charged" || name === "refunded"
      ? String(totals[`${name}_credits`])
      : ""
  );
  const names = COLUMNS.map(([name]) => name);
  const widths = names.map((_, at) =>
    Math.max(...[names, ...rows, total].map((row) => row[at]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) =>
      NUMBERS.has(names[at] ?? "") ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
    ).join("  ").trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [
    `Receipt of project ${project_id}`,
    "",
    line(names),
    rule,
    ...rows.map(line),
    rule,
    line(total),
    "",
    `${totals.charged_credits} credits charged, ${totals.refunded_credits} refunded: ${totals.net_credits} paid`,
    "",
  ].join("\n");
}

/** Writes one row a job, with CR LF and a header. Source: RFC 4180. */
export function writeReceiptCsv({ jobs }: FilmReceipt): string {
  const columns = [...COLUMNS, ...DETAILS];
  const rows = jobs.map((line) => columns.map(([, read]) => cell(read(line))));
  return [columns.map(([name]) => name), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

function cell(value: string | number | null): string {
  // A spreadsheet takes a text that begins like this for a formula, and request ids are the providers' words.
  const text = typeof value === "string" && /^[=+\-@\t]/.test(value)
    ? `'${value}`
    : `${value ?? ""}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
