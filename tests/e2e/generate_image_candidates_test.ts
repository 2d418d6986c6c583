import assert from "node:assert/strict";
import { as, createProject, ledgerOf, post, providerCalls, signUp, uniqueWord } from "./studio.ts";

Deno.test("generate-image draws candidates, each charged on its own; the first stands for its scene until another is chosen", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { scenes } = await createProject(user, [`A tin robot named ${word}`]);
  const { image_asset, job, image_assets, jobs, credits_charged } = await user.studio.call(
    "generate-image",
    { scene_id: scenes[0]?.id, num_images: 3, model_options: { seed: 7 } },
  );
  assert.equal(image_assets.length, 3);
  assert.deepEqual([image_asset.id, job.id], [image_assets[0]?.id, jobs[0]?.id]);
  assert.equal(credits_charged, 3);
  const ended = await user.studio.watch(jobs.map(({ id }) => id));
  assert.deepEqual(ended.map(({ state }) => state), ["succeeded", "succeeded", "succeeded"]);
  const pictures = async () => {
    const { data } = await user.studio.supabase.from("image_assets").select("id, url, is_main")
      .eq("scene_id", scenes[0]?.id ?? "");
    return data ?? [];
  };
  const main = async () => (await pictures()).filter((one) => one.is_main).map(({ id }) => id);
  assert.deepEqual(await main(), [image_asset.id], "whichever was drawn last");
  const files = await Promise.all((await pictures()).map(async ({ url }) => {
    const bytes = await (await fetch(url ?? "")).arrayBuffer();
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  }));
  assert.equal(new Set(files).size, 3, "each from a seed of its own");
  assert.equal((await providerCalls("fal", "submit", word)).length, 3);

  const other = image_assets[2]?.id ?? "";
  await user.studio.supabase.from("image_assets").update({ is_main: true }).eq("id", other);
  assert.deepEqual(await main(), [other]);
  const ledger = await ledgerOf(user.id);
  assert.equal(500 - ledger.balance, 3);
});

Deno.test("generate-image draws for a character or a shot of one's own project alone", async () => {
  const [user, stranger] = [await signUp(), await signUp()];
  const { project } = await createProject(user, ["A pier"]);
  const { data: character } = await user.studio.supabase.from("characters")
    .insert({ project_id: project.id, name: "Mina", description: "A red coat and a blue hat" })
    .select("id").single();
  assert.ok(character);
  const body = { project_id: project.id, character_id: character.id };
  const refused = await post("generate-image", body, as(stranger));
  assert.equal(refused.status, 404, refused.text);
  const missing = await post(
    "generate-image",
    { ...body, character_id: crypto.randomUUID() },
    as(user),
  );
  assert.equal(missing.status, 404, missing.text);
  const both = await post("generate-image", { ...body, frame_id: crypto.randomUUID() }, as(user));
  assert.equal(both.status, 400, both.text);

  const { image_asset, job } = await user.studio.call("generate-image", body);
  assert.match(image_asset.prompt, /Mina.*red coat/s);
  await user.studio.watch([job.id]);
  const { data: drawn } = await user.studio.supabase.from("characters").select("image_id")
    .eq("id", character.id).single();
  assert.equal(drawn?.image_id, image_asset.id, "the newest picture is how they look");
});

Deno.test("promise 1: a click is answered again in full after its project was deleted", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["A pier at night"]);
  const headers = as(user);
  const body = { scene_id: scenes[0]?.id };
  const first = await post("generate-image", body, headers);
  assert.equal(first.status, 202, first.text);
  await user.studio.call("delete-project", { project_id: project.id });
  const again = await post("generate-image", body, headers);
  assert.deepEqual([again.status, again.text], [202, first.text]);
  assert.equal(again.headers.get("x-idempotent-replay"), "true");
  const other = await post("generate-image", { ...body, style_prompt: "ink" }, headers);
  assert.equal(other.json["code"], "IDEMPOTENCY_KEY_REUSED");
  const fresh = await post("generate-image", body, as(user));
  assert.equal(fresh.status, 404, "a new click finds no project");
});
