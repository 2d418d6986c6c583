import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { claimJob, startJob, succeed } from "../engine.ts";
import { clipItem } from "../items.ts";
import { refused } from "../looks.ts";
import { sampleRows } from "../catalogue/sample_rows.ts";

/** What a user, or nobody, is told. */
async function contextOf(
  { owner }: Studio,
  { role, userId }: { role: string; userId: string },
  { projectId = null, sceneId = null }: { projectId?: string | null; sceneId?: string | null },
) {
  return await owner.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${
      JSON.stringify({ sub: userId, role })
    }, true), set_config('role', ${role}, true)`;
    const [row] = await transaction`
      select public.studio_context('video', ${projectId}, ${sceneId}) as context`;
    return row?.["context"];
  });
}

Deno.test("promise 15: studio_context() shows a project to its owner alone, by its id or a scene's", () =>
  withStudio(async (studio) => {
    const [mine, theirs] = [await sampleRows(studio), await sampleRows(studio)];
    const as = { role: "authenticated", userId: mine.userId };
    const projectId = mine.rows["projects"]?.value ?? "";
    for (const target of [{ projectId }, { sceneId: mine.rows["scenes"]?.value ?? "" }]) {
      const context = await contextOf(studio, as, target);
      assert.equal(context.project.id, projectId);
      assert.deepEqual(context.scenes.map(({ index }: { index: number }) => index), [1]);
      assert.equal(context.settings.user_id, mine.userId);
      assert.ok(context.models.every(({ kind }: { kind: string }) => kind === "video"));
    }
    for (
      const target of [
        { projectId: theirs.rows["projects"]?.value ?? "" },
        { sceneId: theirs.rows["scenes"]?.value ?? "" },
        { projectId: crypto.randomUUID() },
      ]
    ) {
      const context = await contextOf(studio, as, target);
      assert.equal(context.project, null);
      const { scenes, images, audio_clips, video_clips } = context;
      assert.deepEqual([scenes, images, audio_clips, video_clips], [[], [], [], []]);
    }
    await refused(contextOf(studio, { role: "anon", userId: "" }, { projectId }), "42501");
  }));

Deno.test("studio_context() gives ready assets only, newest first", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, rows } = await sampleRows(studio);
    const projectId = rows["projects"]?.value ?? "";
    const as = { role: "authenticated", userId };
    assert.deepEqual((await contextOf(studio, as, { projectId })).video_clips, []);
    const modelId = rows["models"]?.value ?? "";
    const subjects: (string | null)[] = [];
    for (let made = 0; made < 2; made++) {
      const job = await claimJob(
        service,
        await startJob(service, userId, clipItem(projectId, modelId)),
      );
      await succeed(service, job);
      subjects.unshift(job.subject_id);
    }
    const { video_clips } = await contextOf(studio, as, { projectId });
    assert.deepEqual(video_clips.map(({ id }: { id: string }) => id), subjects);
    await owner`update public.projects set deleted_at = now() where id = ${projectId}`;
    assert.equal((await contextOf(studio, as, { projectId })).project, null);
  }));
