import assert from "node:assert/strict";
import type { StudioContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import { sceneShot } from "../../../supabase/functions/_shared/production/scene_shots.ts";
import { asUser } from "../as_user.ts";
import { type Studio, withStudio } from "../database.ts";
import { type Session, succeed } from "../engine.ts";
import { addCharacter, addFrame, addImage, hold, inProduction, step } from "../productions.ts";

type Scene = StudioContext["scenes"][number];

/** A production of three scenes, each with the shot that is the scene itself, as a step writes it. */
async function setUp(studio: Studio) {
  const { owner, service, scene } = studio;
  const film = await inProduction(studio);
  const ids: string[] = [];
  for (const index of [1, 2, 3]) ids.push(await scene(film.userId, film.projectId, index));
  await owner`update public.scenes set title = 'Dusk', plot = 'A boat' where id <> ${ids[2] ?? ""}
    and project_id = ${film.projectId}`;
  await step(service, film.job, { frames: (await scenesOf(owner, film)).map(sceneShot) });
  return { ...film, scenes: ids };
}

async function scenesOf(session: Session, { projectId }: { projectId: string }): Promise<Scene[]> {
  return await session<Scene[]>`
    select * from public.scenes where project_id = ${projectId} order by index`;
}

async function shotsOf(session: Session, { projectId }: { projectId: string }) {
  return await session<{ scene_id: string; action: string; video_prompt: string }[]>`
    select f.scene_id, f.action, f.video_prompt
    from public.frames as f join public.scenes as s on s.id = f.scene_id
    where f.project_id = ${projectId} order by s.index, f.index`;
}

/** What the shots say when each is its scene itself. */
function ofScenes(scenes: readonly Scene[]) {
  return scenes.map(sceneShot).map(({ scene_id, action, video_prompt }) => ({
    scene_id,
    action,
    video_prompt,
  }));
}

Deno.test("a shot that is its scene itself stays it, whatever of the scene is changed", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const film = await setUp(studio);
    // Longer than a shot's columns take, and of characters of two UTF-16 units.
    const long = "🚤".repeat(9000);
    const changes = [
      { title: "Night" },
      { plot: "A storm" },
      { text: "It sinks" },
      { plot: "", title: "" },
      { text: long },
      { title: "Morning", plot: "Calm" },
    ];
    await asUser(owner, film.userId, async (session) => {
      for (const change of changes) {
        await session`update public.scenes set ${
          session(change)
        } where project_id = ${film.projectId}`;
        const scenes = await scenesOf(session, film);
        assert.deepEqual([...await shotsOf(session, film)], ofScenes(scenes));
      }
    });
  }));

Deno.test("what somebody wrote for a shot outlives its scene's change, field by field", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const film = await setUp(studio);
    const [one = "", two = ""] = film.scenes;
    const found = await asUser(owner, film.userId, async (session) => {
      await session`update public.frames set action = 'A gull' where scene_id = ${one}`;
      await session`update public.frames set video_prompt = 'It flies' where scene_id = ${two}`;
      await session`update public.scenes set plot = 'A storm' where id in (${one}, ${two})`;
      return await shotsOf(session, film);
    });
    assert.deepEqual(found.map(({ action, video_prompt }) => [action, video_prompt]), [
      ["A gull", "A storm"],
      ["Dusk. A storm", "It flies"],
      [". Scene 3", "Scene 3"],
    ]);
  }));

Deno.test("scenes that are written anew lose their shots and not their pictures, the others keep both", () =>
  withStudio(async (studio) => {
    const { owner, service, model } = studio;
    const film = await setUp(studio);
    const [one = "", two = ""] = film.scenes;
    await addFrame(owner, { ...film, sceneId: one, index: 2 });
    const kept = await addFrame(owner, { ...film, sceneId: two, index: 2 });
    const pictures = [];
    for (const sceneId of [one, two]) {
      const [frame] = await owner<{ id: string }[]>`
        select id from public.frames where scene_id = ${sceneId} and index = 1`;
      pictures.push(await addImage(owner, { ...film, sceneId, frameId: frame?.id ?? null }));
    }
    const item = {
      kind: "scenes",
      child_key: "scenes",
      project_id: film.projectId,
      model_id: await model({ kind: "script" }),
      units: 1,
      deadline_sec: 300,
      payload: {},
      asset: null,
    };
    const [child] = (await step(service, film.job, { stage: "scenes", items: [item] })).started ??
      [];
    // The first shows something else, the second says something else, the third has become a plot.
    await succeed(service, await hold(service, child?.id ?? ""), {
      scenes: [
        { title: "Dusk", text: "Scene 1", plot: "A storm" },
        { title: "Dusk", text: "It sails", plot: "A boat" },
        { title: "", text: "It lands", plot: "Scene 3" },
      ],
    });
    const left = await owner<{ id: string; scene_id: string }[]>`
      select id, scene_id from public.frames where project_id = ${film.projectId}`;
    assert.deepEqual(
      left.map(({ scene_id }) => scene_id).sort(),
      [...film.scenes, two].slice(1).sort(),
    );
    assert.ok(left.some(({ id }) => id === kept));
    const found = await owner<{ id: string; is_stale: boolean; has_shot: boolean }[]>`
      select id, stale_at is not null as is_stale, frame_id is not null as has_shot
      from public.image_assets where id in ${owner(pictures)}`;
    assert.deepEqual(
      new Map(found.map(({ id, is_stale, has_shot }) => [id, [is_stale, has_shot]])),
      new Map([[pictures[0] ?? "", [true, false]], [pictures[1] ?? "", [false, true]]]),
    );
  }));

