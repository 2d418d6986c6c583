/**
 * The functions of a project: its folders, and what `config.toml` says of each. The file is the Supabase
 * CLI's own and holds nothing of ours.
 *
 * @module
 */
import { join } from "node:path";
import { parse } from "smol-toml";
import { StackError } from "./say.ts";

/** What the gateway needs to know of a function. */
export interface FunctionConfig {
  /** The gateway refuses callers without a valid user JWT or API key. True unless the file says otherwise. */
  readonly verifyJwt: boolean;
}

/** The functions by name. */
export type FunctionConfigs = ReadonlyMap<string, FunctionConfig>;

/** Names the platform takes: https://supabase.com/docs/guides/functions/development-tips (read 2026-11-21). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * Reads the functions of a project folder (the one with `config.toml` and `functions/`): every folder there
 * that holds an `index.ts` and does not begin with `_`, unless it is `enabled = false`.
 *
 * Errors: {@link StackError} when the file is not TOML.
 */
export async function readFunctionConfigs(projectDir: string): Promise<FunctionConfigs> {
  const settings = await readSettings(join(projectDir, "config.toml"));
  const configs = new Map<string, FunctionConfig>();
  for (const name of await listFolders(join(projectDir, "functions"))) {
    if (!NAME.test(name)) continue;
    const index = join(projectDir, "functions", name, "index.ts");
    if (!await Deno.stat(index).then((file) => file.isFile, () => false)) continue;
    const own = settings.get(name) ?? {};
    if (own.enabled === false) continue;
    configs.set(name, { verifyJwt: own.verify_jwt !== false });
  }
  return configs;
}

async function readSettings(path: string): Promise<Map<string, Record<string, unknown>>> {
  const text = await Deno.readTextFile(path).catch(() => "");
  try {
    const { functions }: Record<string, unknown> = parse(text);
    return new Map(Object.entries(isTable(functions) ? functions : {}).filter(isNamedTable));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new StackError(`Cannot read "${path}": ${message}`, { cause });
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamedTable(entry: [string, unknown]): entry is [string, Record<string, unknown>] {
  return isTable(entry[1]);
}

async function listFolders(dir: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(dir));
    return entries.filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}
