// Every documented failure of Gemini, of its words and of its pictures, as recorded.
import { deepEqual, equal } from "node:assert/strict";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createGeminiImage } from "../../supabase/functions/_shared/providers/gemini_image.ts";
import { createKeyRing } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { type Recorded, replay } from "./recorded.ts";
import { describeAsk, HELP, info, rpc } from "./recorded_asks.ts";
import { describeOutcome, memoryLog } from "./support.ts";

const { log } = memoryLog();

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

const METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests";

const quota = (quotaId: string, quotaValue: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{
    quotaMetric: METRIC,
    quotaId,
    quotaDimensions: { location: "global", model: "gemini-3.8-flash" },
    quotaValue,
  }],
});

const RETRY = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "45.837906927s" };
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
    "a quota of zero as it is on the wire, where only the sentence says so",
    rpc(
      429,
      "RESOURCE_EXHAUSTED",
      `${EXCEEDED}\n* Quota exceeded for metric: ${METRIC}, limit: 0, model: gemini-3-pro\n` +
        "Please retry in 3.98361248s.",
      [HELP, {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{
          quotaMetric: METRIC,
          quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
          quotaDimensions: { location: "global", model: "gemini-3-pro" },
        }],
      }, { ...RETRY, retryDelay: "3s" }],
    ),
    "PROVIDER_REJECTED",
  ],
  [
    "the day's quota as it is on the wire, with its size in the sentence",
    rpc(
      429,
      "RESOURCE_EXHAUSTED",
      `${EXCEEDED}\n* Quota exceeded for metric: ${METRIC}, limit: 20, model: gemini-3.8-flash`,
      [quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20"), RETRY],
    ),
    `PROVIDER_RATE_LIMITED ${12 * 3600}`,
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
