/**
 * Reading and writing as PostgREST does for a signed-in user; what was written is taken back.
 *
 * @module
 */
import type postgres from "postgres";
import type { Session } from "./engine.ts";

/** Runs as a user with their claims, gives what the work gives, and rolls back. */
export async function asUser<T>(
  owner: postgres.Sql,
  userId: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const rollback = new Error("rollback");
  let done: { value: T } | undefined;
  await owner.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${
      JSON.stringify({ sub: userId, role: "authenticated" })
    }, true), set_config('role', 'authenticated', true)`;
    done = { value: await work(transaction) };
    throw rollback;
  }).catch((cause) => {
    if (cause !== rollback) throw cause;
  });
  if (done === undefined) throw new Error("The work did not run");
  return done.value;
}
