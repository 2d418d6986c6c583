/**
 * Which process holds the other end of a connection: how a worker is found in the middle of its work
 * without asking it.
 *
 * @module
 */

/**
 * The process, among some, whose TCP socket has this local port and speaks to `toPort` on this machine.
 * Null when there is none (it has ended), and where there is no `/proc`: only Linux tells.
 */
export async function findHolder(
  port: number,
  toPort: number,
  pids: readonly number[],
): Promise<number | null> {
  const table = await Deno.readTextFile("/proc/net/tcp").catch(() => "");
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");
  const line = table.split("\n").map((row) => row.trim().split(/\s+/)).find((row) =>
    row[1]?.endsWith(`:${hex(port)}`) && row[2]?.endsWith(`:${hex(toPort)}`)
  );
  const inode = line?.[9];
  if (inode === undefined || inode === "0") return null;
  for (const pid of pids) {
    if (await holds(pid, `socket:[${inode}]`)) return pid;
  }
  return null;
}

async function holds(pid: number, socket: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (await Deno.readLink(`${folder}/${name}`).catch(() => "") === socket) return true;
    }
  } catch {
    // It has ended meanwhile.
  }
  return false;
}
