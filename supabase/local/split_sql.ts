/**
 * SQL text as statements, for the history of migrations. The rules are PostgreSQL's lexical ones
 * (https://www.postgresql.org/docs/17/sql-syntax-lexical.html): a `;` ends a statement unless it stands in
 * a string, a quoted name, a dollar quote, a comment, parentheses or a `begin atomic` body.
 *
 * @module
 */

/** What the reader may meet where a `;` could stand; alternatives in the order they must be tried. */
const TOKEN = new RegExp(
  [
    /--[^\n]*/,
    /\/\*/,
    /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/,
    /[eE]'(?:[^'\\]|\\[^]|'')*'/,
    /'(?:[^']|'')*'/,
    /"(?:[^"]|"")*"/,
    /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/,
    /[();]/,
  ].map((part) => part.source).join("|"),
  "y",
);

/** Gives the statements of a text without their final `;`. Comments stay with the statement they precede. */
export function splitSql(text: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let depth = 0;
  let atomic = 0;
  let previous = "";
  let empty = true;
  const cut = (end: number) => {
    const statement = text.slice(start, end).trim();
    if (!empty && statement !== "") statements.push(statement);
    empty = true;
  };
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) {
      if (/\S/.test(text[at] ?? "")) empty = false;
      at += 1;
      continue;
    }
    if (token === "/*") {
      at = endOfComment(text, at);
      continue;
    }
    if (token.startsWith("--")) {
      at += token.length;
      continue;
    }
    if (token.startsWith("$")) {
      const close = text.indexOf(token, at + token.length);
      at = close === -1 ? text.length : close + token.length;
      empty = false;
      continue;
    }
    at += token.length;
    const word = token.toLowerCase();
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (word === "atomic" && previous === "begin") atomic += 1;
    if (atomic > 0 && word === "case") atomic += 1;
    if (atomic > 0 && word === "end") atomic -= 1;
    previous = word;
    if (token === ";" && depth <= 0 && atomic === 0) {
      cut(at - 1);
      start = at;
    } else empty = false;
  }
  cut(text.length);
  return statements;
}

/** Comments of this kind may stand inside each other. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const two = text.slice(at, at + 2);
    if (two === "/*") depth += 1;
    if (two === "*/" && --depth === 0) return at + 2;
    at += two === "/*" || two === "*/" ? 2 : 1;
  }
  return text.length;
}
