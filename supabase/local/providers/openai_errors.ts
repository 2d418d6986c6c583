/**
 * The refusals of the simulated OpenAI API, in its envelope and words.
 *
 * @module
 */

/** An answer of the API. */
export interface OpenAiAnswer {
  /** HTTP status. */
  readonly status: number;
  /** The body as sent. */
  readonly body: string;
  /** Besides `content-type` and `x-request-id`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON answer, indented by two spaces as there. */
export function jsonBody(body: unknown, status = 200): OpenAiAnswer {
  return { status, body: JSON.stringify(body, null, 2) };
}

/** The envelope of every refusal. */
export function refusal(
  status: number,
  error: { message: string; type: string; param?: string | null; code?: string | null },
  headers: Readonly<Record<string, string>> = {},
): OpenAiAnswer {
  const { message, type, param = null, code = null } = error;
  return { ...jsonBody({ error: { message, type, param, code } }, status), headers };
}

/** The body or a part of it is wrong. */
export function invalid(message: string, param: string | null, code: string | null = null) {
  return refusal(400, { message, type: "invalid_request_error", param, code });
}

/** A wrong key is quoted back in part. */
export function invalidKey(key: string): OpenAiAnswer {
  const shown = key === "" ? "" : `${key.slice(0, 8)}${"*".repeat(12)}${key.slice(-4)}`;
  return refusal(401, {
    message: key === ""
      ? "You didn't provide an API key. You need to provide your API key in an Authorization header " +
        "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
      : `Incorrect API key provided: ${shown}. You can find your API key at ` +
        "https://platform.openai.com/account/api-keys.",
    type: "invalid_request_error",
    ...(key === "" ? {} : { code: "invalid_api_key" }),
  });
}

/** No such model, or not for this account. */
export function unknownModel(model: string): OpenAiAnswer {
  return refusal(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: "invalid_request_error",
    code: "model_not_found",
  });
}

/** Too many requests: the wait is in the headers. */
export function rateLimited(model: string, waitMs: number): OpenAiAnswer {
  const seconds = waitMs / 1000;
  return refusal(429, {
    message: `Rate limit reached for ${model} in organization org-simulated on requests per min ` +
      `(RPM): Limit 3, Used 3, Requested 1. Please try again in ${seconds}s. Visit ` +
      "https://platform.openai.com/account/rate-limits to learn more.",
    type: "requests",
    code: "rate_limit_exceeded",
  }, {
    "retry-after": String(Math.ceil(seconds)),
    "retry-after-ms": String(Math.round(waitMs)),
    "x-ratelimit-limit-requests": "3",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": `${seconds}s`,
  });
}

/** The account has no money: 429 too, but no wait helps. */
export function noCredit(): OpenAiAnswer {
  return refusal(429, {
    message:
      "You exceeded your current quota, please check your plan and billing details. For more " +
      "information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes.",
    type: "insufficient_quota",
    code: "insufficient_quota",
  });
}

/** A fault of the API's. */
export function serverError(): OpenAiAnswer {
  return refusal(500, {
    message: "The server had an error while processing your request. Sorry about that!",
    type: "server_error",
  });
}

/** The API has no capacity. */
export function overloaded(): OpenAiAnswer {
  return refusal(503, {
    message:
      "The server is currently overloaded with other requests. Please retry after a brief wait.",
    type: "service_unavailable_error",
    code: "server_is_overloaded",
  });
}
