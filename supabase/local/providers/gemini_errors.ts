/**
 * The refusals of the simulated Gemini API, in its envelope and words.
 *
 * @module
 */
import { type Answer, errorInfo, rpcError } from "./google_rpc.ts";

const SERVICE = "generativelanguage.googleapis.com";

/** A wrong key is 400 here, not 401. */
export function invalidKey(): Answer {
  const message = "API key not valid. Please pass a valid API key.";
  return rpcError("INVALID_ARGUMENT", message, [
    errorInfo("API_KEY_INVALID", { service: SERVICE }),
    { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message },
  ]);
}

/** No key at all. */
export function missingKey(): Answer {
  return rpcError(
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use " +
      "API Key or other form of API consumer identity to call this API.",
  );
}

/** A name that is no model, or none for this call. */
export function unknownModel(id: string, version: string): Answer {
  return rpcError(
    "NOT_FOUND",
    `models/${id} is not found for API version ${version}, or is not supported for ` +
      "generateContent. Call ModelService.ListModels to see the list of available models and their " +
      "supported methods.",
  );
}

/** A model that was shut down. */
export function retiredModel(id: string): Answer {
  return rpcError(
    "NOT_FOUND",
    `This model models/${id} is no longer available. Please update your code to use a newer model ` +
      "for the latest features and improvements.",
  );
}

/** What ran out. */
export type Quota = "minute" | "day" | "zero";

/** Too many requests: the wait is only in the body, there is no Retry-After header. */
export function quotaExceeded(quota: Quota, model: string, waitSeconds: number): Answer {
  const metric = `${SERVICE}/generate_content_free_tier_requests`;
  const limit = { minute: "5", day: "20", zero: "0" }[quota];
  const seconds = `${waitSeconds.toFixed(9)}s`;
  return rpcError(
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details. For more " +
      "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. \n" +
      `* Quota exceeded for metric: ${metric}, limit: ${limit}, model: ${model}\n` +
      `Please retry in ${seconds}.`,
    [
      {
        "@type": "type.googleapis.com/google.rpc.Help",
        links: [{
          description: "Learn more about Gemini API quotas",
          url: "https://ai.google.dev/gemini-api/docs/rate-limits",
        }],
      },
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{
          quotaMetric: metric,
          quotaId: quota === "minute"
            ? "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
            : "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
          quotaDimensions: { location: "global", model },
          // A zero is left out on the wire.
          ...(quota === "zero" ? {} : { quotaValue: limit }),
        }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: seconds },
    ],
  );
}

/** The model has no capacity. */
export function overloaded(): Answer {
  return rpcError("UNAVAILABLE", "The model is overloaded. Please try again later.");
}

/** A fault of the provider's. */
export function internalError(): Answer {
  return rpcError(
    "INTERNAL",
    "An internal error has occurred. Please retry or report in " +
      "https://developers.generativeai.google/guide/troubleshooting",
  );
}
