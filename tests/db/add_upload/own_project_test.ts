import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import type { Session } from "../engine.ts";

/** What `add_upload` answers, in part. */
interface Added {
  readonly project: { readonly id: string; readonly language: string; readonly tone: string };
  readonly is_new: boolean;
}

/** Adds a picture, to a project made for it unless one is named. */
async function add(session: Session, userId: string, projectId?: string): Promise<Added> {
  const image = crypto.randomUUID();
  const hash = image.replaceAll("-", "").repeat(2);
  const [row] = await session<{ added: Added }[]>`
    select public.add_upload(${userId}, ${projectId ?? crypto.randomUUID()}, ${
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
