import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { kieInput, kieLastFrame } from "../../supabase/functions/_shared/providers/kie_input.ts";
import { KIE_MODELS } from "../../supabase/functions/_shared/providers/kie_models.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { isKieRefusal, judgeKieInput } from "../../supabase/local/providers/kie_schema.ts";

const LAST = "https://example.com/den.jpg";

const request = (endpoint: string, more: Partial<VideoRequest> = {}): VideoRequest => ({
  endpoint,
  prompt: "A fox looks up",
  imageUrl: "https://example.com/fox.jpg",
  durationSeconds: 5,
  aspectRatio: "16:9",
  ...more,
});

const refusal = (run: () => unknown): unknown => {
  let details: unknown;
  throws(run, (error) => {
    ok(error instanceof AppError);
    equal(error.code, "MODEL_INPUT_INVALID");
    details = error.details;
    return true;
  });
  return details;
};

Deno.test("kieInput() makes what each family documents", () => {
  const prompt = "A fox looks up";
  const url = "https://example.com/fox.jpg";
  const resolution = "720p";
  const aspect_ratio = "16:9";
  const expected: Record<string, Record<string, unknown>> = {
    "kling/v2-5-turbo-image-to-video-pro": { prompt, image_url: url, duration: "5" },
    "kling-2.6/image-to-video": { prompt, image_urls: [url], duration: "5", sound: false },
    "kling-3.0/video": {
      prompt,
      image_urls: [url],
      duration: "5",
      aspect_ratio,
      mode: "std",
      multi_prompt: [],
      multi_shots: false,
      sound: false,
    },
    "bytedance/seedance-1.5-pro": {
      prompt,
      input_urls: [url],
      duration: 5,
      aspect_ratio,
      resolution,
      generate_audio: false,
    },
    "bytedance/seedance-2": {
      prompt,
      first_frame_url: url,
      duration: 5,
      aspect_ratio,
      resolution,
      generate_audio: false,
    },
    "wan/2-5-image-to-video": { prompt, image_url: url, duration: "5", resolution },
    "wan/2-6-flash-image-to-video": {
      prompt,
      image_urls: [url],
      duration: "5",
      resolution,
      audio: false,
    },
    "wan/2-2-a14b-image-to-video-turbo": { prompt, image_url: url, resolution },
    "wan/3-0-video": {
      prompt,
      first_frame_url: url,
      duration: 5,
      resolution: "720P",
      audio: false,
    },
    "hailuo/02-image-to-video-pro": { prompt, image_url: url },
    "minimax-h3/image-to-video": {
      prompt,
      first_frame_url: url,
      duration: 5,
      resolution: "768P",
    },
    "pixverse-v6/image-to-video": {
      prompt,
      image_urls: [url],
      duration: 5,
      quality: "720p",
      generate_audio_switch: false,
    },
    "grok-imagine-video-1-5-preview": {
      prompt,
      image_urls: [url],
      duration: 5,
      aspect_ratio,
      resolution,
    },
  };
  for (const [endpoint, input] of Object.entries(expected)) {
    deepEqual(kieInput(request(endpoint)), input, endpoint);
  }
});

Deno.test("kieInput() makes an input that the documented schema takes, for every model", () => {
  equal(Object.keys(KIE_MODELS).length, 35);
  for (const [endpoint, fields] of Object.entries(KIE_MODELS)) {
    const durationSeconds = Number(fields.duration?.values?.[0] ?? fields.duration?.minimum ?? 5);
    const takes = kieLastFrame(endpoint);
    const last = takes === "must" ? { lastImageUrl: LAST } : {};
    const input = kieInput(request(endpoint, { durationSeconds, ...last }));
    const judged = judgeKieInput(endpoint, JSON.parse(JSON.stringify(input)));
    ok(!isKieRefusal(judged), `${endpoint}: ${JSON.stringify(judged)}`);
    equal(judged.imageUrl, "https://example.com/fox.jpg");
    equal(judged.prompt, "A fox looks up");
    if (fields.duration !== undefined) equal(judged.durationSeconds, durationSeconds, endpoint);
  }
});

