/**
 * A process that runs the project's functions, as the platform's edge runtime does: the default export
 * `{ fetch }` of `<name>/index.ts`, loaded at its first call, with `EdgeRuntime.waitUntil` and only the
 * permissions the platform gives. Started by `workers.ts`, never by hand.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { announce, parentMessages } from "./child_side.ts";
import { platformError } from "./platform_error.ts";

/** Two of these may be missed before a worker counts as stalled; see `workers.ts`. */
const HEARTBEAT_MS = 500;

/** A function's default export. */
interface FunctionModule {
  readonly default: { readonly fetch: (request: Request) => Response | Promise<Response> };
}

const modules = new Map<string, Promise<FunctionModule>>();
/** Requests being answered and promises given to `waitUntil`. */
const open = new Set<Promise<unknown>>();

/** Writes one line for the log, whatever the function's own log looks like. */
function log(event: string, fields: Record<string, unknown>): void {
  console.error(JSON.stringify({ at: new Date().toISOString(), level: "error", event, ...fields }));
}

function hold(promise: Promise<unknown>): void {
  const settled: Promise<unknown> = promise
    .catch((cause) => log("background_task_failed", { cause: describe(cause) }))
    .finally(() => open.delete(settled));
  open.add(settled);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.stack ?? cause.message : String(cause);
}

function load(functionsDir: string, name: string): Promise<FunctionModule> {
  let loaded = modules.get(name);
  if (loaded === undefined) {
    const url = pathToFileURL(join(functionsDir, name, "index.ts")).href;
    loaded = import(url).then((module: Partial<FunctionModule>) => {
      const handler = module.default;
      if (typeof handler?.fetch !== "function") {
        throw new TypeError(`"${name}/index.ts" has no default export with a fetch method`);
      }
      return { default: handler };
    });
    modules.set(name, loaded);
  }
  return loaded;
}

async function answer(functionsDir: string, request: Request): Promise<Response> {
  const name = new URL(request.url).pathname.split("/")[1] ?? "";
  let module: FunctionModule;
  try {
    module = await load(functionsDir, name);
  } catch (cause) {
    log("boot_error", { function: name, cause: describe(cause) });
    return platformError("BOOT_ERROR");
  }
  try {
    return await module.default.fetch(request);
  } catch (cause) {
    log("unhandled_error", { function: name, cause: describe(cause) });
    return platformError("EDGE_FUNCTION_ERROR");
  }
}

function serve(functionsDir: string): Deno.HttpServer {
  Object.defineProperty(globalThis, "EdgeRuntime", { value: { waitUntil: hold } });
  // One function's stray promise must not end the others; on the platform it ends its own isolate only.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("unhandled_rejection", { cause: describe(event.reason) });
  });
  setInterval(() => announce({ beat: true }), HEARTBEAT_MS);
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => announce({ port }),
  }, (request) => {
    const response = answer(functionsDir, request);
    hold(response);
    return response;
  });
}

if (import.meta.main) {
  let server: Deno.HttpServer | undefined;
  const bye = (reason: string) =>
    dispatchEvent(new CustomEvent("beforeunload", { detail: { reason } }));
  for await (const message of parentMessages(() => bye("termination"))) {
    if (typeof message.functionsDir === "string") server = serve(message.functionsDir);
    if (message.drain === true) {
      // The gateway sends nothing more; what is under way may finish.
      await server?.shutdown();
      while (open.size > 0) await Promise.allSettled(open);
      bye("early_drop");
      Deno.exit(0);
    }
  }
}
