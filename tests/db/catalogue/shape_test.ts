import assert from "node:assert/strict";
import { withStudio } from "../database.ts";

Deno.test("every foreign key has an index that begins with its columns", () =>
  withStudio(async ({ owner }) => {
    const bare = await owner<{ name: string }[]>`
      select c.conrelid::regclass || ' ' || c.conname as name
      from pg_constraint as c
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace
        and not exists (
          select from pg_index as i
          where i.indrelid = c.conrelid and i.indpred is null
            and (select array_agg(k.attnum order by k.attnum)
                from unnest((i.indkey::smallint[])[0:cardinality(c.conkey) - 1]) as k (attnum))
              = (select array_agg(k.attnum order by k.attnum) from unnest(c.conkey) as k (attnum))
        )`;
    assert.deepEqual(bare.map(({ name }) => name), []);
  }));

Deno.test("every table, jsonb column and function says what it is", () =>
  withStudio(async ({ owner }) => {
    const silent = await owner<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class as c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
        and obj_description(c.oid, 'pg_class') is null
      union all
      select c.oid::regclass || '.' || a.attname from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0
        and a.atttypid = 'jsonb'::regtype and col_description(c.oid, a.attnum) is null
      union all
      select p.oid::regprocedure::text from pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and obj_description(p.oid, 'pg_proc') is null`;
    assert.deepEqual(silent.map(({ name }) => name), []);
  }));

Deno.test("every policy is for a role, and no policy opens another schema of ours", () =>
  withStudio(async ({ owner }) => {
    const loose = await owner`
      select schemaname, tablename, policyname from pg_policies
      where (schemaname = 'public' and roles <> '{authenticated}')
        or schemaname in ('private', 'storage')`;
    assert.deepEqual([...loose], []);
    const [objects] = await owner`
      select relrowsecurity as secured from pg_class where oid = 'storage.objects'::regclass`;
    assert.equal(objects?.["secured"], true, "and so clients can neither list nor write files");
  }));
