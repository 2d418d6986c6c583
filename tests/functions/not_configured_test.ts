import assert from "node:assert/strict";
import type { OperationName } from "../../shared/contract/operations.ts";
import { createFakeApi } from "../fakes/fake_api.ts";
import { ALL_KEYS, withFakeEnv } from "../fakes/fake_env.ts";
import { jobOf } from "../factories.ts";
import { assertRefused, createWillingApi, handlerOf, requestOf } from "./pipeline.ts";

/** Whatever would buy from a provider of the project under test, and what tells the price of that. */
const BUYERS: readonly OperationName[] = [
  "generate-script",
  "generate-image",
  "generate-audio",
  "generate-video",
  "generate-characters",
  "generate-frames",
  "make-film",
  "retry-job",
  "estimate",
];

for (const name of BUYERS) {
  Deno.test(`${name} names the variable that is missing before anything is charged`, async () => {
    await withFakeEnv({}, async () => {
      const { handle, api } = await handlerOf(name);
      const envelope = await assertRefused(
        await handle(await requestOf(name)),
        "PROVIDER_NOT_CONFIGURED",
      );
      const { variables } = envelope["details"] as { variables: string[] };
      assert.match(variables[0] ?? "", /_KEYS?$|_JSON$/);
      assert.deepEqual(api.calls.filter((call) => call.name === "create_jobs"), []);
    });
  });
}

Deno.test("make-film names the variable that is missing in a dry run too", async () => {
  await withFakeEnv({}, async () => {
    const { handle } = await handlerOf("make-film");
    const body = { prompt: "A paper boat crosses the city", dry_run: true };
    await assertRefused(
      await handle(await requestOf("make-film", { body })),
      "PROVIDER_NOT_CONFIGURED",
    );
  });
});

Deno.test("retry-job gives a repeated click its first answer though the key has been removed since", async () => {
  await withFakeEnv({}, async () => {
    const api = createFakeApi({
      read_job: () => ({ job: jobOf({ state: "failed" }), asset: null }),
      studio_context: () => ({ replay: { status: 202, body: '{"started":true}' } }),
    });
    const { handle } = await handlerOf("retry-job", api);
    const response = await handle(await requestOf("retry-job"));
    assert.deepEqual([response.status, await response.text()], [202, '{"started":true}']);
    assert.equal(response.headers.get("x-idempotent-replay"), "true");
  });
});

Deno.test("retry-job asks for no key where a film is cut, and for the one of speech where a voice failed", async () => {
  const retry = (kind: "film" | "audio") => {
    const api = createWillingApi();
    const job = jobOf({ kind, provider: null, state: "failed" });
    const { fetch } = createFakeApi({ read_job: () => ({ job, asset: null }) });
    const answer: typeof fetch = (input, init) =>
      String(input).includes("/rpc/read_job") ? fetch(input, init) : api.fetch(input, init);
    return withFakeEnv({ ...ALL_KEYS, GOOGLE_TTS_SERVICE_ACCOUNT_JSON: "" }, async () => {
      const { handle, fake } = await handlerOf("retry-job", { ...api, fetch: answer });
      const response = await handle(await requestOf("retry-job"));
      await fake.background();
      return response;
    });
  };
  assert.equal((await retry("film")).status, 202);
  await assertRefused(await retry("audio"), "PROVIDER_NOT_CONFIGURED");
});
