/**
 * What `@supabase/lite` 0.10.0 does on its PostgreSQL connection and a local platform should not, put
 * right on the connection itself, because it has no options for it.
 *
 * @module
 */
import type { PostgresConnection } from "@supabase/lite/postgres";
import { type Kysely, sql } from "kysely";

/** Who a request is from, as lite gives it to the connection. */
interface RequestVars {
  readonly auth?: { readonly uid?: unknown; readonly role?: unknown; readonly jwt?: unknown };
  readonly storage?: { readonly operation?: unknown };
}

/** What a call of a database function is told of its request. */
interface RpcRequest {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders?: Readonly<Record<string, string>>;
}

/**
 * 1. Its first request would grant all tables of every schema with RLS, `public` and `auth` too, to `anon`,
 *    `authenticated` and `service_role`. The platform does not, and it would hide a missing or a careless
 *    grant from every test.
 * 2. Each request sets its role and claims by one statement a value: up to ten, each two round trips. One
 *    statement with the same effect halves the time of a call.
 * 3. Objects and lists of a JSON body reach the driver as text, and it would make JSON strings of them: a
 *    `jsonb` argument `[1]` would arrive as `"[1]"`. Text that is an object or a list goes through as it is;
 *    other values are left as lite has them.
 * 4. Instants and decimal numbers come out as PostgreSQL writes them, "2026-11-21 09:00:00+00" and "4.000"; the
 *    platform answers what `to_json` does, "2026-11-21T09:00:00+00:00" and 4.
 */
export function tuneConnection(connection: PostgresConnection): void {
  Reflect.set(connection, "rlsState", "active");
  const { parsers, serializers } = connection.driver.options;
  parsers[TIMESTAMPTZ_OID] = toIsoInstant;
  parsers[NUMERIC_OID] = Number;
  for (const oid of [JSON_OID, JSONB_OID]) {
    serializers[oid] = (value: unknown) =>
      typeof value === "string" && isObjectOrList(value) ? value : JSON.stringify(value);
  }
  Reflect.set(
    connection,
    "applyJwtSessionContext",
    async (db: Kysely<unknown>, { auth, storage }: RequestVars) => {
      const role = String(auth?.role || "anon");
      await sql`
        select
          set_config('role', ${role}, true),
          set_config('request.jwt.claim.sub', ${String(auth?.uid ?? "")}, true),
          set_config('request.jwt.claim.role', ${role}, true),
          set_config('request.jwt.claims', ${JSON.stringify(auth?.jwt ?? { role })}, true),
          set_config('storage.operation', ${String(storage?.operation ?? "")}, true)`.execute(db);
    },
  );
  Reflect.set(
    connection,
    "applyRpcRequestGucs",
    async (db: Kysely<unknown>, { method, path, requestHeaders }: RpcRequest) => {
      await sql`
        select
          set_config('response.status', '', true),
          set_config('response.headers', '', true),
          set_config('request.method', ${method}, true),
          set_config('request.path', ${path}, true),
          set_config('request.headers', ${JSON.stringify(requestHeaders ?? {})}, true)`.execute(db);
    },
  );
}

/** The built-in types' numbers in `pg_type`. */
const JSON_OID = 114;
const JSONB_OID = 3802;
const TIMESTAMPTZ_OID = 1184;
const NUMERIC_OID = 1700;

/** ISO 8601 of an instant as PostgreSQL writes it; `infinity` is left as it is. */
function toIsoInstant(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
}

function isObjectOrList(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
