import assert from "node:assert/strict";
import type { ProposedOperation } from "../../shared/mod.ts";
import { PROPOSED_OPERATIONS } from "../../shared/contract/director.ts";
import { createFilmProject, proposeBy } from "./director.ts";
import { as, post, setFault, signUp, uniqueWord } from "./studio.ts";

/** What costs nothing by itself. */
const FREE: readonly ProposedOperation[] = ["confirm-characters", "cancel-job", "delete-scene"];

Deno.test("promise 4: a proposal's price and time are estimate's, for each operation that can be proposed", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project, scenes } = await createFilmProject(user, ["A kite rises", `A ${word}`]);
  const place = { projectId: project.id };
  await setFault({ provider: "fal", kind: "refuse", matching: word, times: 1 });
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[1]?.id ?? "" });
  const [failed] = await user.studio.watch([job.id], { intervalMs: 100 });
  assert.equal(failed?.state, "failed");
  const rendered = await user.studio.call("generate-video", {
    project_id: project.id,
    scene_ids: scenes.map(({ id }) => id),
  });
  await user.studio.watch(rendered.jobs.map(({ id }) => id), { intervalMs: 200 });
  const stopped = await user.studio.call("make-film", {
    project_id: project.id,
    options: { target_length: 12 },
  });
  await user.studio.call("cancel-job", { job_id: stopped.job?.id ?? "" });
  const wishes: Record<string, unknown>[] = [
    { what: "picture", scenes: [1], candidates: 2 },
    { what: "picture", scenes: [1], shot: 1 },
    { what: "picture", character: "Mina", candidates: 3 },
    { what: "narration" },
    { what: "clips", scenes: [1] },
    { what: "film" },
    { what: "retry", job_id: job.id },
    { what: "retry", job_id: stopped.job?.id },
    { what: "whole_film", target_length: 20, stop_at: "videos", budget_credits: 400 },
    { what: "whole_film", stop_at: "audio", character_count: 3 },
    { what: "characters", character_count: 4 },
    { what: "scenes" },
    { what: "shots", shots_per_scene: 2 },
  ];
  const proposed = new Set<string>(FREE);
  for (const wish of wishes) {
    const { operation, body, credits, typical_sec } = await proposeBy(user, place, "start", wish);
    const estimate = await post("estimate", { operation, body }, as(user));
    assert.equal(estimate.status, 200, estimate.text);
    assert.deepEqual(
      { credits, typical_sec },
      { credits: estimate.json["credits"], typical_sec: estimate.json["typical_sec"] },
      JSON.stringify(wish),
    );
    // Shots that are there aren't written again: that one is free.
    if (wish["what"] !== "shots") assert.ok(credits > 0, JSON.stringify(wish));
    proposed.add(operation);
  }
  assert.deepEqual(
    [...proposed].sort(),
    [...PROPOSED_OPERATIONS].sort(),
    "each has its price here",
  );
});
