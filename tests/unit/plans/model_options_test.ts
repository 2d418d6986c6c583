import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { planImages } from "../../../supabase/functions/_shared/plans/plan_images.ts";
import { IDS, modelOf, studioOf } from "../../factories.ts";

const options = { seed: { min: 0, max: 2147483647 }, num_inference_steps: { min: 1, max: 12 } };
const model = modelOf({ id: "flux-schnell", kind: "image", limits: { options } });

function optionsOf(
  model_options: { seed?: number; num_inference_steps?: number; guidance_scale?: number },
  { num_images = 1, models = [model] } = {},
): unknown[] {
  return planImages(studioOf({ models }), { scene_id: IDS.scene, num_images, model_options })
    .map(({ payload }) => (payload as { request: { options: unknown } }).request.options);
}

function refused(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof AppError);
    return error;
  }
  throw new assert.AssertionError({ message: "was not refused" });
}

Deno.test("planImages() takes options within the model's ranges", () => {
  const taken = { seed: 7, num_inference_steps: 12 };
  assert.deepEqual(optionsOf(taken), [taken]);
});

Deno.test("planImages() refuses an option beyond the model's range, with the ranges", () => {
  const error = refused(() => optionsOf({ num_inference_steps: 28 }));
  assert.equal(error.code, "MODEL_INPUT_INVALID");
  assert.match(error.message, /num_inference_steps 28 with model "flux-schnell": it takes 1 to 12/);
  assert.deepEqual(error.details, {
    field: "model_options.num_inference_steps",
    model: "flux-schnell",
    allowed: options,
  });
});

Deno.test("planImages() refuses an option that the model has not, with those it has", () => {
  const error = refused(() => optionsOf({ guidance_scale: 3 }));
  assert.equal(error.code, "MODEL_INPUT_INVALID");
  assert.match(error.message, /guidance_scale .*: it takes seed, num_inference_steps/);
});

Deno.test("planImages() gives each candidate a seed of its own, within the model's range", () => {
  const seeds = [{ seed: 2147483646 }, { seed: 2147483647 }, { seed: 0 }];
  assert.deepEqual(optionsOf({ seed: 2147483646 }, { num_images: 3 }), seeds);
  const free = { num_images: 2, models: [modelOf({ kind: "image" })] };
  assert.deepEqual(optionsOf({ seed: 4294967295 }, free), [{ seed: 4294967295 }, { seed: 0 }]);
});
