import assert from "node:assert/strict";
import { signUp } from "./studio.ts";

Deno.test("make-film casts, waits for the user's word, and draws every shot after the cast", async () => {
  const user = await signUp();
  const { job, plan } = await user.studio.call("make-film", {
    prompt: "Mina and her grandfather build a kite",
    options: { target_length: 15, character_count: 2, shots_per_scene: 2, scene_count: 2 },
  });
  console.log(plan.credits, plan.items.map((i) => [i.kind, i.count, i.credits]));
  assert.ok(job);
  for (let i = 0; i < 60; i++) {
    const [row] = await user.studio.jobs([job.id]);
    if (row?.stage === "confirmation") break;
    if (row?.finished_at) throw new Error(JSON.stringify(row.error));
    await new Promise((r) => setTimeout(r, 500));
  }
  const { data: characters } = await user.studio.supabase.from("characters").select("*");
  console.log(characters);
  const [row] = await user.studio.jobs([job.id]);
  await user.studio.call("confirm-characters", { project_id: row?.project_id ?? "" });
  const [made] = await user.studio.watch([job.id], {
    signal: AbortSignal.timeout(90_000),
  });
  const { data: frames } = await user.studio.supabase.from("frames").select("*");
  console.log(frames);
  const { data: images } = await user.studio.supabase.from("image_assets").select("url,prompt");
  console.log(images);
  assert.equal(made?.state, "succeeded", JSON.stringify(made?.error));
  console.log(made?.result);
});