Deno.test("kieInput() puts the last frame where each model takes it, and refuses it where none does", () => {
  const first = "https://example.com/fox.jpg";
  const expected: Record<string, Record<string, unknown>> = {
    "bytedance/seedance-2": { first_frame_url: first, last_frame_url: LAST },
    "bytedance/v1-lite-image-to-video": { image_url: first, end_image_url: LAST },
    "hailuo/02-image-to-video-standard": { image_url: first, end_image_url: LAST },
    "kling/v2-1-pro": { image_url: first, tail_image_url: LAST },
    "kling-3.0/video": { image_urls: [first, LAST] },
    "pixverse-v6/transition": { first_frame_image_url: first, last_frame_image_url: LAST },
  };
  const lengthOf = (endpoint: string) =>
    Number(
      KIE_MODELS[endpoint]?.duration?.values?.[0] ?? KIE_MODELS[endpoint]?.duration?.minimum ?? 5,
    );
  for (const [endpoint, frames] of Object.entries(expected)) {
    const input = kieInput(
      request(endpoint, { lastImageUrl: LAST, durationSeconds: lengthOf(endpoint) }),
    );
    for (const [name, value] of Object.entries(frames)) deepEqual(input[name], value, endpoint);
  }
  for (const endpoint of Object.keys(KIE_MODELS)) {
    const durationSeconds = lengthOf(endpoint);
    const whole = () => kieInput(request(endpoint, { lastImageUrl: LAST, durationSeconds }));
    if (kieLastFrame(endpoint) === "no") {
      deepEqual(refusal(whole), { endpoint, field: "last_image" });
    } else {
      const judged = judgeKieInput(endpoint, JSON.parse(JSON.stringify(whole())));
      ok(!isKieRefusal(judged), endpoint);
      equal(judged.lastImageUrl, LAST, endpoint);
    }
  }
  deepEqual(refusal(() => kieInput(request("pixverse-v6/transition"))), {
    endpoint: "pixverse-v6/transition",
    field: "last_frame_image_url",
  });
  equal(kieLastFrame("toString"), "no");
});

Deno.test("kieInput() refuses a prompt when it is longer than the model takes", () => {
  const endpoint = "wan/2-5-image-to-video";
  deepEqual(kieInput(request(endpoint, { prompt: "여".repeat(800) })).prompt, "여".repeat(800));
  deepEqual(refusal(() => kieInput(request(endpoint, { prompt: "a".repeat(801) }))), {
    endpoint,
    field: "prompt",
    allowed: { max_length: 800 },
  });
  // A character outside the basic plane counts once.
  kieInput(request(endpoint, { prompt: "🦊".repeat(800) }));
});

Deno.test("kieInput() refuses a duration when the model has no such length", () => {
  deepEqual(refusal(() => kieInput(request("kling/v2-1-pro", { durationSeconds: 6 }))), {
    endpoint: "kling/v2-1-pro",
    field: "duration",
    allowed: ["5", "10"],
  });
  deepEqual(refusal(() => kieInput(request("wan/2-7-image-to-video", { durationSeconds: 16 }))), {
    endpoint: "wan/2-7-image-to-video",
    field: "duration",
    allowed: { minimum: 2, maximum: 15 },
  });
  for (const durationSeconds of [0, -5, 2.5, Number.NaN]) {
    refusal(() => kieInput(request("bytedance/seedance-1.5-pro", { durationSeconds })));
  }
});

Deno.test("kieInput() follows the picture when the model can and refuses a shape when it can't", () => {
  const odd = { aspectRatio: "5:4" };
  equal(kieInput(request("bytedance/seedance-2", odd)).aspect_ratio, "adaptive");
  equal(kieInput(request("grok-imagine-video-1-5-preview", odd)).aspect_ratio, "auto");
  equal("aspect_ratio" in kieInput(request("kling/v2-1-pro", odd)), false);
  deepEqual(refusal(() => kieInput(request("kling-3.0/video", odd))), {
    endpoint: "kling-3.0/video",
    field: "aspect_ratio",
    allowed: ["16:9", "9:16", "1:1"],
  });
});

Deno.test("kieInput() takes options of the model and refuses all else", () => {
  const endpoint = "kling/v2-1-pro";
  const options = { negative_prompt: "rain", cfg_scale: 0.7 };
  deepEqual(kieInput(request(endpoint, { options })).negative_prompt, "rain");
  const field = (given: Record<string, unknown>) => {
    const details = refusal(() => kieInput(request(endpoint, { options: given })));
    ok(typeof details === "object" && details !== null && "field" in details);
    return details.field;
  };
  equal(field({ cfg_scale: 2 }), "cfg_scale");
  equal(field({ cfg_scale: "0.5" }), "cfg_scale");
  equal(field({ constructor: 1 }), "constructor");
  equal(field({ resolution: "8k" }), "resolution");
});

Deno.test("kieInput() refuses a model that is retired or not known", () => {
  for (const endpoint of ["sora-2-image-to-video", "toString", ""]) {
    deepEqual(refusal(() => kieInput(request(endpoint))), { endpoint, field: "endpoint" });
  }
});
