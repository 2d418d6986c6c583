import assert from "node:assert/strict";
import { googleError } from "../../supabase/functions/_shared/providers/google_error.ts";

const CALL = { provider: "gemini", operation: "generate_content" };

function refuse(
  status: number,
  body: unknown,
  { headers = {}, now }: { headers?: Record<string, string>; now?: number } = {},
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return googleError(
    { status, headers: new Headers(headers), text },
    now === undefined ? CALL : { ...CALL, now },
  );
}

const envelope = (status: string, details: unknown[] = [], message = "Provider's own words") => ({
  error: { code: 0, message, status, details },
});

const quota = (quotaId: string, quotaValue?: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaId, ...(quotaValue === undefined ? {} : { quotaValue }) }],
});

const retryIn = (retryDelay: string) => ({
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay,
});

for (
  const [status, code] of [
    [400, "PROVIDER_REJECTED"],
    [401, "PROVIDER_REJECTED"],
    [403, "PROVIDER_REJECTED"],
    [404, "PROVIDER_REJECTED"],
    [408, "PROVIDER_TIMEOUT"],
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
    [502, "PROVIDER_UNAVAILABLE"],
    [503, "PROVIDER_UNAVAILABLE"],
    [504, "PROVIDER_TIMEOUT"],
  ] as const
) {
  Deno.test(`googleError() gives ${code} for HTTP ${status}, whatever the body`, () => {
    assert.equal(refuse(status, envelope("X")).code, code);
    assert.equal(refuse(status, "<html>Error</html>").code, code);
    assert.equal(refuse(status, "").code, code);
    assert.equal(refuse(status, { error: "text" }).code, code);
  });
}

Deno.test("googleError() keeps the provider's words for the log only", () => {
  const error = refuse(403, envelope("PERMISSION_DENIED", [{ reason: "SERVICE_DISABLED" }]));
  assert.equal(
    error.message,
    "Cannot generate_content at gemini: the answer is 403 PERMISSION_DENIED (SERVICE_DISABLED)",
  );
  assert.match(String(error.cause), /Provider's own words/);
});

for (
  const [delay, seconds] of [["45.837906927s", 46], ["7s", 7], ["0s", 0], [
    "soon",
    undefined,
  ]] as const
) {
  Deno.test(`googleError() takes ${seconds} seconds from RetryInfo when it says ${delay}`, () => {
    const details = [{ "@type": 7 }, quota("RequestsPerMinute"), retryIn(delay)];
    const error = refuse(429, envelope("RESOURCE_EXHAUSTED", details));
    assert.equal(error.retryAfterSeconds, seconds);
  });
}

Deno.test("googleError() takes the wait from Retry-After when the body has none", () => {
  const error = refuse(429, envelope("RESOURCE_EXHAUSTED"), { headers: { "retry-after": "12" } });
  assert.equal(error.retryAfterSeconds, 12);
});

for (
  const [when, now, seconds] of [
    ["winter", "2026-11-22T04:00:00Z", 4 * 3600],
    ["summer", "2026-07-01T06:59:59Z", 1],
    ["midnight itself", "2026-07-01T07:00:00Z", 86_400],
  ] as const
) {
  Deno.test(`googleError() waits until midnight in California for a day's quota, in ${when}`, () => {
    const details = [retryIn("3s"), quota("RequestsPerDayPerProjectPerModel-FreeTier", "20")];
    const body = envelope("RESOURCE_EXHAUSTED", details);
    assert.equal(refuse(429, body, { now: Date.parse(now) }).retryAfterSeconds, seconds);
  });
}

Deno.test("googleError() gives PROVIDER_REJECTED when the quota is zero", () => {
  const details = [retryIn("3s"), quota("RequestsPerDay", "0")];
  const error = refuse(429, envelope("RESOURCE_EXHAUSTED", details));
  assert.equal(error.code, "PROVIDER_REJECTED");
  assert.equal(error.retryAfterSeconds, undefined);
});

Deno.test("googleError() reads the envelope out of the array a stream answers", () => {
  assert.match(refuse(503, [envelope("UNAVAILABLE")]).message, /503 UNAVAILABLE$/);
});
