import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { FUNCTIONS, OPEN_DEFINERS, PRIVATE_FUNCTIONS, TABLES, VIEWS } from "./expectations.ts";

/** Read by users, and that is all. */
const VIEW_RIGHTS = { sees: "own", deletes: false, service: [] as string[] } as const;

const ROLES = ["anon", "authenticated", "service_role"];

Deno.test("promise 15: every table and view has a reviewed line of rights, and row level security", () =>
  withStudio(async ({ owner }) => {
    const relations = await owner<{ name: string; kind: string; secured: boolean }[]>`
      select c.relname as name, c.relkind as kind,
        c.relrowsecurity or coalesce('security_invoker=true' = any (c.reloptions), false) as secured
      from pg_class as c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`;
    const reviewed = [...Object.keys(TABLES), ...VIEWS];
    assert.deepEqual(relations.map(({ name }) => name).sort(), reviewed.sort());
    for (const { name, kind, secured } of relations) {
      assert.equal(kind, VIEWS.includes(name) ? "v" : "r", name);
      assert.ok(secured, `${name} has row level security, or asks with its caller's rights`);
    }
  }));

Deno.test("promise 15: the rights of every role on every table and column are the reviewed ones", () =>
  withStudio(async ({ owner }) => {
    const tables = await owner<{ name: string; role: string; rights: string[] }[]>`
      select c.relname as name, r.role, coalesce(
        array_agg(v.verb order by v.verb) filter (where has_table_privilege(r.role, c.oid, v.verb)), '{}'
      ) as rights
      from pg_class as c,
        unnest(${ROLES}::text[]) as r (role),
        unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger',
          'maintain']) as v (verb)
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      group by c.relname, r.role`;
    for (const { name, role, rights } of tables) {
      const expected = VIEWS.includes(name) ? VIEW_RIGHTS : TABLES[name];
      assert.ok(expected, name);
      const whole = role === "service_role"
        ? expected.service
        : role === "anon" || expected.sees === "none"
        ? []
        : [...(expected.deletes ? ["delete"] : []), "select"];
      assert.deepEqual(rights, whole, `${role} on ${name}`);
    }
    const columns = await owner<
      { name: string; role: string; verb: "insert" | "update"; columns: string[] }[]
    >`
      select c.relname as name, r.role, v.verb, coalesce(
        array_agg(a.attname::text order by a.attname)
          filter (where has_column_privilege(r.role, c.oid, a.attnum, v.verb)), '{}'
      ) as columns
      from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        and not a.attisdropped,
        unnest(array['anon', 'authenticated']) as r (role), unnest(array['insert', 'update']) as v (verb)
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      group by c.relname, r.role, v.verb`;
    assert.equal(columns.length, (Object.keys(TABLES).length + VIEWS.length) * 4);
    for (const { name, role, verb, columns: granted } of columns) {
      const expected = verb === "insert" ? TABLES[name]?.inserts : TABLES[name]?.updates;
      const rights = role === "anon" ? [] : [...expected ?? []];
      assert.deepEqual(granted, rights.sort(), `${role}: ${verb} on ${name}`);
    }
  }));

for (
  const [schema, reviewed] of [["public", FUNCTIONS], ["private", PRIVATE_FUNCTIONS]] as const
) {
  Deno.test(`promise 15: the functions of the schema ${schema} may be called by the reviewed roles alone`, () =>
    withStudio(async ({ owner }) => {
      const functions = await owner<{ name: string; roles: string[] }[]>`
        select p.proname as name, coalesce(
          array_agg(r.role order by r.role)
            filter (where has_function_privilege(r.role, p.oid, 'execute')), '{}'
        ) as roles
        from pg_proc as p, unnest(${ROLES}::text[]) as r (role)
        where p.pronamespace = ${schema}::regnamespace
        group by p.oid, p.proname`;
      for (const { name, roles } of functions) {
        assert.deepEqual(roles, [...reviewed[name] ?? []], `${schema}.${name}`);
      }
      const names = functions.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length, "no function has two signatures");
      const missing = Object.keys(reviewed).filter((name) => !names.includes(name));
      assert.deepEqual(missing, [], "the list names no function that is gone");
      if (schema === "public") assert.deepEqual(names.sort(), Object.keys(reviewed).sort());
    }));
}

Deno.test("promise 15: every function has an empty search path, and only reviewed definers are anybody's to call", () =>
  withStudio(async ({ owner }) => {
    const functions = await owner<
      { name: string; config: string[] | null; definer: boolean; open: boolean }[]
    >`
      select p.oid::regprocedure::text as name, p.proconfig as config, p.prosecdef as definer,
        has_function_privilege('anon', p.oid, 'execute')
          or has_function_privilege('authenticated', p.oid, 'execute') as open
      from pg_proc as p where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)`;
    for (const { name, config } of functions) {
      assert.ok(config?.includes('search_path=""'), `${name}: ${config}`);
    }
    const open = functions.filter((one) => one.definer && one.open).map(({ name }) => name);
    assert.deepEqual(open.sort(), OPEN_DEFINERS);
  }));

Deno.test("promise 15: anon can't use the schema private, and nobody but the owner makes objects", () =>
  withStudio(async ({ owner }) => {
    const rights = await owner<{ role: string; schema: string; usage: boolean; create: boolean }[]>`
      select r.role, s.schema, has_schema_privilege(r.role, s.schema, 'usage') as usage,
        has_schema_privilege(r.role, s.schema, 'create') as create
      from unnest(${ROLES}::text[]) as r (role), unnest(array['public', 'private']) as s (schema)`;
    for (const { role, schema, usage, create } of rights) {
      assert.equal(usage, schema === "public" || role !== "anon", `${role} uses ${schema}`);
      assert.equal(create, false, `${role} creates in ${schema}`);
    }
  }));

Deno.test("promise 15: a table or function of tomorrow is closed to every role until it is granted", () =>
  withStudio(async ({ owner }) => {
    const rollback = new Error("rollback");
    await owner.begin(async (transaction) => {
      await transaction.unsafe(`
        create table public.of_tomorrow (id int);
        create function public.of_tomorrow() returns int language sql as 'select 1';
        create function private.of_tomorrow() returns int language sql as 'select 1';`);
      const open = await transaction`
        select r.role, v.verb from unnest(${ROLES}::text[]) as r (role),
          unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as v (verb)
        where has_table_privilege(r.role, 'public.of_tomorrow', v.verb)`;
      assert.deepEqual(open.map(({ role, verb }) => `${role} ${verb}`), []);
      const callable = await transaction`
        select r.role from unnest(${ROLES}::text[]) as r (role)
        where has_function_privilege(r.role, 'public.of_tomorrow()', 'execute')
          or has_function_privilege(r.role, 'private.of_tomorrow()', 'execute')`;
      assert.deepEqual(callable.map(({ role }) => role), []);
      throw rollback;
    }).catch((cause) => {
      if (cause !== rollback) throw cause;
    });
  }));
