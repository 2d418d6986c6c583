import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { ProviderCall } from "../../../supabase/functions/_shared/providers/render.ts";
import type {
  ModerationRequest,
  Moderator,
} from "../../../supabase/functions/_shared/providers/moderation.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import { createProductionJob } from "../../../supabase/functions/_shared/production/production_job.ts";
import type { ProductionPayload } from "../../../supabase/functions/_shared/production/payload.ts";
import type { ProductionState } from "../../../supabase/functions/_shared/production/state.ts";
import { imageOf, jobOf } from "../../factories.ts";
import { FakeWorld } from "./fake_world.ts";

/** Finds blood, and a picture whose URL says so; keeps what it was shown. */
function watchful(looks: ModerationRequest[]): (log: unknown) => Moderator {
  return () => ({
    provider: "test",
    check: (request: ModerationRequest, _call?: ProviderCall) => {
      looks.push(request);
      const flagged = [...request.texts, ...request.imageUrls].some((text) => /blood/.test(text));
      return Promise.resolve({ flagged, categories: flagged ? ["violence"] : [] });
    },
  });
}

/** Runs one step of what there is, and tells what was started and looked at. */
async function step(
  state: ProductionState,
  payload: ProductionPayload,
  moderator?: (log: unknown) => Moderator,
) {
  const looks: ModerationRequest[] = [];
  const started: string[] = [];
  let { frames } = state;
  const handler = createProductionJob({
    read: () => Promise.resolve({ ...state, frames }),
    step: (_job, { items, frames: writes }) => {
      started.push(...items.map(({ kind }) => kind));
      // Lengths of shots are written before anything of them is started.
      frames = frames.map((frame) => {
        const write = writes.find((one) => "id" in one && one.id === frame.id);
        return write === undefined ? frame : { ...frame, ...write };
      });
      return Promise.resolve("stepped");
    },
  }, moderator ?? watchful(looks));
  const job = jobOf({ kind: "production", payload: JSON.parse(JSON.stringify(payload)) });
  const outcome = await handler.run(job, {
    log: createLog({}, () => {}),
    signal: new AbortController().signal,
    progress: () => {},
  });
  return { outcome, looks, started };
}

/** A film whose cast and shots are written and drawn, and its clips not yet begun. */
function waiting() {
  const world = new FakeWorld({ seen: () => [0] });
  const { payload } = world.make({
    options: { target_length: 16, scene_count: 2, character_count: 1, auto_confirm: true },
    stopAt: "audio",
  });
  return { world, payload: { ...payload, stop_at: "film" as const } };
}

Deno.test("createProductionJob() looks at all new pictures of a step at once, and starts them", async () => {
  const { world, payload } = waiting();
  const { outcome, looks, started } = await step(world.rows, payload);
  assert.equal(outcome.then, "wait");
  assert.deepEqual(started, ["image", "image"]);
  assert.deepEqual(looks.map(({ texts }) => texts.length), [2]);
});

Deno.test("createProductionJob() ends the film with the shot's name when its words were edited into something refused", async () => {
  const { world, payload } = waiting();
  world.edit("frames", (_, at) => at === 1, { action: "A bath of blood" });
  const { outcome, started } = await step(world.rows, payload);
  assert.deepEqual(started, [], "nothing is charged");
  assert.ok(outcome.then === "fail");
  assert.equal(outcome.error.code, "CONTENT_REFUSED");
  assert.match(outcome.error.message, /picture of shot 1 of scene 2: moderation found violence/);
});

Deno.test("createProductionJob() looks at a reference picture that was uploaded meanwhile", async () => {
  const { world, payload } = waiting();
  const face = imageOf({ source: "uploaded", url: "https://studio.test/blood.jpg" });
  world.rows.images.push(face);
  world.edit("characters", () => true, { image_id: face.id });
  const { outcome, looks } = await step(world.rows, payload);
  assert.deepEqual([...new Set(looks[0]?.imageUrls)], [face.url]);
  assert.ok(outcome.then === "fail" && outcome.error.code === "CONTENT_REFUSED");
});

Deno.test("createProductionJob() names the character whose picture is refused", async () => {
  const { world, payload } = waiting();
  world.edit("characters", () => true, { image_id: null, description: "Covered in blood" });
  const { outcome } = await step(world.rows, payload);
  assert.ok(outcome.then === "fail");
  const [name] = world.rows.characters.map((character) => character.name);
  assert.ok(outcome.error.message.includes(`reference picture of "${name}"`));
});

Deno.test("createProductionJob() waits for what is under way before a refusal ends it", async () => {
  const { world, payload } = waiting();
  world.edit("frames", (_, at) => at === 1, { action: "A bath of blood" });
  const [child] = world.jobs;
  assert.ok(child);
  const children = [{ ...child, state: "running" as const }];
  const { outcome, started } = await step({ ...world.rows, children }, payload);
  assert.deepEqual([outcome.then, started], ["wait", []]);
});

Deno.test("createProductionJob() asks no moderator for a step that draws and renders nothing", async () => {
  const world = new FakeWorld();
  const { payload } = world.plan();
  const { outcome, started, looks } = await step(world.rows, payload);
  assert.deepEqual([outcome.then, started, looks], ["wait", ["script"], []]);
});

Deno.test("createProductionJob() tries a step again when a moderator that has to answer is down", async () => {
  const { world, payload } = waiting();
  const down = new AppError("PROVIDER_UNAVAILABLE", "Cannot look");
  const moderator = () => ({ provider: "test", check: () => Promise.reject(down) });
  await assert.rejects(step(world.rows, payload, moderator), down);
});
