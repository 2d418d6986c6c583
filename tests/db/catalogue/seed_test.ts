import assert from "node:assert/strict";
import type postgres from "postgres";
import { withStudio } from "../database.ts";

const SEED = await Deno.readTextFile(new URL("../../../supabase/seed.sql", import.meta.url));

/** Runs in a transaction that leaves nothing behind. */
async function rolledBack(
  owner: postgres.Sql,
  run: (sql: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  const undo = new Error("Undo");
  await owner.begin(async (sql) => {
    await run(sql);
    throw undo;
  }).catch((error: unknown) => {
    if (error !== undo) throw error;
  });
}

const speechRows = (sql: postgres.TransactionSql) =>
  sql`select id, is_default, retired_at is not null as retired, replaced_by
    from public.models where kind = 'speech' and id like 'google-tts%' order by id`;

Deno.test("the seed takes the default from the one speech model of before, and can be run again", () =>
  withStudio(({ owner }) =>
    rolledBack(owner, async (sql) => {
      const fresh = await speechRows(sql);
      await sql`update public.models set retired_at = null, replaced_by = null where id = 'google-tts'`;
      await sql`delete from public.models where id like 'google-tts-%'`;
      await sql`update public.models set is_default = true where id = 'google-tts'`;
      for (let run = 0; run < 2; run++) {
        await sql.unsafe(SEED);
        assert.deepEqual([...await speechRows(sql)], [...fresh]);
      }
      const standing = fresh.filter((row) => row["is_default"]).map((row) => row["id"]);
      assert.deepEqual(standing, ["google-tts-neural2"]);
    })
  ));

Deno.test("every kind has at least one live model that is the default, and every retired one a live successor", () =>
  withStudio(async ({ owner }) => {
    const [odd] = await owner`
      select (
        select count(*)::int from (values ('script'), ('image'), ('speech'), ('video'), ('film')) as k (kind)
        where not exists (select from public.models as m where m.kind = k.kind and m.is_default)
      ) as without_default, (
        select count(*)::int from public.models as m
        where m.retired_at is not null and not exists (
          select from public.models as s where s.id = m.replaced_by and s.retired_at is null
        )
      ) as without_successor`;
    assert.deepEqual({ ...odd }, { without_default: 0, without_successor: 0 });
  }));
