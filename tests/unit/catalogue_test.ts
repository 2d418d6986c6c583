import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import {
  assertAllowed,
  assertAtMost,
  chooseModel,
  limitsOf,
} from "../../supabase/functions/_shared/catalogue.ts";
import { modelOf } from "../factories.ts";

const MODELS = [
  modelOf({ id: "plain", provider: "kie", is_default: true }),
  modelOf({ id: "fancy", provider: "kie", is_default: false }),
  modelOf({ id: "other", provider: "fal", is_default: false }),
  modelOf({
    id: "gone",
    provider: "kie",
    is_default: false,
    retired_at: "2026-09-24T00:00:00Z",
    replaced_by: "plain",
  }),
];

function refused(work: () => unknown, code: string): AppError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, code);
    return error;
  }
  throw new assert.AssertionError({ message: `was not refused with ${code}` });
}

Deno.test("chooseModel() takes what was asked for, then what is preferred, then the provider's, then the default", () => {
  const choose = (wish: Parameters<typeof chooseModel>[1]) => chooseModel(MODELS, wish).id;
  assert.equal(choose({ asked: "fancy", preferred: "other", provider: "fal" }), "fancy");
  assert.equal(choose({ preferred: "fancy", provider: "fal" }), "fancy");
  assert.equal(choose({ preferred: null, provider: "fal" }), "other");
  assert.equal(choose({ preferred: null, provider: "kie" }), "plain");
  assert.equal(choose({ preferred: null, provider: "runway" }), "plain");
  assert.equal(choose({}), "plain");
});

Deno.test("chooseModel() forgets a preference that is retired or unknown", () => {
  for (const preferred of ["gone", "never-was"]) {
    assert.equal(chooseModel(MODELS, { preferred }).id, "plain");
  }
});

Deno.test("chooseModel() refuses an unknown model with the choices, and a retired one with its replacement", () => {
  const unknown = refused(() => chooseModel(MODELS, { asked: "sdxl" }), "MODEL_INPUT_INVALID");
  assert.deepEqual(unknown.details, { field: "model", allowed: ["plain", "fancy", "other"] });
  const retired = refused(() => chooseModel(MODELS, { asked: "gone" }), "MODEL_RETIRED");
  assert.deepEqual(retired.details, { model: "gone", replaced_by: "plain" });
  assert.match(retired.message, /"gone".*use "plain"/);
});

Deno.test("chooseModel() gives nobody a model that needs a last frame unless they asked for it", () => {
  const bridge = modelOf({
    id: "bridge",
    provider: "fal",
    is_default: false,
    limits: { last_frame: true, last_frame_required: true },
  });
  const choose = (wish: Parameters<typeof chooseModel>[1]) =>
    chooseModel([bridge, ...MODELS], wish).id;
  assert.equal(choose({ provider: "fal" }), "other");
  assert.equal(choose({ preferred: "bridge" }), "plain");
  assert.equal(choose({ asked: "bridge" }), "bridge");
});

Deno.test("chooseModel() of an empty catalogue is our fault, not the caller's", () => {
  assert.throws(() => chooseModel([], {}), (error) => !(error instanceof AppError));
});

Deno.test("assertAllowed() and assertAtMost() take anything without a known limit, and name the limit otherwise", () => {
  const model = modelOf({ id: "plain", limits: { durations_sec: [5, 10], max_prompt_chars: 20 } });
  const limits = limitsOf(model);
  assertAllowed(model, "duration_sec", { value: 5, allowed: limits.durations_sec });
  assertAllowed(model, "aspect_ratio", { value: "21:9", allowed: limits.aspect_ratios });
  assertAtMost(model, "prompt", { count: 20, limit: limits.max_prompt_chars });
  assertAtMost(model, "clip_ids", { count: 1e6, limit: limits.max_clips });
  const value = refused(
    () => assertAllowed(model, "duration_sec", { value: 7, allowed: limits.durations_sec }),
    "MODEL_INPUT_INVALID",
  );
  assert.deepEqual(value.details, { field: "duration_sec", model: "plain", allowed: [5, 10] });
  const count = refused(
    () => assertAtMost(model, "prompt", { count: 21, limit: limits.max_prompt_chars }),
    "MODEL_INPUT_INVALID",
  );
  assert.deepEqual(count.details, { field: "prompt", model: "plain", limit: 20 });
});
