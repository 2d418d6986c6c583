/**
 * Which user account runs the server, and in which folder it can. PostgreSQL refuses to run as root; then it
 * runs as `nobody`, which exists wherever root does, so that no account has to be made. Its files must then
 * lie where `nobody` may go: not below a closed folder such as `/root`.
 *
 * @module
 */
import { tmpdir } from "node:os";
import * as path from "node:path";
import { PostgresFailure } from "./failure.ts";

/** An account other than our own. */
export interface Account {
  /** User id. */
  readonly uid: number;
  /** Group id. */
  readonly gid: number;
}

/** Where the server's files are and who uses them. */
export interface Place {
  /** The stack's folder, as the caller named it, absolute. */
  readonly dir: string;
  /** The folder the server's own files are in: `dir`, or one that the account can reach. */
  readonly base: string;
  /** Null when the server runs as the user that we are. */
  readonly account: Account | null;
}

/** State of root's stacks whose own folder is closed to others; one folder each, named by a hash. */
const SHARED_STATE = "/var/lib/ai-studio";

/** Chooses account and folder. Makes the folders, and links in `dir` when the files are elsewhere. */
export async function findPlace(dir: string): Promise<Place> {
  if (Deno.uid() !== 0) return { dir, base: dir, account: null };
  const account = await findAccount(dir);
  if (await canEnter(account, dir)) return { dir, base: dir, account };
  const base = path.join(SHARED_STATE, await shortHash(await Deno.realPath(dir)));
  if (await isLinked(dir, base)) return { dir, base, account };
  // The links come first: what no link leads to is what a deleted folder left behind, and is removed.
  for (const name of ["data", "postgres.log"]) {
    await replaceByLink(path.join(dir, name), path.join(base, name));
  }
  await removeUnlinked(base);
  for (const folder of [SHARED_STATE, base]) {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.chmod(folder, 0o755); // whatever the umask is
  }
  await Deno.writeTextFile(path.join(base, "stack"), dir);
  return { dir, base, account };
}

/** The options with which `Deno.Command` runs something as the place's account. */
export function asAccount(place: Place): { uid?: number; gid?: number } {
  return place.account === null ? {} : { uid: place.account.uid, gid: place.account.gid };
}

/** Gives a file or folder to the place's account, when that is not us. */
export async function giveToAccount(place: Place, file: string): Promise<void> {
  if (place.account !== null) await Deno.chown(file, place.account.uid, place.account.gid);
}

/** The owner of existing data, so that data made before by an ordinary user stays that user's. */
async function findAccount(dir: string): Promise<Account> {
  const data = await Deno.stat(path.join(dir, "data")).catch(ignoreNotFound);
  if (data?.uid && data.gid !== null) return { uid: data.uid, gid: data.gid };
  return { uid: await idOf("-u"), gid: await idOf("-g") };
}

async function idOf(which: "-u" | "-g"): Promise<number> {
  const { success, stdout } = await new Deno.Command("id", { args: [which, "nobody"] }).output();
  const id = Number.parseInt(new TextDecoder().decode(stdout), 10);
  if (!success || Number.isNaN(id)) {
    throw new PostgresFailure(
      'it does not run as root, and there is no user "nobody" to run it as; start the stack as an ordinary user',
    );
  }
  return id >>> 0; // macOS calls it -2
}

async function canEnter(account: Account, dir: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("test", { args: ["-x", dir], cwd: "/", ...account })
      .output();
    return success;
  } catch (cause) {
    throw new PostgresFailure(
      "it does not run as root, and this system does not let root run it as another user; " +
        "start the stack as an ordinary user",
      { cause },
    );
  }
}

async function replaceByLink(file: string, target: string): Promise<void> {
  try {
    await Deno.remove(file).catch(ignoreNotFound);
  } catch (cause) {
    throw new PostgresFailure(
      `it does not run as root, and "${file}" lies where no other user may go; ` +
        "move the stack's folder or delete its data",
      { cause },
    );
  }
  await Deno.symlink(target, file);
}

async function isLinked(dir: string, base: string): Promise<boolean> {
  try {
    return await Deno.readLink(path.join(dir, "data")) === path.join(base, "data");
  } catch {
    return false;
  }
}

/**
 * Removes one folder of the shared state, and every other one whose stack's folder is gone. Of the others only
 * those of temporary stacks: a folder that cannot be seen may be on a disk that is not mounted just now.
 */
async function removeUnlinked(base: string): Promise<void> {
  await Deno.remove(base, { recursive: true }).catch(ignoreNotFound);
  const names = await Array.fromAsync(Deno.readDir(SHARED_STATE)).catch(ignoreNotFound) ?? [];
  for (const { name } of names) {
    const folder = path.join(SHARED_STATE, name);
    const dir = await Deno.readTextFile(path.join(folder, "stack")).catch(() => null);
    if (!dir?.startsWith(tmpdir()) || await isLinked(dir, folder)) continue;
    await Deno.remove(folder, { recursive: true }).catch(ignoreNotFound);
  }
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

function ignoreNotFound(cause: unknown): undefined {
  if (!(cause instanceof Deno.errors.NotFound)) throw cause;
}
