import { deepEqual, equal, match, ok } from "node:assert/strict";
import { probeImage } from "../../supabase/functions/_shared/media/probe_image.ts";
import { createFalImage } from "../../supabase/functions/_shared/providers/fal_image.ts";
import type { ImageRequest } from "../../supabase/functions/_shared/providers/render.ts";
import {
  acceptedId,
  describeLook,
  describeOutcome,
  memoryLog,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const REQUEST: ImageRequest = {
  endpoint: "fal-ai/flux/schnell",
  prompt: "A fox on a snowy ridge at dawn",
  aspectRatio: "16:9",
};

const createAdapter = (providers: TestProviders, apiKey = providers.env("FAL_KEY")) =>
  createFalImage({ apiKey, queueUrl: providers.env("FAL_QUEUE_URL"), log: memoryLog().log });

const taskOf = (externalTaskId: string) => ({ externalTaskId, endpoint: REQUEST.endpoint });

Deno.test("createFalImage() draws a jpeg of the asked shape when nothing goes wrong", () =>
  withProviders(async (providers) => {
    const adapter = createAdapter(providers);
    for (const [aspectRatio, size] of [["16:9", [1024, 576]], ["9:16", [576, 1024]]] as const) {
      const id = acceptedId(await adapter.submit({ ...REQUEST, aspectRatio }));
      const ended = await untilEnded(adapter, taskOf(id));
      ok(ended.state === "succeeded");
      const response = await fetch(ended.resultUrl);
      equal(response.headers.get("content-type"), "image/jpeg");
      const { extension, width, height } = probeImage(await response.bytes());
      deepEqual([extension, width, height], ["jpg", ...size]);
    }
    const [first] = await providers.calls("fal", "submit");
    deepEqual(JSON.parse(first?.body ?? ""), {
      prompt: REQUEST.prompt,
      image_size: "landscape_16_9",
      num_images: 1,
      output_format: "jpeg",
    });
    deepEqual((await providers.calls("fal", "status"))[0]?.path.split("/").slice(0, 4), [
      "",
      "fal-ai",
      "flux",
      "requests",
    ]);
  }));

Deno.test("createFalImage().submit() is refused when the key is wrong or the endpoint unknown", () =>
  withProviders(async (providers) => {
    const wrong = await createAdapter(providers, "someone:else").submit(REQUEST);
    ok(wrong.outcome === "refused");
    equal(
      wrong.error.message,
      "Cannot submit at fal: HTTP status 401: No user found for Key ID and Secret",
    );
    const unknown = await createAdapter(providers).submit({
      ...REQUEST,
      endpoint: "fal-ai/nothing",
    });
    equal(describeOutcome(unknown), "refused PROVIDER_REJECTED");
  }));

Deno.test("createFalImage().submit() sends nothing when the endpoint does not take the shape", () =>
  withProviders(async (providers) => {
    const outcome = await createAdapter(providers).submit({ ...REQUEST, aspectRatio: "9:1" });
    equal(describeOutcome(outcome), "refused MODEL_INPUT_INVALID");
    deepEqual(await providers.calls("fal"), []);
  }));

Deno.test("createFalImage().status() names the field when the input was wrong, cut to 300 characters", () =>
  withProviders(async (providers) => {
    const adapter = createAdapter(providers);
    const failed = async (options: Record<string, unknown>) => {
      const id = acceptedId(await adapter.submit({ ...REQUEST, options }));
      const ended = await untilEnded(adapter, taskOf(id));
      ok(ended.state === "failed");
      return ended.error;
    };
    const error = await failed({ num_inference_steps: 99 });
    equal(error.code, "PROVIDER_REJECTED");
    match(error.message, /body\.num_inference_steps: Input should be less than or equal to 12$/);
    const many = Object.fromEntries(
      ["num_images", "guidance_scale", "seed", "output_format", "sync_mode", "image_size"].map((
        name,
      ) => [name, "wrong ".repeat(50)]),
    );
    ok((await failed(many)).message.length < 400);
  }));

Deno.test("createFalImage().cancel() ends a task that is being drawn and not one that has ended", () =>
  withProviders(async (providers) => {
    await providers.fault({ provider: "fal", kind: "endless", times: 1 });
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(REQUEST)));
    equal(await adapter.cancel(task), true);
    equal(await describeLook(untilEnded(adapter, task)), "failed PROVIDER_FAILED");
    equal(await adapter.cancel(task), false);
    equal(await adapter.cancel(taskOf("unheard-of")), false);
  }));

Deno.test("createFalImage() hits only the scene a fault matches when several are drawn", () =>
  withProviders(async (providers) => {
    await providers.fault({ provider: "fal", kind: "refuse", matching: "battle" });
    const adapter = createAdapter(providers);
    const draw = async (prompt: string) => {
      const id = acceptedId(await adapter.submit({ ...REQUEST, prompt }));
      return await describeLook(untilEnded(adapter, taskOf(id)));
    };
    deepEqual(
      await Promise.all([draw("A quiet lake"), draw("A battle at night"), draw("A garden")]),
      [
        "succeeded",
        "failed CONTENT_REFUSED",
        "succeeded",
      ],
    );
  }));
