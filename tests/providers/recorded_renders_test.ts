// Every documented failure of the renderers, as recorded: exempt from the size rule as a case table.
import { deepEqual, equal } from "node:assert/strict";
import { FAL_TYPES } from "../../supabase/functions/_shared/providers/fal_error.ts";
import { createFalVideo } from "../../supabase/functions/_shared/providers/fal_video.ts";
import { createKie } from "../../supabase/functions/_shared/providers/kie.ts";
import { KIE_CODES } from "../../supabase/functions/_shared/providers/kie_error.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { createRunway } from "../../supabase/functions/_shared/providers/runway.ts";
import { RUNWAY_FAILURES } from "../../supabase/functions/_shared/providers/runway_error.ts";
import { type Recorded, replay } from "./recorded.ts";
import { describeLook, describeOutcome, memoryLog } from "./support.ts";

const request = (endpoint: string): VideoRequest => ({
  endpoint,
  prompt: "A fox",
  imageUrl: "https://example.com/fox.jpg",
  durationSeconds: 5,
  aspectRatio: "16:9",
});

const { log } = memoryLog();

// --- KIE: HTTP 200, and the status in the body ---------------------------------------------------------

const KIE = request("kling/v2-1-pro");

const kie = (answer: Recorded) => {
  const { fetch, counted } = replay(() => answer);
  return {
    counted,
    adapter: createKie({ apiKey: "k", baseUrl: "https://api.kie.ai", log, fetch }),
  };
};

