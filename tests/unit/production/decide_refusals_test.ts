import assert from "node:assert/strict";
import { FakeWorld } from "./fake_world.ts";
import { CAST, failing, inTurns, kindsOf } from "./runs.ts";
import type { Started } from "./world_types.ts";

for (const [what, prefix] of [["picture", "image:"], ["clip", "video:"], ["cast", "reference:"]]) {
  Deno.test(`decide() tries a ${what} that was refused once more in milder words, and not again`, () => {
    const world = new FakeWorld({ seen: inTurns });
    const { payload } = world.plan({ options: CAST });
    const made = world.run(payload, failing(prefix ?? "", "CONTENT_REFUSED"));
    assert.equal(made.end, "succeeded");
    const [refused, milder] = made.started.filter(({ child_key, state }) =>
      child_key.startsWith(prefix ?? "") &&
      (state === "failed" || promptOf(made.started, child_key).startsWith("A gentle"))
    );
    assert.ok(refused !== undefined && milder !== undefined);
    assert.ok(
      promptOf(made.started, milder.child_key).endsWith(
        promptOf(made.started, refused.child_key),
      ),
    );
    // The milder one stands: the words that were refused are not sent again.
    assert.equal(world.plan({ options: CAST }).plan.credits, 0);
    assert.equal(world.make({ options: CAST }).started.length, 0);
  });

  Deno.test(`decide() fails when a ${what} is refused in milder words too`, () => {
    const world = new FakeWorld({ seen: () => [0] });
    const one = {
      ...CAST,
      character_count: 1,
      target_length: 5,
      scene_count: 1,
      shots_per_scene: 1,
    };
    const { payload } = world.plan({ options: one });
    const made = world.run(payload, failing(prefix ?? "", "CONTENT_REFUSED", 2));
    assert.ok(made.end === "failed");
    assert.equal(made.error.code, "CONTENT_REFUSED");
    const tried = made.started.filter(({ child_key }) => child_key.startsWith(prefix ?? ""));
    assert.equal(tried.length, 2);
  });
}

function promptOf(started: readonly Started[], key: string): string {
  const item = started.find(({ child_key }) => child_key === key)?.item;
  const payload = item?.payload as { request: { prompt: string } };
  return payload.request.prompt;
}

Deno.test("decide() does not reword what failed for another reason", () => {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { target_length: 5 } });
  const made = world.run(payload, failing("image:", "PROVIDER_FAILED"));
  assert.equal(made.end, "failed");
  assert.equal(kindsOf(made.started)["image"], 1);
});

Deno.test("decide() tells with a child's failure what its details are", () => {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { target_length: 5 } });
  world.run(payload, failing("image:", "MODEL_RETIRED"));
  const details = { model: "painter", replaced_by: "portraitist" };
  for (const job of world.jobs) if (job.error !== null) job.error = { ...job.error, details };
  const again = world.goOn(payload);
  assert.ok(again.end === "failed");
  assert.deepEqual(again.error.details, details);
});
