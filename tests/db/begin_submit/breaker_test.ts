import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { beginSubmit, claimJob, recordSubmit, startJob } from "../engine.ts";
import { clipItem } from "../items.ts";

/** A provider of its own, and a way to submit jobs of a new one's there. */
async function ownProvider({ owner, service, user, project, model, provider }: Studio) {
  const name = await provider();
  const userId = await user();
  const item = clipItem(await project(userId), await model({ provider: name }));
  return {
    /** A claimed job. */
    begin: async () => await claimJob(service, await startJob(service, userId, item)),
    /** How many failures in a row the breaker has counted, and whether it is shut. */
    breaker: async () => {
      const [row] = await owner<{ failures: number; shut: boolean }[]>`
        select failure_count as failures, coalesce(blocked_until > now(), false) as shut
        from public.provider_limits where provider = ${name}`;
      assert.ok(row);
      return { ...row };
    },
  };
}

for (
  const [state, code] of [
    ["never_sent", "INTERNAL"],
    ["refused", "RESULT_INVALID"],
    ["refused", "MODEL_INPUT_INVALID"],
    ["refused", "PROVIDER_FAILED"],
  ] as const
) {
  Deno.test(`record_submit() learns nothing about a provider from ${state} ${code}`, () =>
    withStudio(async (studio) => {
      const { service } = studio;
      const { begin, breaker } = await ownProvider(studio);
      const submit = async (as: string, more: { code: string }) =>
        await recordSubmit(
          service,
          (await beginSubmit(service, await begin())).attempt_id,
          as,
          more,
        );
      await submit("never_sent", { code: "PROVIDER_UNAVAILABLE" });
      for (let again = 0; again < 5; again++) await submit(state, { code });
      assert.deepEqual(await breaker(), { failures: 1, shut: false });
    }));
}

Deno.test("record_submit() shuts a provider that tells five jobs in a row that it is down", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const { begin, breaker } = await ownProvider(studio);
    const jobs = await Promise.all(Array.from({ length: 5 }, begin));
    for (const [at, job] of jobs.entries()) {
      assert.deepEqual(await breaker(), { failures: at, shut: false });
      const { attempt_id } = await beginSubmit(service, job);
      await recordSubmit(service, attempt_id, "refused", { code: "PROVIDER_UNAVAILABLE" });
    }
    assert.deepEqual(await breaker(), { failures: 5, shut: true });
  }));

Deno.test("record_submit() believes one job once that a provider is down: the job may be the reason", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const { begin, breaker } = await ownProvider(studio);
    const job = await begin();
    for (let again = 0; again < 6; again++) {
      const { attempt_id } = await beginSubmit(service, job);
      await recordSubmit(service, attempt_id, "refused", { code: "PROVIDER_UNAVAILABLE" });
    }
    assert.deepEqual(await breaker(), { failures: 1, shut: false });
  }));

Deno.test("record_submit() takes any other refusal for a sign of life", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const { begin, breaker } = await ownProvider(studio);
    for (const code of ["PROVIDER_REJECTED", "PROVIDER_RATE_LIMITED", "CONTENT_REFUSED"]) {
      await recordSubmit(
        service,
        (await beginSubmit(service, await begin())).attempt_id,
        "unknown",
      );
      assert.equal((await breaker()).failures, 1);
      await recordSubmit(
        service,
        (await beginSubmit(service, await begin())).attempt_id,
        "refused",
        {
          code,
        },
      );
      assert.equal((await breaker()).failures, 0, code);
    }
  }));
