/**
 * A project's `config.toml` and its function folders. The file is the Supabase CLI's own and holds nothing
 * of ours: the same values count here, under the CLI, and on the platform.
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

/** What a stack reads of a project. Defaults are the CLI's. */
export interface ProjectConfig {
  /** By name. */
  readonly functions: FunctionConfigs;
  /** Schemas the Data API shows; `["public"]`. */
  readonly schemas: readonly string[];
  /** Most rows of one answer of the Data API; 1000. */
  readonly maxRows: number;
  /** How long an access token is good for; 3600. */
  readonly jwtExpirySeconds: number;
  /** 6. */
  readonly minimumPasswordLength: number;
  /** Where links in e-mails lead. */
  readonly siteUrl: string;
  /** Files of SQL for a new database, in order, below the folder; `./seed.sql`. Patterns are not followed. */
  readonly seedPaths: readonly string[];
  /** Most bytes of one stored file, whatever its bucket allows; 50 MiB. */
  readonly fileSizeLimitBytes: number;
}

/** Names the platform takes: https://supabase.com/docs/guides/functions/development-tips (read 2026-11-21). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/**
 * Reads a project folder (the one with `config.toml` and `functions/`). A file or folder that is not there is
 * an empty one. A function is a folder that holds an `index.ts`, does not begin with `_`, and is not
 * `enabled = false`. Errors: {@link StackError} when the file is not TOML.
 */
export async function readProjectConfig(projectDir: string): Promise<ProjectConfig> {
  const file = await readToml(join(projectDir, "config.toml"));
  const seed = table(table(file.db).seed);
  const [api, auth, storage] = [table(file.api), table(file.auth), table(file.storage)];
  return {
    functions: await readFunctions(join(projectDir, "functions"), table(file.functions)),
    schemas: Array.isArray(api.schemas) ? api.schemas.map(String) : ["public"],
    maxRows: number(api.max_rows, 1000),
    jwtExpirySeconds: number(auth.jwt_expiry, 3600),
    minimumPasswordLength: number(auth.minimum_password_length, 6),
    siteUrl: typeof auth.site_url === "string" ? auth.site_url : "http://127.0.0.1:3000",
    seedPaths: Array.isArray(seed.sql_paths) ? seed.sql_paths.map(String) : ["./seed.sql"],
    fileSizeLimitBytes: parseSize(storage.file_size_limit) ?? 50 * 2 ** 20,
  };
}

/** Bytes of a size as the CLI writes it (`50MiB`, `5MB`, `1000`); `undefined` for anything else. */
export function parseSize(value: unknown): number | undefined {
  const [, digits, unit = "b"] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(String(value)) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Math.floor(+digits * factor);
}

async function readToml(path: string): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(path).catch(() => "");
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new StackError(`Cannot read "${path}": ${message}`, { cause });
  }
}

async function readFunctions(
  dir: string,
  settings: Record<string, unknown>,
): Promise<FunctionConfigs> {
  const configs = new Map<string, FunctionConfig>();
  for (const name of await listFolders(dir)) {
    const isFunction = NAME.test(name) &&
      await Deno.stat(join(dir, name, "index.ts")).then((file) => file.isFile, () => false);
    const own = table(settings[name]);
    if (!isFunction || own.enabled === false) continue;
    configs.set(name, { verifyJwt: own.verify_jwt !== false });
  }
  return configs;
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

function table(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
