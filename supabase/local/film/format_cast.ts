/**
 * The cast as a table.
 *
 * @module
 */
import Table from "cli-table3";

/** What is shown of somebody. */
export interface ShownCharacter {
  /** What the others call them. */
  readonly name: string;
  /** How they look. */
  readonly description: string;
  /** Null: the narrator speaks for them. */
  readonly voice_id: string | null;
  /** The reference picture. Null: none. */
  readonly image_url: string | null;
}

/** Names beyond this are cut by the table itself, at words. */
const WIDTHS = [18, 54, 24];

/** The table, 100 columns wide, and below it where each picture is: an address that is cut can't be opened. */
export function formatCast(cast: readonly ShownCharacter[]): string {
  const table = new Table({
    head: ["Character", "Look", "Voice"],
    style: { head: [], border: [] },
    colWidths: WIDTHS,
    wordWrap: true,
  });
  for (const { name, description, voice_id } of cast) {
    table.push([name, description, voice_id ?? "the narrator"]);
  }
  return [
    table.toString(),
    ...cast.map(({ name, image_url }) => `${name}: ${image_url ?? "no picture yet"}`),
  ].join("\n");
}
