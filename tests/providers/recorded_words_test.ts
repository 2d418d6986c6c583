// Every documented failure of the language models, of Gemini's pictures and of speech, as recorded: exempt
// from the size rule as a case table.
import { deepEqual, equal } from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createGeminiImage } from "../../supabase/functions/_shared/providers/gemini_image.ts";
import { createKeyRing } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import type { LanguageModel } from "../../supabase/functions/_shared/providers/language_model.ts";
import { createOpenAi } from "../../supabase/functions/_shared/providers/openai.ts";
import { OPENAI_NAMES } from "../../supabase/functions/_shared/providers/openai_error.ts";
import { serviceAccountJson } from "../../supabase/local/providers/google_tts.ts";
import { type Recorded, replay } from "./recorded.ts";
import { describeOutcome, memoryLog } from "./support.ts";

const { log } = memoryLog();

const asked = {
  schema: z.object({ title: z.string() }),
  system: "You name films.",
  prompt: "A fox",
};

/** The code, then seconds to wait when they are known. */
async function describeAsk(model: LanguageModel, name: string): Promise<string> {
  try {
    await model.generateObject({ ...asked, model: name });
    return "object";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, retryAfterSeconds } = error;
    return retryAfterSeconds === undefined ? code : `${code} ${retryAfterSeconds}`;
  }
}

// --- Gemini ------------------------------------------------------------------------------------------------

/** Noon in California. */
const NOON = Date.parse("2026-11-21T20:00:00Z");

const geminiConfig = (answer: Recorded) => {
  const { fetch, counted } = replay(() => answer);
  const baseUrl = "https://generativelanguage.googleapis.com";
  const now = () => NOON;
  return {
    counted,
    config: { apiKeys: ["k"], baseUrl, log, fetch, now, keys: createKeyRing(now) },
  };
};

const rpc = (code: number, status: string, message: string, details: unknown[] = []): Recorded => ({
  status: code,
  body: { error: { code, message, status, details } },
});

const info = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com",
  metadata: { service: "generativelanguage.googleapis.com" },
});

const quota = (quotaId: string, quotaValue: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{
    quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
    quotaId,
    quotaDimensions: { location: "global", model: "gemini-3.8-flash" },
    quotaValue,
  }],
});

const RETRY = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "45.837906927s" };
const HELP = {
  "@type": "type.googleapis.com/google.rpc.Help",
  links: [{ description: "Learn more", url: "https://ai.google.dev/gemini-api/docs/rate-limits" }],
};
const EXCEEDED = "You exceeded your current quota, please check your plan and billing details.";

const GEMINI_REFUSALS: readonly (readonly [name: string, Recorded, code: string])[] = [
  [
    "a wrong key, which is 400",
    rpc(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
      info("API_KEY_INVALID"),
      { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message: "x" },
    ]),
    "PROVIDER_REJECTED",
  ],
  [
    "a body it does not take",
    rpc(400, "INVALID_ARGUMENT", "Requests ending with a model turn are not supported."),
    "PROVIDER_REJECTED",
  ],
  [
    "a region or an account without billing",
    rpc(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    "PROVIDER_REJECTED",
  ],
  [
    "a key without permission",
    rpc(403, "PERMISSION_DENIED", "The caller does not have permission", [
      info("API_KEY_SERVICE_BLOCKED"),
    ]),
    "PROVIDER_REJECTED",
  ],
  [
    "a model that is gone",
    rpc(404, "NOT_FOUND", "This model models/gemini-2.5-flash is no longer available."),
    "PROVIDER_REJECTED",
  ],
  [
    "the minute's quota",
    rpc(429, "RESOURCE_EXHAUSTED", EXCEEDED, [
      HELP,
      quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "5"),
      RETRY,
    ]),
    "PROVIDER_RATE_LIMITED 46",
  ],
  [
    "the minute's quota, told in another order and by whole seconds",
    rpc(429, "RESOURCE_EXHAUSTED", EXCEEDED, [
      { ...RETRY, retryDelay: "7s" },
      quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000"),
    ]),
    "PROVIDER_RATE_LIMITED 7",
  ],
  [
    "the day's quota, which no wait of seconds helps",
    rpc(429, "RESOURCE_EXHAUSTED", EXCEEDED, [
      quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20"),
      RETRY,
    ]),
    `PROVIDER_RATE_LIMITED ${12 * 3600}`,
  ],
  [
    "a quota of zero",
    rpc(429, "RESOURCE_EXHAUSTED", EXCEEDED, [
      quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "0"),
      RETRY,
    ]),
    "PROVIDER_REJECTED",
  ],
  [
    "a fault of its own",
    rpc(500, "INTERNAL", "An internal error has occurred."),
    "PROVIDER_UNAVAILABLE",
  ],
  ["overload", rpc(503, "UNAVAILABLE", "The model is overloaded."), "PROVIDER_UNAVAILABLE"],
  ["its own deadline", rpc(504, "DEADLINE_EXCEEDED", "Deadline expired"), "PROVIDER_TIMEOUT"],
];

