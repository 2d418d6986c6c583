import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { purgeOf } from "../deletion.ts";
import type { Session } from "../engine.ts";

/** What `add_upload` answers, in part. */
interface Added {
  readonly project: { readonly id: string; readonly language: string; readonly tone: string };
  readonly is_new: boolean;
}

/** Adds a picture, to a project made for it (under an id that may be given) unless one is named. */
async function add(
  session: Session,
  userId: string,
  projectId?: string,
  newId: string = crypto.randomUUID(),
): Promise<Added> {
  const image = crypto.randomUUID();
  const hash = image.replaceAll("-", "").repeat(2);
  const [row] = await session<{ added: Added }[]>`
    select public.add_upload(${userId}, ${projectId ?? newId}, ${
    projectId === undefined
  }, ${image}, ${hash}, ${`https://studio.test/${image}.jpg`}, 96, 64) as added`;
  assert.ok(row);
  return row.added;
}

for (const [field, value] of [["language", "ko-KR"], ["tone", "playful"]] as const) {
  Deno.test(`add_upload() makes a photo's own project in the ${field} of its user's settings`, () =>
    withStudio(async ({ owner, service, user, project }) => {
      const userId = await user();
      const usual = { language: "en-US", tone: "warm" };
      await owner`
        update public.settings set ${owner(`default_${field}`)} = ${value}
        where user_id = ${userId}`;
      const { project: made } = await add(service, userId);
      const { language, tone } = made;
      assert.deepEqual({ language, tone }, { ...usual, [field]: value });
      const own = await project(userId, { [field]: "de" });
      assert.equal((await add(service, userId, own)).project[field], "de", "its own value wins");
    }));
}

Deno.test("a new project's folder is noted until the project is there, and purged when it never comes", () =>
  withStudio(async ({ owner, service, user }) => {
    const userId = await user();
    const [made, never] = [crypto.randomUUID(), crypto.randomUUID()];
    for (const id of [made, never]) await service`select public.note_new_folder(${id})`;
    const note = await purgeOf(owner, made);
    assert.equal(Number(note?.next_at) - Number(note?.created_at), 3 * 3600 * 1000);

    await add(service, userId, undefined, made);
    assert.equal(await purgeOf(owner, made), undefined, "nobody empties it any more");
    await owner`
      insert into public.image_assets (user_id, project_id, source, url, status, content_hash)
      select ${userId}, ${made}, 'uploaded', 'https://studio.test/' || i, 'ready',
        encode(sha256(i::text::bytea), 'hex') from generate_series(1, 299) as i`;
    await assert.rejects(add(service, userId, undefined, never), /RATE_LIMITED/);
    assert.ok(await purgeOf(owner, never), "what was put there before the refusal");
    await owner`
      update public.storage_purges set next_at = now() where prefix = ${`projects/${never}`}`;
    const due = await service<{ prefix: string }[]>`
      select claim_storage_purges as prefix from public.claim_storage_purges(100000)`;
    assert.ok(due.some(({ prefix }) => prefix === `projects/${never}`));
    await owner`delete from public.storage_purges where prefix = ${`projects/${never}`}`;
  }));
