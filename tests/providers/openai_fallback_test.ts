import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import type { LanguageModel } from "../../supabase/functions/_shared/providers/language_model.ts";
import {
  askLanguageModel,
  type ModelChoice,
} from "../../supabase/functions/_shared/providers/language_models.ts";
import type { ErrorCode } from "../../shared/contract/errors.ts";

const FIRST: ModelChoice = { provider: "gemini", endpoint: "gemini-3.8-flash" };
const SECOND: ModelChoice = { provider: "openai", endpoint: "gpt-6-luna" };
const REQUEST = { schema: z.object({ by: z.string() }), system: "", prompt: "A fox" };

/** Asks two models of which each fails with its code, or answers with its name when there is none. */
async function ask(
  codes: Partial<Record<string, ErrorCode>>,
  { fallback = SECOND, signal }: { fallback?: ModelChoice | null; signal?: AbortSignal } = {},
) {
  const asked: string[] = [];
  const lines: string[] = [];
  const create = (provider: string): LanguageModel => ({
    provider,
    generateObject: async (request) => {
      asked.push(request.model);
      const code = codes[provider];
      if (code !== undefined) throw new AppError(code, `${provider} can't`);
      return await request.schema.parseAsync({ by: provider });
    },
  });
  const log = createLog({}, (line) => lines.push(line));
  const outcome = await askLanguageModel(
    { model: FIRST, fallback, log, create },
    REQUEST,
    signal === undefined ? {} : { signal },
  ).then(({ by }) => by, (error: unknown) => {
    assert.ok(error instanceof AppError);
    return error.code;
  });
  return { outcome, asked, lines };
}

for (
  const code of ["PROVIDER_UNAVAILABLE", "PROVIDER_RATE_LIMITED", "PROVIDER_TIMEOUT"] as const
) {
  Deno.test(`askLanguageModel() asks the fallback when the first is ${code}, and says so`, async () => {
    const { outcome, asked, lines } = await ask({ gemini: code });
    assert.equal(outcome, "openai");
    assert.deepEqual(asked, [FIRST.endpoint, SECOND.endpoint]);
    assert.match(lines.join("\n"), /language_model_fallback.*gemini\/gemini-3\.8-flash/);
  });

  Deno.test(`askLanguageModel() throws ${code} when there is no fallback`, async () => {
    const { outcome, asked } = await ask({ gemini: code }, { fallback: null });
    assert.equal(outcome, code);
    assert.equal(asked.length, 1);
  });
}

for (
  const code of [
    "CONTENT_REFUSED",
    "PROVIDER_REJECTED",
    "PROVIDER_BAD_RESPONSE",
    "PROVIDER_NOT_CONFIGURED",
  ] as const
) {
  Deno.test(`askLanguageModel() asks nobody else when the first is ${code}`, async () => {
    const { outcome, asked } = await ask({ gemini: code });
    assert.equal(outcome, code);
    assert.equal(asked.length, 1);
  });
}

Deno.test("askLanguageModel() throws what the fallback says when it fails too", async () => {
  const { outcome } = await ask({ gemini: "PROVIDER_TIMEOUT", openai: "CONTENT_REFUSED" });
  assert.equal(outcome, "CONTENT_REFUSED");
});

Deno.test("askLanguageModel() throws what the first says when the fallback has no key", async () => {
  const { outcome } = await ask({
    gemini: "PROVIDER_TIMEOUT",
    openai: "PROVIDER_NOT_CONFIGURED",
  });
  assert.equal(outcome, "PROVIDER_TIMEOUT");
});

Deno.test("askLanguageModel() asks nobody else when the caller has called it off", async () => {
  const { asked } = await ask({ gemini: "PROVIDER_UNAVAILABLE" }, { signal: AbortSignal.abort() });
  assert.equal(asked.length, 1);
});