for (const [name, answer, code] of GEMINI_REFUSALS) {
  Deno.test(`gemini: ${name} is ${code}, asked once, for words and for pictures`, async () => {
    const words = geminiConfig(answer);
    equal(await describeAsk(createGemini(words.config), "gemini-3.8-flash"), code);
    equal(words.counted.posts, 1);
    const picture = geminiConfig(answer);
    const outcome = await createGeminiImage(picture.config).submit({
      endpoint: "gemini-nano-banana-2.1",
      prompt: "A fox",
      aspectRatio: "1:1",
    });
    equal(describeOutcome(outcome), `refused ${code.split(" ")[0]}`);
    equal(picture.counted.posts, 1);
  });
}

/** By finish reason: what an answer that ends so is, for words and for a picture. */
const GEMINI_ENDS: Readonly<Record<string, readonly [words: string, picture: string]>> = {
  // A whole end without a part is an answer without an answer.
  STOP: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  MAX_TOKENS: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  SAFETY: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  RECITATION: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  BLOCKLIST: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  PROHIBITED_CONTENT: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  SPII: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  IMAGE_SAFETY: ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
  // The official reasons of pictures, which no words end with.
  IMAGE_PROHIBITED_CONTENT: ["PROVIDER_BAD_RESPONSE", "refused CONTENT_REFUSED"],
  IMAGE_RECITATION: ["PROVIDER_BAD_RESPONSE", "refused CONTENT_REFUSED"],
  IMAGE_OTHER: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  NO_IMAGE: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  LANGUAGE: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  OTHER: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  MALFORMED_FUNCTION_CALL: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  MALFORMED_RESPONSE: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  UNEXPECTED_TOOL_CALL: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  TOO_MANY_TOOL_CALLS: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  CONTINUATION: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
  SOMETHING_NEW: ["PROVIDER_BAD_RESPONSE", "refused PROVIDER_BAD_RESPONSE"],
};

const usageMetadata = { promptTokenCount: 12, totalTokenCount: 12 };

Deno.test("gemini: an answer without a usable part is what its finishReason says, for words and for pictures", async () => {
  const seen: Record<string, readonly string[]> = {};
  for (const finishReason of Object.keys(GEMINI_ENDS)) {
    const body = { candidates: [{ finishReason, index: 0 }], usageMetadata };
    seen[finishReason] = await describeBoth(body);
  }
  deepEqual(seen, { ...GEMINI_ENDS });
});

Deno.test("gemini: a blocked prompt is CONTENT_REFUSED, whatever blocked it", async () => {
  for (
    const blockReason of ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"]
  ) {
    const body = { promptFeedback: { blockReason }, usageMetadata };
    deepEqual(
      await describeBoth(body),
      ["CONTENT_REFUSED", "refused CONTENT_REFUSED"],
      blockReason,
    );
  }
});

