import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { fail, succeed } from "../engine.ts";
import { audioItem, clipItem, type Item } from "../items.ts";
import {
  addCharacter,
  addFrame,
  childItem,
  hold,
  inProduction,
  productionItem,
  readProduction,
  startProduction,
  step,
} from "../productions.ts";

const IMAGE = { url: "https://a.test/a.jpg", width: 16, height: 9 };

Deno.test("read_production() knows what is under way for the project, whoever asked for it", () =>
  withStudio(async (studio) => {
    const { service, owner } = studio;
    const [film, other] = [await inProduction(studio), await inProduction(studio)];
    const characterId = await addCharacter(owner, { ...film, name: "Mina" });
    const hash = "a".repeat(64);
    const underWay = async () => (await readProduction(service, film.job.id))?.["under_way"];
    const mina = childItem("mina", film, { character_id: characterId, input_hash: hash });
    const [child] = (await step(service, film.job, { items: [mina, childItem("own", film)] }))
      .started ?? [];
    await step(service, other.job, { items: [childItem("one", other, { input_hash: hash })] });
    const drawn = [{ owner_id: characterId, input_hash: hash }];
    assert.deepEqual(await underWay(), drawn, "what has no hash is nobody's part");
    await fail(service, await hold(service, child?.id ?? ""));
    assert.deepEqual(await underWay(), []);
    const again = await startProduction(service, film.userId, { retry_of: child?.id ?? "" });
    assert.deepEqual(await underWay(), drawn);
    await succeed(service, await hold(service, again), IMAGE);
    assert.deepEqual(await underWay(), []);
  }));

Deno.test("read_production() knows narration and clips under way by their scene and shot", () =>
  withStudio(async (studio) => {
    const { service, owner, model, scene } = studio;
    const film = await inProduction(studio);
    const sceneId = await scene(film.userId, film.projectId);
    const frameId = await addFrame(owner, { ...film, sceneId });
    const [said, shown] = ["b".repeat(64), "c".repeat(64)];
    const audio = audioItem(film.projectId, sceneId, await model({ kind: "speech" }));
    const clip = clipItem(film.projectId, await model({ kind: "video" }));
    const items = [
      { ...audio, child_key: "audio", asset: { ...audio["asset"] as Item, input_hash: said } },
      {
        ...clip,
        child_key: "video",
        asset: {
          ...clip["asset"] as Item,
          scene_id: sceneId,
          frame_id: frameId,
          input_hash: shown,
        },
      },
    ];
    await step(service, film.job, { items });
    const state = await readProduction(service, film.job.id);
    assert.deepEqual(state?.["under_way"], [
      { owner_id: sceneId, input_hash: said },
      { owner_id: frameId, input_hash: shown },
    ]);
  }));

Deno.test("a production that is tried again knows the cast that was written before, and no more of its tree", () =>
  withStudio(async (studio) => {
    const { service, user, project, model } = studio;
    const userId = await user();
    const projectId = await project(userId);
    const modelId = await model({ kind: "script" });
    const keysOf = async (job: { id: string }) => {
      const children = (await readProduction(service, job.id))?.["children"];
      return (children as { child_key: string }[]).map(({ child_key }) => child_key).sort();
    };
    const cast = {
      ...childItem("characters", { projectId, modelId }),
      kind: "characters",
      asset: null,
    };
    const first = await hold(
      service,
      await startProduction(service, userId, productionItem(projectId)),
    );
    const [failed] = (await step(service, first, { items: [cast] })).started ?? [];
    await fail(service, await hold(service, failed?.id ?? ""));
    await fail(service, first);
    const retry = async (of: { id: string }) =>
      await hold(service, await startProduction(service, userId, { retry_of: of.id }));
    const second = await retry(first);
    assert.deepEqual(await keysOf(second), [], "what failed is written again");
    const frames = { ...cast, kind: "frames", child_key: "frames:one" };
    const [written] = (await step(service, second, { items: [cast, frames] })).started ?? [];
    const mina = { name: "Mina", description: "A girl with a red scarf", voice_id: null };
    await succeed(service, await hold(service, written?.id ?? ""), { characters: [mina] });
    assert.deepEqual(await keysOf(second), ["characters", "frames:one"]);
    await fail(service, second);
    const third = await retry(second);
    assert.deepEqual(await keysOf(third), ["characters"]);
    await fail(service, third);
    assert.deepEqual(await keysOf(await retry(third)), ["characters"]);
  }));
