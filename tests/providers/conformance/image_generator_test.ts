import { deepEqual } from "node:assert/strict";
import { createFalImage } from "../../../supabase/functions/_shared/providers/fal_image.ts";
import { createGeminiImage } from "../../../supabase/functions/_shared/providers/gemini_image.ts";
import { createKeyRing } from "../../../supabase/functions/_shared/providers/gemini_keys.ts";
import { IMAGE_GENERATORS } from "../../../supabase/functions/_shared/jobs/renderers.ts";
import type { ImageRequest } from "../../../supabase/functions/_shared/providers/render.ts";
import { conformRenderer, type RendererSubject } from "./renderer.ts";

const SUBJECTS: readonly RendererSubject<ImageRequest>[] = [
  {
    provider: "fal",
    makes: "image",
    keyVariable: "FAL_KEY",
    create: (providers, { log, baseUrl = providers.env("FAL_QUEUE_URL") }) =>
      createFalImage({ apiKey: providers.env("FAL_KEY"), queueUrl: baseUrl, log }),
    request: () => ({ endpoint: "fal-ai/flux/schnell", prompt: "A fox", aspectRatio: "16:9" }),
    submitOperation: "submit",
    submits: {
      slow: "accepted, file",
      hang: "unknown PROVIDER_UNAVAILABLE",
      drop: "unknown PROVIDER_UNAVAILABLE",
      garbage: "unknown PROVIDER_BAD_RESPONSE",
      http_500: "unknown PROVIDER_UNAVAILABLE",
      http_503: "unknown PROVIDER_UNAVAILABLE",
      rate_limited: "refused PROVIDER_RATE_LIMITED",
      bad_key: "refused PROVIDER_REJECTED",
      no_credit: "refused PROVIDER_REJECTED",
      wrong_shape: "unknown PROVIDER_BAD_RESPONSE",
      unknown_task: "refused PROVIDER_REJECTED",
      fail: "accepted, failed PROVIDER_FAILED",
      fail_runner: "accepted, failed PROVIDER_FAILED",
      refuse: "accepted, failed CONTENT_REFUSED",
      nsfw: "accepted, failed CONTENT_REFUSED",
      endless: "accepted, rendering",
      empty_file: "accepted, RESULT_INVALID empty",
      truncated_file: "accepted, RESULT_INVALID truncated",
      cut_file: "accepted, RESULT_INVALID truncated",
      wrong_type_file: "accepted, RESULT_INVALID wrong_type",
      expired_url: "accepted, RESULT_INVALID expired",
      no_webhook: "accepted, file",
      duplicate_webhook: "accepted, file",
      late_webhook: "accepted, file",
      early_webhook: "accepted, file",
      forged_webhook: "accepted, file",
      wrong_task_webhook: "accepted, file",
      unsigned_webhook: "accepted, file",
      altered_webhook: "accepted, file",
      stale_webhook: "accepted, file",
    },
    looks: {
      status: {
        slow: "succeeded",
        hang: "threw PROVIDER_UNAVAILABLE",
        drop: "threw PROVIDER_UNAVAILABLE",
        garbage: "threw PROVIDER_BAD_RESPONSE",
        http_500: "threw PROVIDER_UNAVAILABLE",
        http_503: "threw PROVIDER_UNAVAILABLE",
        rate_limited: "threw PROVIDER_RATE_LIMITED",
        bad_key: "threw PROVIDER_REJECTED",
        no_credit: "succeeded",
        wrong_shape: "threw PROVIDER_BAD_RESPONSE",
        unknown_task: "failed PROVIDER_FAILED",
      },
      result: {
        slow: "succeeded",
        hang: "threw PROVIDER_UNAVAILABLE",
        drop: "threw PROVIDER_UNAVAILABLE",
        garbage: "threw PROVIDER_BAD_RESPONSE",
        http_500: "failed PROVIDER_FAILED",
        http_503: "threw PROVIDER_UNAVAILABLE",
        rate_limited: "threw PROVIDER_RATE_LIMITED",
        bad_key: "threw PROVIDER_REJECTED",
        no_credit: "succeeded",
        wrong_shape: "threw PROVIDER_BAD_RESPONSE",
        unknown_task: "threw PROVIDER_REJECTED",
      },
    },
  },
  {
    provider: "gemini",
    makes: "image",
    keyVariable: "GEMINI_API_KEY",
    create: (providers, { log, baseUrl = providers.env("GEMINI_BASE_URL") }) =>
      createGeminiImage({
        apiKeys: [providers.env("GEMINI_API_KEY")],
        baseUrl,
        log,
        // What one call learns of the key is nothing to the others.
        keys: { ...createKeyRing(), usable: (apiKeys) => [...apiKeys] },
      }),
    request: () => ({ endpoint: "gemini-nano-banana-2.1", prompt: "A fox", aspectRatio: "16:9" }),
    submitOperation: "generate_content",
    submits: {
      slow: "finished, file",
      hang: "unknown PROVIDER_UNAVAILABLE",
      drop: "unknown PROVIDER_UNAVAILABLE",
      garbage: "finished, file",
      http_500: "refused PROVIDER_UNAVAILABLE",
      http_503: "refused PROVIDER_UNAVAILABLE",
      rate_limited: "refused PROVIDER_RATE_LIMITED",
      bad_key: "refused PROVIDER_REJECTED",
      quota_day: "refused PROVIDER_RATE_LIMITED",
      quota_zero: "refused PROVIDER_REJECTED",
      broken_envelope: "unknown PROVIDER_BAD_RESPONSE",
      empty: "finished, file",
      refuse: "refused CONTENT_REFUSED",
      truncated: "finished, file",
      wrong_shape: "finished, file",
      too_many_scenes: "finished, file",
      hostile_text: "finished, file",
      no_image: "refused PROVIDER_BAD_RESPONSE",
      empty_file: "finished, RESULT_INVALID empty",
      truncated_file: "finished, RESULT_INVALID truncated",
      wrong_type_file: "finished, RESULT_INVALID wrong_type",
      bad_base64: "finished, RESULT_INVALID wrong_type",
    },
    looks: {},
  },
];

Deno.test("every image generator has its tables", () => {
  deepEqual(SUBJECTS.map(({ provider }) => provider).sort(), Object.keys(IMAGE_GENERATORS).sort());
});

for (const subject of SUBJECTS) conformRenderer(subject);
