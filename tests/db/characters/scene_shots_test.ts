import assert from "node:assert/strict";
import type { StudioContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import { sceneShot } from "../../../supabase/functions/_shared/production/want_frames.ts";
import { asUser } from "../as_user.ts";
import { type Studio, withStudio } from "../database.ts";
import { type Session, succeed } from "../engine.ts";
import { addFrame, addImage, hold, inProduction, step } from "../productions.ts";

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
