/**
 * The Data API's way of calling SQL functions, straight on the database: what `client.rpc` sends is run by
 * name as the service, and errors look as PostgREST's do. So adapters are tested on real SQL without HTTP.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import type { Database } from "../../shared/database.types.ts";
import type { Client } from "../../supabase/functions/_shared/database/rpc.ts";

/** Makes the official client on a session. */
export function createSqlClient(sql: postgres.Sql): Client {
  return createClient<Database>("https://studio.test", "sb_secret_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: async (input, init) => await answer(sql, new Request(input, init)) },
  });
}

async function answer(sql: postgres.Sql, request: Request): Promise<Response> {
  const name = /\/rest\/v1\/rpc\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
  assert.ok(name, request.url);
  const args: Record<string, postgres.JSONValue> = await request.json();
  try {
    return Response.json(await call(sql, name, args));
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const { code, message, detail, hint } = error;
    const status = Number(/^PT(\d{3})$/.exec(code)?.[1] ?? 400);
    return Response.json({ code, message, details: detail ?? null, hint: hint ?? null }, {
      status,
    });
  }
}

async function call(
  sql: postgres.Sql,
  name: string,
  args: Record<string, postgres.JSONValue>,
): Promise<unknown> {
  const parameters = await sql<{ name: string; type: string; many: boolean }[]>`
    select a.name, format_type(a.type, null) as type, p.proretset as many
    from pg_proc as p, unnest(p.proargnames, p.proargtypes::oid[]) as a (name, type)
    where p.pronamespace = 'public'::regnamespace and p.proname = ${name} and a.type is not null`;
  const given = parameters.filter((parameter) => parameter.name in args);
  assert.deepEqual(given.map((parameter) => parameter.name).sort(), Object.keys(args).sort());
  const columns = given.map((parameter) => `${parameter.name} ${parameter.type}`).join(", ");
  const passed = given.map(({ name: parameter }) => `${parameter} => a.${parameter}`).join(", ");
  const rows = await sql.unsafe<{ value: unknown }[]>(
    `select to_jsonb(f) as value
     from jsonb_to_record($1::jsonb) as a (${columns}), lateral public.${name}(${passed}) as f`,
    [sql.json(args)],
  );
  const values = rows.map(({ value }) => value);
  return parameters[0]?.many ? values : values[0] ?? null;
}
