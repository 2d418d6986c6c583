import assert from "node:assert/strict";
import { assertRefused, definitionOf, handlerOf, NAMES, requestOf } from "./pipeline.ts";
import { ALL_KEYS, withFakeEnv } from "../fakes/fake_env.ts";

const BAD_KEYS: Record<string, string> = {
  "15 characters": "k".repeat(15),
  "256 characters": "k".repeat(256),
  "a space": "a key with spaces",
  "two keys in one header": "5a4c9e69-b00f-4c5d-8fa6, 5a4c9e69-b00f-4c5d-8fa7",
  "the same key twice": "5a4c9e69-b00f-4c5d-8fa6, 5a4c9e69-b00f-4c5d-8fa6",
  "a quote that is not closed": '"5a4c9e69-b00f-4c5d',
  "two pairs of quotes": '""5a4c9e69-b00f-4c5d""',
  "15 characters in quotes": `"${"k".repeat(15)}"`,
  "a slash": "5a4c9e69/b00f/4c5d",
  "a letter that is no ASCII": "schl\u00fcssel-des-klicks",
  "a percent code": "5a4c9e69%2Db00f%2D",
};

for (const name of NAMES.filter((candidate) => definitionOf(candidate).spends)) {
  Deno.test(`promise 2: ${name} spends nothing without a well-formed Idempotency-Key`, async () => {
    for (const missing of [null, "", "   "]) {
      const { handle, api } = await handlerOf(name);
      const headers = { "Idempotency-Key": missing };
      const response = await handle(await requestOf(name, { headers }));
      const envelope = await assertRefused(response, "IDEMPOTENCY_KEY_MISSING");
      assert.match(String(envelope["hint"]), /UUID/);
      assert.deepEqual(api.calls, []);
    }
    for (const [what, key] of Object.entries(BAD_KEYS)) {
      const { handle, api } = await handlerOf(name);
      const headers = { "Idempotency-Key": key };
      const response = await handle(await requestOf(name, { headers }));
      await assertRefused(response, "IDEMPOTENCY_KEY_INVALID", what);
      assert.deepEqual(api.calls, [], what);
    }
  });

  Deno.test(`promise 2: ${name} takes keys of 16 to 255 characters, bare or quoted, as one name`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      for (const key of ["k".repeat(16), "Az0_-:.".repeat(5), "k".repeat(255)]) {
        const names: unknown[] = [];
        for (const value of [key, `"${key}"`, ` ${key} `]) {
          const { handle, api, fake } = await handlerOf(name);
          const headers = { "Idempotency-Key": value };
          const response = await handle(await requestOf(name, { headers }));
          assert.equal(response.status, definitionOf(name).status, await response.text());
          const create = api.calls.find((call) => call.name === "create_jobs");
          names.push(create?.args["p_idempotency_key"]);
          await fake.background();
        }
        assert.deepEqual(names, [key, key, key]);
      }
    });
  });
}
