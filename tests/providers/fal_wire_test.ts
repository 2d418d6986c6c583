import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createFalImage } from "../../supabase/functions/_shared/providers/fal_image.ts";
import { falImageInput } from "../../supabase/functions/_shared/providers/fal_image_input.ts";
import type { ImageRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { describeLook, describeOutcome, memoryLog } from "./support.ts";

const REQUEST: ImageRequest = {
  endpoint: "fal-ai/flux/schnell",
  prompt: "A fox",
  aspectRatio: "16:9",
};

const TASK = { externalTaskId: "764cabcf-b745-4b3e-ae38-1200304cf45b", endpoint: REQUEST.endpoint };

/** A recorded answer. */
interface Recorded {
  readonly body: unknown;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** An adapter whose calls get recorded answers, by the end of their path. */
function answering(answers: { submit?: Recorded; status?: Recorded; result?: Recorded }) {
  const asked: { url: string; init: RequestInit }[] = [];
  const adapter = createFalImage({
    apiKey: "id:secret",
    queueUrl: "https://queue.fal.run",
    log: memoryLog().log,
    fetch: (input, init = {}) => {
      const url = String(input);
      asked.push({ url, init });
      const recorded = init.method === "POST"
        ? answers.submit
        : /\/status(\?|$)/.test(url)
        ? answers.status
        : answers.result;
      const { body = null, status = 200, headers = {} } = recorded ?? {};
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return Promise.resolve(
        new Response(text, {
          status,
          headers: { "content-type": "application/json", ...headers },
        }),
      );
    },
  });
  return { adapter, asked };
}

const COMPLETED: Recorded = {
  body: { status: "COMPLETED", request_id: TASK.externalTaskId, metrics: { inference_time: 0.4 } },
};

const look = (result: Recorded) =>
  describeLook(answering({ status: COMPLETED, result }).adapter.status(TASK));

Deno.test("createFalImage().submit() sends what fal documents", async () => {
  const { adapter, asked } = answering({
    submit: { body: { status: "IN_QUEUE", request_id: "r", queue_position: 0 } },
  });
  const callbackUrl = "https://example.com/video-webhook?job=1&t=a+b";
  deepEqual(await adapter.submit(REQUEST, { callbackUrl }), {
    outcome: "accepted",
    externalTaskId: "r",
  });
  equal(asked.length, 1);
  const url = new URL(asked[0]?.url ?? "");
  equal(`${url.origin}${url.pathname}`, "https://queue.fal.run/fal-ai/flux/schnell");
  equal(url.searchParams.get("fal_webhook"), callbackUrl);
  const headers = new Headers(asked[0]?.init.headers);
  equal(headers.get("authorization"), "Key id:secret");
  equal(headers.get("content-type"), "application/json");
  equal(asked[0]?.init.redirect, "manual");
});

Deno.test("createFalImage().submit() reads the recorded refusals", async () => {
  const cases: [Recorded, string][] = [
    [{
      status: 401,
      body: { detail: "No user found for Key ID and Secret" },
    }, "refused PROVIDER_REJECTED"],
    [{
      status: 403,
      body: { detail: "User is locked. Reason: TOP_UP." },
    }, "refused PROVIDER_REJECTED"],
    [{ status: 404, body: { detail: "Application not found" } }, "refused PROVIDER_REJECTED"],
    [{ status: 422, body: { detail: "Invalid JSON" } }, "refused PROVIDER_REJECTED"],
    [{ status: 429, body: { detail: "Too many" } }, "refused PROVIDER_RATE_LIMITED"],
    [{
      status: 422,
      body: { detail: [{ loc: ["body", "prompt"], msg: "x", type: "content_policy_violation" }] },
    }, "refused CONTENT_REFUSED"],
    // Not fal's own words: who knows what stood behind it.
    [{ status: 403, body: "<html>Forbidden</html>" }, "unknown PROVIDER_REJECTED"],
    [{ status: 408, body: { detail: "Timeout" } }, "unknown PROVIDER_REJECTED"],
    [{ status: 500, body: { detail: "Internal" } }, "unknown PROVIDER_UNAVAILABLE"],
    [{ status: 504, body: { detail: "Startup timeout" } }, "unknown PROVIDER_UNAVAILABLE"],
    [{ status: 302, body: "" }, "unknown PROVIDER_REJECTED"],
    [{ body: { status: "IN_QUEUE" } }, "unknown PROVIDER_BAD_RESPONSE"],
    [{ body: "" }, "unknown PROVIDER_BAD_RESPONSE"],
  ];
  for (const [submit, expected] of cases) {
    const { adapter, asked } = answering({ submit });
    equal(describeOutcome(await adapter.submit(REQUEST)), expected, JSON.stringify(submit));
    equal(asked.length, 1);
  }
});

Deno.test("createFalImage().submit() passes on how long to wait when fal says it", async () => {
  const { adapter } = answering({
    submit: { status: 429, body: { detail: "Too many" }, headers: { "retry-after": "7" } },
  });
  const outcome = await adapter.submit(REQUEST);
  ok(outcome.outcome === "refused");
  equal(outcome.error.retryAfterSeconds, 7);
});

Deno.test("createFalImage().status() reads the recorded results", async () => {
  const image = {
    url: "https://v3b.fal.media/files/b/x/y.jpg",
    width: 1024,
    height: 576,
    content_type: "image/jpeg",
  };
  const fine = { images: [image], timings: { inference: 0.4 }, seed: 1, prompt: "A fox" };
  equal(await look({ body: { ...fine, has_nsfw_concepts: [false] } }), "succeeded");
  // flux-2-pro says nothing of safety.
  equal(await look({ body: { images: [image], seed: 1 } }), "succeeded");
  equal(await look({ body: { ...fine, has_nsfw_concepts: [true] } }), "failed CONTENT_REFUSED");
  equal(await look({ body: { ...fine, images: [] } }), "threw PROVIDER_BAD_RESPONSE");
  equal(
    await look({ body: { images: [{ ...image, url: "data:image/jpeg;base64,AA" }] } }),
    "threw PROVIDER_BAD_RESPONSE",
  );
  const detail = (type: string) => ({ detail: [{ loc: ["body"], msg: "x", type }] });
  equal(await look({ status: 422, body: detail("image_too_small") }), "failed PROVIDER_REJECTED");
  equal(await look({ status: 422, body: detail("no_media_generated") }), "failed PROVIDER_FAILED");
  equal(
    await look({ status: 422, body: detail("content_policy_violation") }),
    "failed CONTENT_REFUSED",
  );
  equal(
    await look({ status: 400, body: detail("downstream_service_error") }),
    "failed PROVIDER_FAILED",
  );
  equal(
    await look({ status: 500, body: detail("internal_server_error") }),
    "failed PROVIDER_FAILED",
  );
  equal(await look({ status: 422, body: { detail: "A text" } }), "failed PROVIDER_REJECTED");
  equal(
    await look({
      status: 504,
      body: { detail: "Timed out", error_type: "request_timeout" },
      headers: { "x-fal-error-type": "request_timeout" },
    }),
    "failed PROVIDER_FAILED",
  );
  // Without fal's marks it is the look that failed, not the work.
  equal(await look({ status: 500, body: { detail: "Oops" } }), "threw PROVIDER_UNAVAILABLE");
  equal(await look({ status: 502, body: "<html></html>" }), "threw PROVIDER_UNAVAILABLE");
  equal(await look({ status: 401, body: { detail: "No user found" } }), "threw PROVIDER_REJECTED");
  equal(await look({ status: 429, body: { detail: "Too many" } }), "threw PROVIDER_RATE_LIMITED");
});

Deno.test("createFalImage().status() takes HTTP 202 and asks by owner and app only", async () => {
  const { adapter, asked } = answering({
    status: { status: 202, body: { status: "IN_PROGRESS", logs: [] } },
  });
  deepEqual(await adapter.status(TASK), { state: "rendering" });
  equal(
    asked[0]?.url,
    `https://queue.fal.run/fal-ai/flux/requests/${TASK.externalTaskId}/status?logs=0`,
  );
});

Deno.test("createFalImage().status() waits a state out that fal does not document, and throws when there is none", async () => {
  deepEqual(
    await answering({ status: { body: { status: "PAUSED" } } }).adapter.status(TASK),
    { state: "rendering" },
  );
  await rejects(
    () => answering({ status: { body: { state: "COMPLETED" } } }).adapter.status(TASK),
    (error) => error instanceof AppError && error.code === "PROVIDER_BAD_RESPONSE",
  );
});

Deno.test("falImageInput() maps every shape to the endpoint's own field", () => {
  const size = (aspectRatio: string) => falImageInput({ ...REQUEST, aspectRatio }).image_size;
  deepEqual(["1:1", "4:3", "16:9", "3:4", "9:16"].map(size), [
    "square_hd",
    "landscape_4_3",
    "landscape_16_9",
    "portrait_4_3",
    "portrait_16_9",
  ]);
  deepEqual(size("21:9"), { width: 1184, height: 512 });
  deepEqual(size("2:3"), { width: 640, height: 928 });
  const ultra = falImageInput({ ...REQUEST, endpoint: "fal-ai/flux-pro/v1.1-ultra" });
  equal(ultra.aspect_ratio, "16:9");
  equal("image_size" in ultra, false);
  equal(
    falImageInput({ ...REQUEST, options: { seed: 7, output_format: "png" } }).output_format,
    "png",
  );
});

Deno.test("falImageInput() refuses a shape that the endpoint does not take", () => {
  for (const aspectRatio of ["", "16x9", "0:1", "5:1", "100:1", "toString"]) {
    let code = "";
    try {
      falImageInput({ ...REQUEST, aspectRatio });
    } catch (error) {
      code = error instanceof AppError ? error.code : "";
    }
    equal(code, "MODEL_INPUT_INVALID", aspectRatio);
  }
});