async function describeBoth(body: unknown): Promise<[words: string, picture: string]> {
  const words = await describeAsk(
    createGemini(geminiConfig({ body }).config),
    "gemini-3.8-flash",
  );
  const picture = await createGeminiImage(geminiConfig({ body }).config).submit({
    endpoint: "gemini-nano-banana-2.1",
    prompt: "A fox",
    aspectRatio: "1:1",
  });
  return [words, describeOutcome(picture)];
}

// --- OpenAI ------------------------------------------------------------------------------------------------

const openAi = (answer: Recorded) => {
  const { fetch, counted } = replay(() => answer);
  return {
    counted,
    model: createOpenAi({ apiKey: "k", baseUrl: "https://api.openai.com/v1", log, fetch }),
  };
};

const refusal = (
  status: number,
  type: string,
  code: string | null,
  headers: Readonly<Record<string, string>> = {},
): Recorded => ({
  status,
  body: { error: { message: "In OpenAI's words", type, param: null, code } },
  headers,
});

const OPENAI_REFUSALS: readonly (readonly [name: string, Recorded, code: string])[] = [
  [
    "invalid_api_key",
    refusal(401, "invalid_request_error", "invalid_api_key"),
    "PROVIDER_REJECTED",
  ],
  [
    "model_not_found",
    refusal(404, "invalid_request_error", "model_not_found"),
    "PROVIDER_REJECTED",
  ],
  [
    "rate_limit_exceeded",
    refusal(429, "requests", "rate_limit_exceeded", {
      "retry-after": "20",
      "retry-after-ms": "19500",
    }),
    "PROVIDER_RATE_LIMITED 20",
  ],
  ["slow_down", refusal(429, "rate_limit_error", "slow_down"), "PROVIDER_RATE_LIMITED"],
  // 429 too, and no wait helps.
  [
    "insufficient_quota",
    refusal(429, "insufficient_quota", "insufficient_quota"),
    "PROVIDER_REJECTED",
  ],
  [
    "credit_balance_exhausted",
    refusal(429, "insufficient_quota", "credit_balance_exhausted"),
    "PROVIDER_REJECTED",
  ],
  [
    "billing_hard_limit_reached",
    refusal(400, "invalid_request_error", "billing_hard_limit_reached"),
    "PROVIDER_REJECTED",
  ],
  ["content_filter", refusal(400, "invalid_request_error", "content_filter"), "CONTENT_REFUSED"],
  [
    "content_policy_violation",
    refusal(400, "invalid_request_error", "content_policy_violation"),
    "CONTENT_REFUSED",
  ],
  ["invalid_prompt", refusal(400, "invalid_request_error", "invalid_prompt"), "CONTENT_REFUSED"],
  ["server_error", refusal(500, "server_error", null), "PROVIDER_UNAVAILABLE"],
  [
    "server_is_overloaded",
    refusal(503, "service_unavailable_error", "server_is_overloaded"),
    "PROVIDER_UNAVAILABLE",
  ],
];

Deno.test("openai: every name of the table has a recorded refusal", () => {
  deepEqual(
    OPENAI_REFUSALS.map(([name]) => name).filter((name) => Object.hasOwn(OPENAI_NAMES, name))
      .sort(),
    Object.keys(OPENAI_NAMES).sort(),
  );
});

for (const [name, answer, code] of OPENAI_REFUSALS) {
  Deno.test(`openai: ${name} is ${code}, asked once`, async () => {
    const { model, counted } = openAi(answer);
    equal(await describeAsk(model, "gpt-6-luna"), code);
    equal(counted.posts, 1);
  });
}

const responded = (more: Record<string, unknown>): Recorded => ({
  body: {
    id: "resp_68a1",
    object: "response",
    created_at: 1_790_000_000,
    model: "gpt-6-luna",
    status: "completed",
    error: null,
    incomplete_details: null,
    output: [],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    ...more,
  },
});

