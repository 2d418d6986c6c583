/**
 * Logs: one JSON object a line. The only place that writes to the console.
 *
 * @module
 */

/** Fields of a line. Never keys, tokens, or whole bodies. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes lines that share some fields, such as `request_id`. */
export interface Log {
  /** Something happened as it should. */
  info(event: string, fields?: LogFields): void;
  /** Something went wrong; `cause` is written with its stack. */
  error(event: string, fields?: LogFields & { readonly cause?: never }, cause?: unknown): void;
  /** Makes a log whose every line carries these fields too. */
  with(fields: LogFields): Log;
}

/** Takes one finished line. */
export type LogSink = (line: string) => void;

/** Makes a log. `sink` defaults to standard output, where the platform collects it. */
export function createLog(
  fields: LogFields = {},
  sink: LogSink = (line) => console.log(line),
): Log {
  const write = (level: string, event: string, more: LogFields = {}) =>
    sink(JSON.stringify({ at: new Date().toISOString(), level, event, ...fields, ...more }));
  return {
    info: (event, more) => write("info", event, more),
    error: (event, more, cause) => write("error", event, { ...more, cause: describe(cause) }),
    with: (more) => createLog({ ...fields, ...more }, sink),
  };
}

/** The chain of causes as text, with stacks, cut to fit the platform's 10,000 characters a line. */
function describe(cause: unknown): string | undefined {
  const parts: string[] = [];
  for (let at: unknown = cause; at !== undefined && parts.length < 5;) {
    parts.push(at instanceof Error ? at.stack ?? at.message : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.length === 0 ? undefined : parts.join("\ncaused by ").slice(0, 6000);
}
