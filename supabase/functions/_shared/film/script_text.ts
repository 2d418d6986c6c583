/**
 * A project's script as text: as a Fountain file, which screenwriting programs read, and plain.
 *
 * @module
 */

/** What a script is written from. */
export interface ScriptSource {
  /** Of the project. */
  readonly title: string;
  /** What it is about; may be empty. */
  readonly description: string;
  /** A day, such as `2026-11-21`. */
  readonly date: string;
  /** In order. */
  readonly scenes: readonly {
    /** From 1. */
    readonly index: number;
    /** May be empty. */
    readonly title: string;
    /** What is to be seen; may be empty. */
    readonly plot: string;
    /** What the narrator says. */
    readonly text: string;
  }[];
}

const NARRATOR = "NARRATOR (V.O.)";

/**
 * Writes a Fountain file: a title page, then for each scene a heading with its number, the plot as action and the
 * narration as the narrator's dialogue. What writers type is text here, whatever it looks like: headings and action
 * are forced, marks of emphasis are escaped. Source: https://fountain.io/syntax (read 2026-11).
 */
export function writeFountain({ title, description, date, scenes }: ScriptSource): string {
  const page = [
    `Title: ${inLine(title)}`,
    "Credit: made with",
    "Author: AI Studio",
    `Draft date: ${date}`,
  ];
  const blocks = scenes.map((scene) =>
    [
      `.${heading(scene)} #${scene.index}#`,
      "",
      ...lines(scene.plot).flatMap((line) => [`!${seen(escape(line))}`, ""]),
      NARRATOR,
      // An empty line would end the dialogue.
      ...lines(scene.text).map((line) => spoken(escape(line))),
    ].join("\n")
  );
  const synopsis = inLine(description) === "" ? [] : [`= ${escape(inLine(description))}`];
  return [page.join("\n"), ...synopsis, ...blocks].join("\n\n") + "\n";
}

function heading({ index, title }: ScriptSource["scenes"][number]): string {
  // A number sign would begin the scene's number.
  const name = escape(inLine(title)).replaceAll("#", "\uff03");
  return name === "" ? `SCENE ${index}` : `SCENE ${index} - ${name}`;
}

/** Some readers take a forced line for a transition all the same when it ends like one. */
function seen(line: string): string {
  return line.replace(/ TO:$/, "$&\u2060");
}

/** Text in brackets is a stage direction, `~` makes a song of a line: a character without width prevents both. */
function spoken(line: string): string {
  return /^[(~]/.test(line) ? `\u2060${line}` : line;
}

function escape(text: string): string {
  return text.replace(/[\\*_]/g, "\\$&")
    .replaceAll("[[", "[\u2060[").replaceAll("/\\*", "/\u2060\\*");
}

/** Writes the script as people read it. */
export function writeScriptText({ title, description, date, scenes }: ScriptSource): string {
  const head = [inLine(title), ...(inLine(description) === "" ? [] : [inLine(description)]), date];
  const blocks = scenes.map(({ index, title, plot, text }) =>
    [
      `${index}. ${inLine(title)}`.trimEnd(),
      ...lines(plot).map((line) => `[${line}]`),
      ...lines(text),
    ].join("\n")
  );
  return [head.join("\n"), ...blocks].join("\n\n") + "\n";
}

function lines(text: string): string[] {
  return text.split(/[\r\n\u2028\u2029]+/).map(inLine).filter((line) => line !== "");
}

function inLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
