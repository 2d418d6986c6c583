import assert from "node:assert/strict";
import { asUser } from "../as_user.ts";
import { withStudio } from "../database.ts";
import { deleteProject, fullProject } from "../deletion.ts";
import { claimJob, fail, succeed } from "../engine.ts";
import { refused } from "../looks.ts";

Deno.test("project_overview: the owner's projects with scenes, assets and jobs; nothing for a stranger, nothing deleted", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const [userId, strangerId] = [await user(), await user()];
    const { projectId, sceneId, jobIds } = await fullProject(studio, service, userId);
    const gone = await fullProject(studio, service, userId);
    await deleteProject(service, userId, gone.projectId);
    const [, image = "", audio = ""] = jobIds;
    const picture = { url: "https://studio.test/a.jpg", width: 1280, height: 720 };
    await succeed(service, await claimJob(service, image), picture);
    const spoken = { url: "https://studio.test/a.mp3", duration_sec: 2.5 };
    await succeed(service, await claimJob(service, audio), spoken);
    await owner`
      insert into public.frames (user_id, project_id, scene_id, index, camera, action, video_prompt)
      values (${userId}, ${projectId}, ${sceneId}, 1, 'Wide', 'A fox', 'It runs')`;
    const read = (id: string) =>
      asUser(owner, id, (session) => session`select * from public.project_overview`);
    const [row, ...more] = await read(userId);
    assert.equal(more.length, 0);
    assert.equal(row?.["id"], projectId);
    assert.deepEqual(row?.["job_counts"], { queued: 2, succeeded: 2 });
    assert.equal(row?.["film"].status, "pending");
    const [scene] = row?.["scenes"] ?? [];
    assert.equal(scene.id, sceneId);
    assert.equal(scene.main_image.url, picture.url);
    assert.equal(scene.audio_clip.url, spoken.url);
    assert.equal(scene.video_clip, null, "this clip is the project's, not the scene's");
    const [shot] = scene.shots;
    assert.deepEqual([shot.action, shot.image, shot.video_clip], ["A fox", null, null]);
    const states = row?.["jobs"].map((job: { state: string }) => job.state);
    assert.deepEqual(
      states,
      ["queued", "queued", "succeeded", "succeeded"],
      "unfinished ones first",
    );
    assert.ok(!("payload" in row?.["jobs"][0]));
    assert.equal((await read(strangerId)).length, 0);
  }));

Deno.test("credit_history: what each entry was for and what was left; a deleted project's keep amount and reason", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const [userId, strangerId] = [await user(), await user()];
    const { projectId, jobIds } = await fullProject(studio, service, userId);
    await fail(service, await claimJob(service, jobIds[0] ?? ""));
    const read = (id: string) =>
      asUser(owner, id, (session) => session`select * from public.credit_history order by id`);
    const rows = await read(userId);
    assert.deepEqual(
      rows.map(({ kind, reason, amount, balance }) => [kind, reason, amount, balance]),
      [
        ["grant", "welcome", 500, 500],
        ...[499, 498, 497, 496].map((balance) => ["charge", "generate-video", -1, balance]),
        ["refund", "PROVIDER_FAILED", 1, 497],
      ],
    );
    const [, first] = rows;
    assert.deepEqual([first?.["job_kind"], first?.["project_id"], first?.["project_title"]], [
      "video",
      projectId,
      "A test",
    ]);
    await deleteProject(service, userId, projectId);
    const [, later] = await read(userId);
    assert.deepEqual([later?.["amount"], later?.["job_kind"], later?.["project_title"]], [
      -1,
      null,
      null,
    ]);
    assert.deepEqual((await read(strangerId)).map(({ reason }) => reason), ["welcome"]);
  }));

Deno.test("model_catalogue: live models with flat limits, each with the retired ones it replaces", () =>
  withStudio(async ({ owner, user, model }) => {
    const retired = await model();
    await owner`update public.models set retired_at = now(), replaced_by = 'wan-2.5'
      where id = ${retired}`;
    const rows = await asUser(
      owner,
      await user(),
      (session) => session`select * from public.model_catalogue`,
    );
    assert.ok(!rows.some(({ id }) => id === retired));
    const wan = rows.find(({ id }) => id === "wan-2.5");
    assert.deepEqual(wan?.["durations_sec"], [5, 10]);
    assert.equal(wan?.["max_prompt_chars"], 800);
    assert.ok(wan?.["replaces"].includes(retired));
  }));

Deno.test("promise 15: views are read by users alone", () =>
  withStudio(async ({ owner, service }) => {
    for (const view of ["project_overview", "credit_history", "model_catalogue"]) {
      await refused(service`select 1 from ${service(`public.${view}`)}`, "42501");
      const asAnon = owner.begin(async (session) => {
        await session`set local role anon`;
        await session`select 1 from ${session(`public.${view}`)}`;
      });
      await refused(asAnon, "42501");
    }
  }));
