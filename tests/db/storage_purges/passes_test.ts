import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { purgeOf } from "../deletion.ts";
import type { Session } from "../engine.ts";

/** A project that is gone, and its folder. */
async function gone({ owner, user, project }: Studio) {
  const projectId = await project(await user());
  await owner`delete from public.projects where id = ${projectId}`;
  return { projectId, prefix: `projects/${projectId}` };
}

/** Takes due folders; those of this test are found among them. */
async function claims(session: Session, prefix: string): Promise<boolean> {
  const rows = await session<{ prefix: string }[]>`
    select claim_storage_purges as prefix from public.claim_storage_purges(100000)`;
  return rows.some((row) => row.prefix === prefix);
}

async function finish(
  session: Session,
  prefix: string,
  pass: { removed?: number; isEmpty?: boolean; error?: string } = {},
): Promise<boolean> {
  const { removed = 0, isEmpty = true, error = null } = pass;
  const [row] = await session`
    select public.finish_storage_purge(${prefix}, ${removed}, ${isEmpty}, ${error}) as result`;
  return row?.["result"];
}

/** Moves a note into the past. */
async function age(owner: Session, prefix: string, hours: number): Promise<void> {
  await owner`
    update public.storage_purges set created_at = created_at - make_interval(hours => ${hours}),
      next_at = next_at - make_interval(hours => ${hours})
    where prefix = ${prefix}`;
}

Deno.test("claim_storage_purges() gives a folder to one worker at a time, and again when that one died", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { prefix } = await gone(studio);
    const both = await Promise.all([claims(service, prefix), claims(service, prefix)]);
    assert.deepEqual(both.sort(), [false, true]);
    assert.equal(await claims(service, prefix), false);
    await age(owner, prefix, 1);
    assert.equal(await claims(service, prefix), true);
  }));

Deno.test("finish_storage_purge() forgets a folder only when it is found empty after every late writer", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { projectId, prefix } = await gone(studio);
    assert.equal(await finish(service, prefix, { removed: 7 }), false);
    const first = await purgeOf(owner, projectId);
    assert.equal(first?.removed_count, 7);
    const waits = Number(first?.next_at) - Number(first?.created_at);
    assert.equal(waits, 3 * 3600 * 1000, "looked at again when nobody can write any more");
    assert.equal(await finish(service, prefix), false, "empty, and too early to tell");
    await age(owner, prefix, 4);
    assert.equal(await finish(service, prefix, { removed: 1 }), false, "somebody had written");
    assert.equal(await claims(service, prefix), false, "and is given another hour");
    assert.equal(await finish(service, prefix), true);
    assert.equal(await purgeOf(owner, projectId), undefined);
  }));

Deno.test("finish_storage_purge() comes back at once to a folder that is not empty, later to one that failed", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { projectId, prefix } = await gone(studio);
    assert.equal(await claims(service, prefix), true);
    await finish(service, prefix, { removed: 1000, isEmpty: false });
    assert.equal(await claims(service, prefix), true);
    await finish(service, prefix, { isEmpty: false, error: "Storage refused" });
    assert.equal(await claims(service, prefix), false);
    const failed = await purgeOf(owner, projectId);
    assert.equal(failed?.error, "Storage refused");
    assert.equal(failed?.removed_count, 1000);
  }));
