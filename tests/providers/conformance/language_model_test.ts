import { deepEqual } from "node:assert/strict";
import { createGemini } from "../../../supabase/functions/_shared/providers/gemini.ts";
import { createKeyRing } from "../../../supabase/functions/_shared/providers/gemini_keys.ts";
import { LANGUAGE_MODELS } from "../../../supabase/functions/_shared/providers/language_models.ts";
import { createOpenAi } from "../../../supabase/functions/_shared/providers/openai.ts";
import { conformLanguageModel, type LanguageSubject } from "./language_model.ts";

const SUBJECTS: readonly LanguageSubject[] = [
  {
    provider: "gemini",
    model: "gemini-3.8-flash",
    operation: "generate_content",
    keyVariable: "GEMINI_API_KEY",
    create: (providers, log) =>
      createGemini({
        apiKeys: [providers.env("GEMINI_API_KEY")],
        baseUrl: providers.env("GEMINI_BASE_URL"),
        log,
        keys: createKeyRing(),
      }),
    answers: {
      slow: ["object 1", "object 1"],
      hang: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      drop: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      // The model's, not the wire's: text that is no JSON.
      garbage: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      http_500: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      http_503: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      rate_limited: ["PROVIDER_RATE_LIMITED 1", "PROVIDER_RATE_LIMITED 1"],
      bad_key: ["PROVIDER_REJECTED 1", "PROVIDER_REJECTED 1"],
      quota_day: ["PROVIDER_RATE_LIMITED 1", "PROVIDER_RATE_LIMITED 1"],
      quota_zero: ["PROVIDER_REJECTED 1", "PROVIDER_REJECTED 1"],
      broken_envelope: ["PROVIDER_BAD_RESPONSE 1", "PROVIDER_BAD_RESPONSE 1"],
      empty: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      refuse: ["CONTENT_REFUSED 1", "CONTENT_REFUSED 1"],
      truncated: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      wrong_shape: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      too_many_scenes: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      hostile_text: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      // Faults of pictures, which this is not.
      no_image: ["object 1", "object 1"],
      empty_file: ["object 1", "object 1"],
      truncated_file: ["object 1", "object 1"],
      wrong_type_file: ["object 1", "object 1"],
      bad_base64: ["object 1", "object 1"],
    },
  },
  {
    provider: "openai",
    model: "gpt-6-luna",
    operation: "create_response",
    keyVariable: "OPENAI_API_KEY",
    create: (providers, log) =>
      createOpenAi({
        apiKey: providers.env("OPENAI_API_KEY"),
        baseUrl: providers.env("OPENAI_BASE_URL"),
        log,
      }),
    answers: {
      slow: ["object 1", "object 1"],
      hang: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      drop: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      // The model's, not the wire's: text that is no JSON.
      garbage: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      http_500: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      http_503: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      rate_limited: ["PROVIDER_RATE_LIMITED 1", "PROVIDER_RATE_LIMITED 1"],
      bad_key: ["PROVIDER_REJECTED 1", "PROVIDER_REJECTED 1"],
      no_credit: ["PROVIDER_REJECTED 1", "PROVIDER_REJECTED 1"],
      broken_envelope: ["PROVIDER_BAD_RESPONSE 1", "PROVIDER_BAD_RESPONSE 1"],
      failed: ["PROVIDER_UNAVAILABLE 1", "PROVIDER_UNAVAILABLE 1"],
      empty: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      refuse: ["CONTENT_REFUSED 1", "CONTENT_REFUSED 1"],
      filtered: ["CONTENT_REFUSED 1", "CONTENT_REFUSED 1"],
      // A fault of moderation, which this is not.
      flag: ["object 1", "object 1"],
      truncated: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      wrong_shape: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      too_many_scenes: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
      hostile_text: ["object 2", "PROVIDER_BAD_RESPONSE 2"],
    },
  },
];

Deno.test("every language model has its table", () => {
  deepEqual(SUBJECTS.map(({ provider }) => provider).sort(), Object.keys(LANGUAGE_MODELS).sort());
});

for (const subject of SUBJECTS) conformLanguageModel(subject);
