/**
 * One PostgreSQL server with the project's schema in as many copies as are compared, and nobody else at
 * work: what engine subjects measure on.
 *
 * @module
 */
import { join } from "node:path";
import postgres from "postgres";
import { startPostgres } from "../../supabase/local/postgres.ts";
import { startStack } from "../../supabase/local/stack.ts";

/** A copy of the migrated and seeded database. */
export interface Copy {
  /** Of the superuser. */
  readonly url: string;
  /** As the owner: to fill it. */
  readonly owner: postgres.Sql;
  /** As functions connect: `service_role`, ten sessions. */
  readonly service: postgres.Sql;
}

/** The server. */
export interface Lab {
  /** Makes a copy; `from` is another copy's name, or the fresh schema. No session of `from` may be open. */
  copy(name: string, from?: string): Promise<Copy>;
  /** Ends the sessions of a copy, keeping its data. */
  close(copy: Copy): Promise<void>;
  /** Ends all sessions and the server. */
  stop(): Promise<void>;
}

const QUIET = { onnotice: () => {}, idle_timeout: 0 };

/** Starts a server in `dir`. Side effects: files there, processes that end with this one. */
export async function openLab(dir: string): Promise<Lab> {
  // The stack is what knows how to make a migrated database; its API would hold sessions of it.
  const stack = await startStack({
    dir,
    ports: { api: 0, postgres: 0, providers: 0 },
    cron: false,
    providers: false,
    workers: 0,
  });
  await stack.stop();
  const server = await startPostgres({ dir: join(dir, "postgres"), port: 0 });
  const open: Copy[] = [];
  const urlOf = (name: string) => server.url.replace(/\/postgres$/, `/${name}`);
  const close = async ({ owner, service }: Copy) => {
    await Promise.all([owner.end({ timeout: 5 }), service.end({ timeout: 5 })]);
  };
  return {
    async copy(name, from = "postgres") {
      const admin = postgres(urlOf("template1"), { max: 1, ...QUIET });
      await admin`create database ${admin(name)} template ${admin(from)}`.finally(() =>
        admin.end({ timeout: 5 })
      );
      const url = urlOf(name);
      const copy = {
        url,
        owner: postgres(url, { max: 2, ...QUIET }),
        service: postgres(url, { max: 10, connection: { role: "service_role" }, ...QUIET }),
      };
      open.push(copy);
      return copy;
    },
    close,
    async stop() {
      await Promise.all(open.map(close));
      await server.stop();
    },
  };
}