/** By body code: what KIE says, and what becomes of a create and of a look. */
const KIE_ANSWERS: Readonly<Record<number, readonly [msg: string, submit: string, look: string]>> =
  {
    400: ["taskId is required", "refused PROVIDER_REJECTED", "threw PROVIDER_REJECTED"],
    401: [
      "You do not have access permissions",
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    402: [
      "The current credits are insufficient. Please top up.",
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    403: ["IP address not in whitelist", "refused PROVIDER_REJECTED", "threw PROVIDER_REJECTED"],
    // A task shows itself some seconds after its create.
    404: ["Not Found", "refused PROVIDER_REJECTED", "rendering"],
    408: [
      "Upstream produced no result in time",
      "refused PROVIDER_UNAVAILABLE",
      "threw PROVIDER_UNAVAILABLE",
    ],
    422: ["recordInfo is null", "refused PROVIDER_REJECTED", "rendering"],
    429: [
      "Your call frequency is too high. Please try again later.",
      "refused PROVIDER_RATE_LIMITED",
      "threw PROVIDER_RATE_LIMITED",
    ],
    430: [
      "Your call frequency is too high.",
      "refused PROVIDER_RATE_LIMITED",
      "threw PROVIDER_RATE_LIMITED",
    ],
    433: [
      "The key's usage limit is reached",
      "refused PROVIDER_RATE_LIMITED",
      "threw PROVIDER_RATE_LIMITED",
    ],
    455: [
      "The service is currently under maintenance",
      "refused PROVIDER_UNAVAILABLE",
      "threw PROVIDER_UNAVAILABLE",
    ],
    500: [
      "This interface is temporarily paused",
      "refused PROVIDER_FAILED",
      "threw PROVIDER_UNAVAILABLE",
    ],
    501: ["Generation failed", "refused PROVIDER_FAILED", "threw PROVIDER_FAILED"],
    505: ["The feature is disabled", "refused PROVIDER_REJECTED", "threw PROVIDER_REJECTED"],
  };

Deno.test("kie: every code of the table has a recorded answer, and no answer has none", () => {
  deepEqual(Object.keys(KIE_ANSWERS), Object.keys(KIE_CODES));
});

for (const [code, [msg, submit, look]] of Object.entries(KIE_ANSWERS)) {
  Deno.test(`kie: code ${code} in HTTP 200 makes a create ${submit} and a look ${look}`, async () => {
    for (
      const body of [{ code: Number(code), msg, data: null }, { code: Number(code), message: msg }]
    ) {
      const { adapter, counted } = kie({ body });
      equal(describeOutcome(await adapter.submit(KIE)), submit);
      equal(counted.posts, 1);
      equal(await describeLook(adapter.status({ externalTaskId: "0f3c", endpoint: "x" })), look);
    }
  });
}

const KIE_FAILS: readonly (readonly [code: unknown, msg: unknown, expected: string])[] = [
  [
    "400",
    "Failed to fetch the image. Kindly verify any access limits.",
    "failed PROVIDER_REJECTED",
  ],
  ["422", "Image size exceeds the limit", "failed PROVIDER_REJECTED"],
  ["500", "Internal Error, Please try again later.", "failed PROVIDER_FAILED"],
  ["501", "Generation failed", "failed PROVIDER_FAILED"],
  ["408", "Upstream timeout", "failed PROVIDER_FAILED"],
  [500, "Internal Error", "failed PROVIDER_FAILED"],
  ["", "", "failed PROVIDER_FAILED"],
  [null, null, "failed PROVIDER_FAILED"],
  [
    "400",
    "Your prompt was flagged by Website as violating content policies.",
    "failed CONTENT_REFUSED",
  ],
  ["500", "public error prominent people upload", "failed CONTENT_REFUSED"],
  ["501", "The output was moderated: nsfw", "failed CONTENT_REFUSED"],
];

Deno.test("kie: a task in state fail ends by its failCode, or by what it says of refusals", async () => {
  for (const [failCode, failMsg, expected] of KIE_FAILS) {
    const data = {
      taskId: "0f3c",
      model: KIE.endpoint,
      state: "fail",
      param: "{}",
      resultJson: "",
      failCode,
      failMsg,
      costTime: 63,
      creditsConsumed: 0,
    };
    const { adapter } = kie({ body: { code: 200, msg: "success", data } });
    const look = adapter.status({ externalTaskId: "0f3c", endpoint: KIE.endpoint });
    equal(await describeLook(look), expected, `${failCode} ${failMsg}`);
  }
});

// --- fal: a detail in words or in items, and failures that are COMPLETED ---------------------------------

const FAL = request("fal-ai/kling-video/v3/pro/image-to-video");
const FAL_TASK = { externalTaskId: "764cabcf-b745-4b3e-ae38-1200304cf45b", endpoint: FAL.endpoint };

const fal = (submit: Recorded, status: Recorded, result: Recorded) => {
  const { fetch, counted } = replay(({ pathname }) =>
    pathname.endsWith("/status") ? status : pathname.includes("/requests/") ? result : submit
  );
  const adapter = createFalVideo({ apiKey: "a:b", queueUrl: "https://queue.fal.run", log, fetch });
  return { adapter, counted };
};

const NONE: Recorded = { status: 404, body: { detail: "Not found" } };

/** Types whose documented status is not 422. */
const FAL_STATUS: Readonly<Record<string, number>> = {
  internal_server_error: 500,
  generation_timeout: 504,
  downstream_service_error: 400,
  downstream_service_unavailable: 500,
  request_timeout: 504,
  startup_timeout: 504,
  runner_scheduling_failure: 503,
  runner_connection_timeout: 503,
  runner_disconnected: 503,
  runner_connection_refused: 503,
  runner_connection_error: 503,
  runner_incomplete_response: 502,
  runner_server_error: 500,
  client_disconnected: 499,
  client_cancelled: 499,
  internal_error: 500,
  bad_request: 400,
};

/** Types of requests rather than of models: they come as `error_type` beside a text. */
const FAL_REQUEST = /^(request|startup|runner|client|internal_error|bad_request)/;

for (const [type, code] of Object.entries(FAL_TYPES)) {
  Deno.test(`fal: a request that is COMPLETED and whose result is ${type} has failed with ${code}`, async () => {
    const status = FAL_STATUS[type] ?? 422;
    const isRequest = FAL_REQUEST.test(type);
    const result: Recorded = isRequest
      ? {
        status,
        body: { detail: "Runner said so", error_type: type },
        headers: { "x-fal-error-type": type },
      }
      : {
        status,
        body: {
          detail: [{
            loc: ["body", "image_url"],
            msg: "In fal's words",
            type,
            url: `https://docs.fal.ai/errors#${type}`,
            ctx: {},
            input: "https://example.com/fox.jpg",
          }],
        },
        headers: { "x-fal-retryable": String(status >= 500) },
      };
    // Newer answers name the failure in the status too.
    for (const more of [{}, { error: "Invalid status code", error_type: type }]) {
      const looked = { body: { status: "COMPLETED", metrics: { inference_time: 1 }, ...more } };
      const { adapter } = fal(NONE, looked, result);
      equal(await describeLook(adapter.status(FAL_TASK)), `failed ${code}`);
    }
  });
}

const FAL_REFUSALS:
  readonly (readonly [status: number, body: unknown, submit: string, look: string])[] = [
    [
      401,
      { detail: "No user found for Key ID and Secret" },
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    [
      403,
      {
        detail:
          "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
      },
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    [
      403,
      { detail: "User is locked. Reason: Admin lock. Please contact support@fal.ai" },
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    [
      404,
      { detail: 'Application "x" not found' },
      "refused PROVIDER_REJECTED",
      "failed PROVIDER_FAILED",
    ],
    [
      422,
      { detail: [{ loc: ["body", "duration"], msg: "Field required", type: "missing" }] },
      "refused PROVIDER_REJECTED",
      "threw PROVIDER_REJECTED",
    ],
    [
      429,
      { detail: "Too many requests", error_type: "concurrent_requests_limit" },
      "refused PROVIDER_RATE_LIMITED",
      "threw PROVIDER_RATE_LIMITED",
    ],
    [
      500,
      { detail: "Internal Server Error", error_type: "internal_error" },
      "unknown PROVIDER_UNAVAILABLE",
      "threw PROVIDER_UNAVAILABLE",
    ],
    [503, "<html>503</html>", "unknown PROVIDER_UNAVAILABLE", "threw PROVIDER_UNAVAILABLE"],
  ];

for (const [status, body, submit, look] of FAL_REFUSALS) {
  Deno.test(`fal: HTTP ${status} ${JSON.stringify(body).slice(0, 60)} makes a submit ${submit} and a look ${look}`, async () => {
    const answer = { status, body };
    const { adapter, counted } = fal(answer, answer, answer);
    equal(describeOutcome(await adapter.submit(FAL)), submit);
    equal(counted.posts, 1);
    equal(await describeLook(adapter.status(FAL_TASK)), look);
  });
}

// --- Runway: issues, and failure codes inside HTTP 200 ----------------------------------------------------

const RUNWAY = request("gen4_turbo");

const runway = (answer: Recorded) => {
  const { fetch, counted } = replay(() => answer);
  const baseUrl = "https://api.dev.runwayml.com";
  return { counted, adapter: createRunway({ apiKey: "k", baseUrl, log, fetch }) };
};

const RUNWAY_FAILS: readonly (readonly [failureCode: string | null, code: string])[] = [
  ["SAFETY.INPUT.TEXT", "CONTENT_REFUSED"],
  ["SAFETY.INPUT.IMAGE", "CONTENT_REFUSED"],
  ["SAFETY.OUTPUT.VIDEO", "CONTENT_REFUSED"],
  ["INPUT_PREPROCESSING.SAFETY.TEXT", "CONTENT_REFUSED"],
  ["INPUT_PREPROCESSING.INTERNAL", "PROVIDER_FAILED"],
  ["ASSET.INVALID", "PROVIDER_REJECTED"],
  ["INTERNAL", "PROVIDER_FAILED"],
  ["INTERNAL.BAD_OUTPUT.CODE01", "PROVIDER_FAILED"],
  ["THIRD_PARTY.UNAVAILABLE", "PROVIDER_FAILED"],
  ["SAFETYNET", "PROVIDER_FAILED"],
  ["SOMETHING.NEW", "PROVIDER_FAILED"],
  [null, "PROVIDER_FAILED"],
];

Deno.test("runway: every line of the table has a recorded failure that it decides", () => {
  const deciding = RUNWAY_FAILS.map(([failureCode]) =>
    RUNWAY_FAILURES.findIndex(([prefix]) =>
      failureCode === prefix || failureCode?.startsWith(`${prefix}.`)
    )
  );
  deepEqual(
    [...new Set(deciding)].filter((at) => at >= 0).sort(),
    RUNWAY_FAILURES.map((_, at) => at),
  );
});

for (const [failureCode, code] of RUNWAY_FAILS) {
  Deno.test(`runway: a task that is FAILED with ${failureCode} has failed with ${code}`, async () => {
    const { adapter } = runway({
      body: {
        id: "17f20503-6c24-4c16-946b-35dbbce2af2f",
        status: "FAILED",
        createdAt: "2026-09-01T00:00:00.000Z",
        failure: "In Runway's words",
        ...(failureCode === null ? {} : { failureCode }),
        cost: { credits: 0 },
      },
    });
    const task = { externalTaskId: "17f20503-6c24-4c16-946b-35dbbce2af2f", endpoint: "gen4_turbo" };
    equal(await describeLook(adapter.status(task)), `failed ${code}`);
  });
}

const RUNWAY_REFUSALS: readonly (readonly [status: number, body: unknown, submit: string])[] = [
  [
    400,
    {
      error: "Validation of body failed",
      issues: [{ code: "invalid_type", path: ["ratio"], message: "Required" }],
      docUrl: "https://docs.dev.runwayml.com/api",
    },
    "refused PROVIDER_REJECTED",
  ],
  [400, { error: "You do not have enough credits to run this task." }, "refused PROVIDER_REJECTED"],
  [401, { error: "The API key is not valid." }, "refused PROVIDER_REJECTED"],
  [404, { error: "Not found" }, "refused PROVIDER_REJECTED"],
  [405, { error: "Method not allowed" }, "refused PROVIDER_REJECTED"],
  [
    429,
    { error: "You have reached the daily generation limit of your tier." },
    "refused PROVIDER_RATE_LIMITED",
  ],
  [500, { error: "Internal" }, "unknown PROVIDER_UNAVAILABLE"],
  [502, "<html>Bad gateway</html>", "unknown PROVIDER_UNAVAILABLE"],
  [503, { error: "Unavailable" }, "unknown PROVIDER_UNAVAILABLE"],
  [504, "", "unknown PROVIDER_UNAVAILABLE"],
];

for (const [status, body, expected] of RUNWAY_REFUSALS) {
  Deno.test(`runway: HTTP ${status} ${JSON.stringify(body).slice(0, 50)} makes a create ${expected}, sent once`, async () => {
    const { adapter, counted } = runway({ status, body });
    equal(describeOutcome(await adapter.submit(RUNWAY)), expected);
    equal(counted.posts, 1);
  });
}
