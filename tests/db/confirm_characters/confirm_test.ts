import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { claim, release, startJob, succeed } from "../engine.ts";
import { imageItem } from "../items.ts";
import { refused } from "../looks.ts";
import { addCharacter, addImage, confirm, hold, inProduction, step } from "../productions.ts";

Deno.test("confirm_characters() confirms all, wakes the film that waits, and may be repeated", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const imageId = await addImage(owner, film);
    for (const name of ["Mina", "Joon"]) await addCharacter(owner, { ...film, name, imageId });
    await step(service, film.job, { stage: "confirmation" });
    await release(service, film.job, { state: "waiting", delaySec: 600 });
    assert.deepEqual(await claim(service, { kinds: ["production"], limit: 9 }), []);
    const first = await confirm(service, film.userId, film);
    assert.deepEqual(first.job_ids, [film.job.id]);
    assert.ok(first.characters.every(({ confirmed_at }) => confirmed_at !== null));
    assert.equal((await claim(service, { kinds: ["production"], limit: 9 })).length, 1);
    const again = await confirm(service, film.userId, film);
    assert.deepEqual(again.characters, first.characters, "the first word's time stays");
  }));

Deno.test("confirm_characters() confirms those that are named alone", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const imageId = await addImage(owner, film);
    const [mina, joon] = [
      await addCharacter(owner, { ...film, name: "Mina", imageId }),
      await addCharacter(owner, { ...film, name: "Joon" }),
    ];
    const { characters } = await confirm(service, film.userId, { ...film, ids: [mina] });
    assert.deepEqual(
      characters.filter(({ confirmed_at }) => confirmed_at !== null).map(({ id }) => id),
      [mina],
    );
    await refused(
      confirm(service, film.userId, { ...film, ids: [joon] }),
      "PT409",
      "STATE_CONFLICT",
    );
  }));

Deno.test("confirm_characters() refuses a cast without pictures, and names them; and nobody at all", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    await refused(confirm(service, film.userId, film), "PT409", "STATE_CONFLICT");
    await addCharacter(owner, { ...film, name: "Mina" });
    const details = await refused(confirm(service, film.userId, film), "PT409", "STATE_CONFLICT");
    assert.deepEqual(details["characters"], ["Mina"]);
    const [row] = await owner`
      select confirmed_at from public.characters where project_id = ${film.projectId}`;
    assert.equal(row?.["confirmed_at"], null);
  }));

Deno.test("confirm_characters() refuses while another picture of somebody named is being drawn", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const imageId = await addImage(owner, film);
    const mina = await addCharacter(owner, { ...film, name: "Mina", imageId });
    const joon = await addCharacter(owner, { ...film, name: "Joon", imageId });
    const drawn = { prompt: "Mina", model: film.modelId, character_id: mina };
    const item = imageItem(film.projectId, film.modelId);
    const reroll = await startJob(service, film.userId, { ...item, asset: drawn });
    for (const ids of [null, [mina]]) {
      const details = await refused(
        confirm(service, film.userId, { ...film, ids }),
        "PT409",
        "STATE_CONFLICT",
      );
      assert.deepEqual(details, {
        state: "a picture of Mina is being drawn",
        characters: ["Mina"],
      });
    }
    await confirm(service, film.userId, { ...film, ids: [joon] });
    const drawing = await hold(service, reroll);
    await refused(confirm(service, film.userId, film), "PT409", "STATE_CONFLICT");
    await succeed(service, drawing, { url: "https://a.test/b.jpg", width: 16, height: 9 });
    const { characters } = await confirm(service, film.userId, film);
    assert.ok(characters.every(({ confirmed_at }) => confirmed_at !== null));
  }));

Deno.test("confirm_characters() knows nothing of another user's project or another project's cast", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const [film, other] = [await inProduction(studio), await inProduction(studio)];
    const imageId = await addImage(owner, film);
    const mina = await addCharacter(owner, { ...film, name: "Mina", imageId });
    await refused(confirm(service, await user(), film), "PT404", "NOT_FOUND");
    await refused(confirm(service, other.userId, { ...other, ids: [mina] }), "PT404", "NOT_FOUND");
    await owner`update public.projects set deleted_at = now() where id = ${film.projectId}`;
    await refused(confirm(service, film.userId, film), "PT404", "NOT_FOUND");
    const [row] = await owner`select confirmed_at from public.characters where id = ${mina}`;
    assert.equal(row?.["confirmed_at"], null);
  }));

Deno.test("a confirmed character can't lose the reference picture, and is never confirmed without one", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const imageId = await addImage(owner, film);
    const mina = await addCharacter(owner, { ...film, name: "Mina", imageId });
    await confirm(service, film.userId, film);
    // Whoever deletes the picture takes the word for it back, rather than being refused.
    await owner`delete from public.image_assets where id = ${imageId}`;
    const [row] = await owner`
      select image_id, confirmed_at from public.characters where id = ${mina}`;
    assert.deepEqual({ ...row }, { image_id: null, confirmed_at: null });
  }));