const OPENAI_ENDS: readonly (readonly [name: string, Recorded, code: string, posts: number])[] = [
  [
    "a refusal in words",
    responded({
      output: [{
        id: "msg_1",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "refusal", refusal: "I can't help with that." }],
      }],
    }),
    "CONTENT_REFUSED",
    1,
  ],
  [
    "the content filter",
    responded({ status: "incomplete", incomplete_details: { reason: "content_filter" } }),
    "CONTENT_REFUSED",
    1,
  ],
  [
    "the length limit",
    responded({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
    "PROVIDER_BAD_RESPONSE",
    2,
  ],
  [
    "a failure inside HTTP 200",
    responded({ status: "failed", error: { code: "server_error", message: "x" }, usage: null }),
    "PROVIDER_UNAVAILABLE",
    1,
  ],
  [
    "a rate limit inside HTTP 200",
    responded({
      status: "failed",
      error: { code: "rate_limit_exceeded", message: "x" },
      usage: null,
    }),
    "PROVIDER_RATE_LIMITED",
    1,
  ],
];

for (const [name, answer, code, posts] of OPENAI_ENDS) {
  Deno.test(`openai: an answer that ends with ${name} is ${code}`, async () => {
    const { model, counted } = openAi(answer);
    equal(await describeAsk(model, "gpt-6-luna"), code);
    equal(counted.posts, posts);
  });
}

// --- Google Text-to-Speech -----------------------------------------------------------------------------------

const TTS_REFUSALS: readonly (readonly [name: string, Recorded, code: string])[] = [
  [
    "a text that is too long",
    rpc(
      400,
      "INVALID_ARGUMENT",
      "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is " +
        "different from quotas.",
    ),
    "PROVIDER_REJECTED",
  ],
  [
    "a sentence that is too long",
    rpc(400, "INVALID_ARGUMENT", "This request contains sentences that are too long."),
    "PROVIDER_REJECTED",
  ],
  [
    "a pitch for a voice that has none",
    rpc(400, "INVALID_ARGUMENT", "This voice does not support pitch parameters at this time."),
    "PROVIDER_REJECTED",
  ],
  [
    "a voice it does not have",
    rpc(400, "INVALID_ARGUMENT", "Voice 'en-US-Nobody-A' does not exist. Is it misspelled?"),
    "PROVIDER_REJECTED",
  ],
  [
    "an API that is not enabled",
    rpc(
      403,
      "PERMISSION_DENIED",
      "Cloud Text-to-Speech API has not been used in project 1 before",
      [
        HELP,
        info("SERVICE_DISABLED"),
      ],
    ),
    "PROVIDER_REJECTED",
  ],
  [
    "a token it does not take",
    rpc(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", [
      info("ACCESS_TOKEN_EXPIRED"),
    ]),
    "PROVIDER_REJECTED",
  ],
  [
    "a quota",
    rpc(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "PROVIDER_RATE_LIMITED",
  ],
  [
    "a fault of its own",
    rpc(500, "INTERNAL", "Internal error encountered."),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "an outage",
    rpc(503, "UNAVAILABLE", "The service is currently unavailable."),
    "PROVIDER_UNAVAILABLE",
  ],
];

for (const [name, answer, code] of TTS_REFUSALS) {
  Deno.test(`google_tts: ${name} is ${code}`, async () => {
    const { fetch, counted } = replay(({ pathname }) =>
      pathname === "/token"
        ? { body: { access_token: "ya29.x", expires_in: 3599, token_type: "Bearer" } }
        : answer
    );
    const tts = createGoogleTts({
      serviceAccountJson: await serviceAccountJson("https://oauth2.googleapis.com"),
      baseUrl: "https://texttospeech.googleapis.com",
      log,
      fetch,
    });
    let seen = "audio";
    try {
      await tts.synthesize({ text: "A fox.", voiceId: "en-US-Neural2-C" });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      seen = error.code;
    }
    equal(seen, code);
    // A token may have been revoked: it is replaced once.
    equal(counted.posts, answer.status === 401 ? 2 : 1);
  });
}
