import assert from "node:assert/strict";
import fc from "fast-check";
import { ERRORS, isErrorCode } from "../../shared/contract/errors.ts";
import { ALL_KEYS, withFakeEnv } from "../fakes/fake_env.ts";
import { IDS } from "../factories.ts";
import { REQUESTS } from "../requests.ts";
import { assertCors, type Handler, handlerOf, NAMES, requestOf } from "./pipeline.ts";

/** Scalars that break programs, and ids that exist. */
const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      0,
      -1,
      1.5,
      2 ** 53,
      1e308,
      "",
      " ",
      "\u0000",
      "\ud800",
      "null",
      "../..",
      "https://169.254.169.254/",
    ],
    ...Object.values(IDS),
  ),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.double(),
  fc.uuid(),
);

const garbage = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 12 }), tie("value"), { maxKeys: 5 }),
  ),
})).value;

/** A right request with some of its fields replaced, dropped, or added to. */
function spoiled(right: object): fc.Arbitrary<unknown> {
  const fields = Object.keys(right);
  const known = ["options", "model", "prompt", "wait", "aspect_ratio", "duration_sec", "__proto__"];
  return fc.dictionary(fc.constantFrom(...fields, ...known), garbage, { maxKeys: 3 })
    .map((changes) => ({ ...right, ...changes }));
}

/** Bytes of a body: garbage as JSON, JSON cut short, or no JSON at all. */
function bodies(right: object): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> {
  const json = fc.oneof(garbage, spoiled(right)).map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 6, arbitrary: json },
    { weight: 1, arbitrary: json.map((text) => text.slice(0, Math.floor(text.length / 2))) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    },
  );
}

async function assertBearable(handle: Handler, request: Request): Promise<void> {
  const response = await handle(request);
  assertCors(response);
  const text = await response.text();
  const isFile = response.ok && response.headers.get("content-type") !== "application/json";
  const body: Record<string, unknown> = isFile ? {} : JSON.parse(text);
  if (response.ok) return;
  const code = String(body["code"]);
  assert.ok(isErrorCode(code), text);
  assert.equal(ERRORS[code].status, response.status, text);
  assert.ok(response.status < 500, text);
}

for (const name of NAMES) {
  Deno.test(`promise 20: ${name} answers every body with a success or a 4xx in the envelope`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      const { handle, fake } = await handlerOf(name);
      await fc.assert(
        fc.asyncProperty(bodies(REQUESTS[name]), async (body) => {
          await assertBearable(handle, await requestOf(name, { body }));
        }),
        { numRuns: 200 },
      );
      await fake.background();
    });
  });

  Deno.test(`promise 20: ${name} answers every header and query with a success or a 4xx in the envelope`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      const { handle, fake } = await handlerOf(name);
      const latin = fc.string({
        unit: fc.integer({ min: 33, max: 255 }).filter((c) => c < 127 || c > 160).map((c) =>
          String.fromCharCode(c)
        ),
      });
      const header = fc.constantFrom(
        "Authorization",
        "apikey",
        "Idempotency-Key",
        "Content-Type",
        "Content-Length",
        "Prefer",
      );
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(header, latin, { maxKeys: 3 }),
          fc.webQueryParameters(),
          async (headers, query) => {
            await assertBearable(handle, await requestOf(name, { headers, query: `?${query}` }));
          },
        ),
        { numRuns: 100 },
      );
      await fake.background();
    });
  });
}
