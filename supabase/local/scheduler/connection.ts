/**
 * The scheduler's database connections.
 *
 * @module
 */
import "../driver_fix.ts";
import postgres from "postgres";

/** A client of the `postgres` package. */
export type Sql = postgres.Sql;

/** How a connection differs from the usual. */
export interface ConnectionOptions {
  /** Shown in `pg_stat_activity`; the stand-in extensions look for it there. */
  readonly name: string;
  /** Another database than the one in the URL. */
  readonly database?: string;
  /** Called when the connection is lost or ended. */
  readonly onClose?: () => void;
}

/** Makes a client with one connection, opened at first use, kept, and opened again when lost. */
export function connect(databaseUrl: string, options: ConnectionOptions): Sql {
  return postgres(databaseUrl, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 10,
    backoff: false,
    fetch_types: false,
    prepare: false,
    onnotice: () => {},
    onclose: options.onClose ?? (() => {}),
    connection: { application_name: options.name },
    ...(options.database === undefined ? {} : { database: options.database }),
  });
}