Deno.test("a shot is written with the picture and the clip that its scene has, which its edit makes stale", () =>
  withStudio(async (studio) => {
    const { owner, service, scene } = studio;
    const film = await inProduction(studio);
    const sceneId = await scene(film.userId, film.projectId);
    const pictures = {
      taken: await addImage(owner, { ...film, sceneId }),
      other: await addImage(owner, { ...film, sceneId }),
    };
    const [clip] = await owner<{ id: string }[]>`
      insert into public.video_clips (
        user_id, project_id, scene_id, image_id, provider, model_id, prompt, aspect_ratio, duration_sec, url, status
      ) values (
        ${film.userId}, ${film.projectId}, ${sceneId}, ${pictures.taken}, 'test', 'test', 'A boat', '16:9', 5,
        'https://a.test/a.mp4', 'ready'
      ) returning id`;
    const shots = (await scenesOf(owner, film)).map(sceneShot).map((shot) => ({
      ...shot,
      image_id: pictures.taken,
      video_clip_id: clip?.id ?? null,
    }));
    await step(service, film.job, { frames: shots });
    const staleOf = async (session: Session) =>
      (await session<{ id: string }[]>`
        select id from public.image_assets where project_id = ${film.projectId} and stale_at is not null
        union all
        select id from public.video_clips where project_id = ${film.projectId} and stale_at is not null
      `).map(({ id }) => id).sort();
    const found = await asUser(owner, film.userId, async (session) => {
      const [frame] = await session<{ image_id: string; video_clip_id: string }[]>`
        select image_id, video_clip_id from public.frames where project_id = ${film.projectId}`;
      await session`update public.frames set video_prompt = 'It sinks' where scene_id = ${sceneId}`;
      const first = await staleOf(session);
      await session`update public.frames set action = 'A gull' where scene_id = ${sceneId}`;
      return { frame: { ...frame }, first, second: await staleOf(session) };
    });
    const clipId = clip?.id ?? "";
    const joon = await addCharacter(owner, { ...film, name: "Joon" });
    const cast = await asUser(owner, film.userId, async (session) => {
      await session`
        insert into public.frame_characters (frame_id, character_id, project_id)
        select id, ${joon}, project_id from public.frames where project_id = ${film.projectId}`;
      return await staleOf(session);
    });
    assert.deepEqual(cast, [clipId, pictures.taken].sort());
    assert.deepEqual(found, {
      frame: { image_id: pictures.taken, video_clip_id: clipId },
      first: [clipId],
      second: [clipId, pictures.taken].sort(),
    });
  }));

Deno.test("a shot is written without a picture that went, or that is another project's", () =>
  withStudio(async (studio) => {
    const { owner, service, scene, project } = studio;
    const film = await inProduction(studio);
    await scene(film.userId, film.projectId);
    await scene(film.userId, film.projectId, 2);
    const elsewhere = await project(film.userId);
    const theirs = await addImage(owner, { userId: film.userId, projectId: elsewhere });
    const shots = (await scenesOf(owner, film)).map(sceneShot).map((shot, at) => ({
      ...shot,
      image_id: at === 0 ? crypto.randomUUID() : theirs,
      video_clip_id: crypto.randomUUID(),
    }));
    assert.equal((await step(service, film.job, { frames: shots })).decision, "stepped");
    const rows = await owner`
      select 1 from public.frames
      where project_id = ${film.projectId} and image_id is null and video_clip_id is null`;
    assert.equal(rows.length, 2);
  }));
