import assert from "node:assert/strict";
import postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { type Session } from "../engine.ts";
import { refused } from "../looks.ts";
import { TABLES } from "./expectations.ts";
import { sampleRows } from "./sample_rows.ts";

/** What became of a statement: rows it touched, or the SQLSTATE that refused it. */
type Outcome = number | string;

/** Does something as a role with a user's claims, and takes it back. */
async function attempt(
  { owner }: Studio,
  { role, userId }: { role: string; userId: string },
  work: (session: Session) => Promise<readonly unknown[]>,
): Promise<Outcome> {
  let outcome: Outcome = "";
  const rollback = new Error("rollback");
  await owner.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${
      JSON.stringify(role === "anon" ? { role } : { sub: userId, role })
    }, true), set_config('role', ${role}, true)`;
    try {
      outcome = (await work(transaction)).length;
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      outcome = error.code;
    }
    throw rollback;
  }).catch((cause) => {
    if (cause !== rollback) throw cause;
  });
  return outcome;
}

const DENIED = "42501";

for (const [table, rights] of Object.entries(TABLES)) {
  Deno.test(`promise 15: ${table}: what anon, a stranger and the owner can do to a row is what was reviewed`, () =>
    withStudio(async (studio) => {
      const [mine, theirs] = [await sampleRows(studio), await sampleRows(studio)];
      const [row, foreign] = [mine.rows[table], theirs.rows[table]];
      assert.ok(row && foreign, `sampleRows() makes no row of ${table}`);
      const column = rights.updates[0] ?? row.key;
      const actions = {
        select: (of: typeof row) => (session: Session) =>
          session`select * from ${session(`public.${table}`)} where ${
            session(of.key)
          }::text = ${of.value}`,
        update: (of: typeof row) => (session: Session) =>
          session`update ${session(`public.${table}`)} set ${session(column)} = ${session(column)}
            where ${session(of.key)}::text = ${of.value} returning 1`,
        delete: (of: typeof row) => (session: Session) =>
          session`delete from ${session(`public.${table}`)}
            where ${session(of.key)}::text = ${of.value} returning 1`,
      };
      const mayUpdate = rights.updates.length > 0;
      const sees = { own: [1, 0], all: [1, 1], none: [DENIED, DENIED] }[rights.sees];
      const expected: Record<string, readonly (Outcome | undefined)[]> = {
        // The owner's own row, then another user's.
        select: sees,
        update: mayUpdate ? [1, 0] : [DENIED, DENIED],
        delete: rights.deletes ? [1, 0] : [DENIED, DENIED],
      };
      for (const [verb, act] of Object.entries(actions)) {
        const as = { role: "authenticated", userId: mine.userId };
        const own = await attempt(studio, as, act(row));
        const other = await attempt(studio, as, act(foreign));
        // A column that can't be written at all is refused before rights are looked at.
        const isIdentity = verb === "update" && own === "428C9" && other === "428C9";
        if (!isIdentity) assert.deepEqual([own, other], expected[verb], `authenticated: ${verb}`);
        const anon = await attempt(studio, { role: "anon", userId: "" }, act(row));
        if (anon !== "428C9") assert.equal(anon, DENIED, `anon: ${verb}`);
      }
      for (const source of [row, foreign]) {
        const copy = (session: Session) =>
          session`insert into ${session(`public.${table}`)} overriding system value
          select r.* from jsonb_populate_record(null::${session(`public.${table}`)}, ${
            session.json({ [row.key]: source.value, user_id: theirs.userId })
          }) as r returning 1`;
        const as = { role: "authenticated", userId: mine.userId };
        assert.equal(await attempt(studio, as, copy), DENIED, "no row is added whole");
        assert.equal(await attempt(studio, { role: "anon", userId: "" }, copy), DENIED);
      }
    }));
}

Deno.test("promise 15: a user adds projects and scenes of their own, and can't name another owner", () =>
  withStudio(async (studio) => {
    const [mine, theirs] = [await sampleRows(studio), await sampleRows(studio)];
    const as = { role: "authenticated", userId: mine.userId };
    const project = (columns: Record<string, string>) => (session: Session) =>
      session`insert into public.projects ${session({ title: "New", ...columns })} returning 1`;
    assert.equal(await attempt(studio, as, project({})), 1);
    assert.equal(await attempt(studio, as, project({ user_id: mine.userId })), DENIED);
    assert.equal(await attempt(studio, as, project({ user_id: theirs.userId })), DENIED);
    assert.equal(await attempt(studio, as, project({ status: "completed" })), DENIED);
    const scene = (projectId: string | undefined) => (session: Session) =>
      session`insert into public.scenes (project_id, index, text)
        values (${projectId ?? ""}, 9, 'New') returning 1`;
    assert.equal(await attempt(studio, as, scene(mine.rows["projects"]?.value)), 1);
    assert.equal(await attempt(studio, as, scene(theirs.rows["projects"]?.value)), "23503");
    const moved = (session: Session) =>
      session`update public.scenes set project_id = ${
        theirs.rows["projects"]?.value ?? ""
      } returning 1`;
    assert.equal(await attempt(studio, as, moved), DENIED);
  }));

Deno.test("promise 15: no asset can be put into another tenant's project or scene, whoever writes it", () =>
  withStudio(async (studio) => {
    const { owner, user } = studio;
    const { rows } = await sampleRows(studio);
    const strangerId = await user();
    for (const table of ["scenes", "image_assets", "audio_clips", "video_clips", "films"]) {
      await refused(
        owner`update ${owner(`public.${table}`)} set user_id = ${strangerId}
          where id = ${rows[table]?.value ?? ""}`,
        "23503",
      );
    }
    await refused(
      owner`update public.projects set user_id = ${strangerId} where id = ${
        rows["projects"]?.value ?? ""
      }`,
      "23503",
    );
  }));
