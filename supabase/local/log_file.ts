/**
 * Files the stack's processes log to.
 *
 * @module
 */

/** A log that grows by lines. */
export interface LogFile {
  /** Adds a line at once; nothing after {@link LogFile.close}. */
  write(line: string): void;
  /** Closes the file. */
  close(): void;
}

/** Beyond this the log begins anew with the next start. */
const LONGEST_BYTES = 20 * 1024 * 1024;

/** Opens a log for appending, making it when it is missing. */
export function openLog(path: string): LogFile {
  let truncate = false;
  try {
    truncate = Deno.statSync(path).size > LONGEST_BYTES;
  } catch {
    // There is none yet.
  }
  const file = Deno.openSync(path, { create: true, append: !truncate, write: true, truncate });
  const encoder = new TextEncoder();
  let open = true;
  return {
    write(line) {
      if (open) file.writeSync(encoder.encode(`${line}\n`));
    },
    close() {
      open = false;
      file.close();
    },
  };
}
