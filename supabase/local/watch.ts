/**
 * Notices changed source files.
 *
 * @module
 */

/** A running watch. */
export interface SourceWatch {
  /** Notices nothing more. */
  stop(): void;
}

/** Editors write a file in several steps; one change is reported when this long nothing more happened. */
const QUIET_MS = 150;

/** Files of a function's kind, and folders: what is put into a new one at once may come without an event. */
const SOURCE = /\.(ts|json|toml|env)$|[/\\][^./\\]+$/;

/** Calls `onChange` after sources changed below those of the folders that exist. One call runs at a time. */
export function watchSources(
  dirs: readonly string[],
  onChange: () => Promise<void>,
): SourceWatch {
  const present = dirs.filter((dir) => {
    try {
      return Deno.statSync(dir).isDirectory;
    } catch {
      return false;
    }
  });
  const watcher = Deno.watchFs(present);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = Promise.resolve();
  (async () => {
    for await (const event of watcher) {
      if (event.kind === "access" || event.kind === "any" || event.kind === "other") continue;
      if (!event.paths.some((path) => SOURCE.test(path))) continue;
      clearTimeout(timer);
      timer = setTimeout(() => running = running.then(onChange).catch(() => {}), QUIET_MS);
    }
  })();
  return {
    stop() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}
