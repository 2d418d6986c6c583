// Every documented failure of OpenAI, as recorded.
import { deepEqual, equal } from "node:assert/strict";
import { createOpenAi } from "../../supabase/functions/_shared/providers/openai.ts";
import { OPENAI_NAMES } from "../../supabase/functions/_shared/providers/openai_error.ts";
import { type Recorded, replay } from "./recorded.ts";
import { describeAsk } from "./recorded_asks.ts";
import { memoryLog } from "./support.ts";

const { log } = memoryLog();

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
