/**
 * The data directory: made once, in a folder of another name that is renamed when it is whole. So a folder
 * named `data` either is a database or was damaged by other hands, and that is refused, never repaired.
 *
 * @module
 */
import * as path from "node:path";
import { asAccount, giveToAccount, type Place } from "./account.ts";
import { PostgresFailure } from "./failure.ts";

/** The superuser's password. It protects nothing: the server listens on the loopback interface only. */
export const PASSWORD = "postgres";

const VERSION = "17";

/** Schemas that a hosted project has from the start, so that `create extension … with schema vault` works. */
const HOSTED_SCHEMAS = "create schema extensions; create schema vault;\n";

/** Variables of the programs: none of ours, so that a `PGDATA` or `PGOPTIONS` of the user changes nothing. */
export const ENVIRONMENT: Readonly<Record<string, string>> = { LC_ALL: "C", PATH: "/usr/bin:/bin" };

/** Makes the database unless it is there; gives its folder. */
export async function prepareCluster(place: Place, server: string): Promise<string> {
  const data = path.join(place.base, "data");
  for await (const entry of Deno.readDir(place.base)) {
    // What an interrupted initdb left; if that one still runs, it now fails by itself.
    if (/^data\..+\.new$/.test(entry.name)) {
      await Deno.remove(path.join(place.base, entry.name), { recursive: true }).catch(() => {});
    }
  }
  if (await holdsDatabase(place, data)) return data;
  const id = crypto.randomUUID();
  const draft = path.join(place.base, `data.${id}.new`);
  const password = path.join(place.base, `password.${id}`);
  try {
    await Deno.mkdir(draft, { mode: 0o700 });
    await giveToAccount(place, draft);
    await Deno.writeTextFile(password, PASSWORD, { mode: 0o600 });
    await giveToAccount(place, password);
    await runInitdb(place, server, draft, password);
    await runAlone(place, server, draft, HOSTED_SCHEMAS);
    await Deno.rename(draft, data);
  } finally {
    await Deno.remove(password).catch(() => {});
  }
  return data;
}

async function holdsDatabase(place: Place, data: string): Promise<boolean> {
  const shown = path.join(place.dir, "data");
  let version: string;
  try {
    if ((await Array.fromAsync(Deno.readDir(data))).length === 0) {
      await Deno.remove(data);
      return false;
    }
    version = (await Deno.readTextFile(path.join(data, "PG_VERSION"))).trim();
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new PostgresFailure(
        `"${shown}" belongs to another user; start the stack as that user or delete the folder`,
        { cause },
      );
    }
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    if (!await exists(data)) return false;
    throw new PostgresFailure(
      `"${shown}" is not a whole database (it has no PG_VERSION); delete the folder to begin with an empty one`,
      { cause },
    );
  }
  if (version !== VERSION) {
    throw new PostgresFailure(
      `"${shown}" was made by PostgreSQL ${version} and this is ${VERSION}; ` +
        "delete the folder to begin with an empty one",
    );
  }
  return true;
}

async function runInitdb(
  place: Place,
  server: string,
  draft: string,
  password: string,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(path.join(server, "bin", "initdb"), {
    args: [
      `--pgdata=${draft}`,
      "--username=postgres",
      `--pwfile=${password}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-instructions",
    ],
    cwd: place.base,
    clearEnv: true,
    env: { ...ENVIRONMENT },
    stdin: "null",
    ...asAccount(place),
  }).output().catch((cause) => {
    throw new PostgresFailure(
      `its programs do not run here (they need glibc or macOS): ${cause.message}`,
      { cause },
    );
  });
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim().split("\n");
    const reason = said.find((line) => line.includes("error")) ?? said.at(-1) ?? "";
    throw new PostgresFailure(`the database cannot be made in "${place.base}": ${reason}`);
  }
}

/** Runs SQL without a listening server: PostgreSQL's single-user mode, 70 ms. */
async function runAlone(place: Place, server: string, data: string, sql: string): Promise<void> {
  const child = new Deno.Command(path.join(server, "bin", "postgres"), {
    args: ["--single", "-j", "-D", data, "-c", "exit_on_error=on", "postgres"],
    cwd: place.base,
    clearEnv: true,
    env: { ...ENVIRONMENT },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    ...asAccount(place),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(sql)).catch(() => {}); // its status tells
  await writer.close().catch(() => {});
  const { success, stderr } = await child.output();
  if (!success) {
    throw new PostgresFailure(
      `its schemas cannot be made: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await Deno.lstat(file);
    return true;
  } catch {
    return false;
  }
}
