import assert from "node:assert/strict";
import { MAX_BODY_BYTES } from "../../shared/contract/limits.ts";
import type { ErrorCode } from "../../shared/contract/errors.ts";
import { REQUESTS } from "../requests.ts";
import {
  assertCors,
  assertRefused,
  definitionOf,
  FOR_USERS,
  handlerOf,
  NAMES,
  type Parts,
  requestOf,
} from "./pipeline.ts";

for (const name of NAMES) {
  const methods = definitionOf(name).reads ? ["GET", "POST"] : ["POST"];

  Deno.test(`${name} answers a preflight with 204 and CORS, and asks nothing`, async () => {
    const { handle, fake, api } = await handlerOf(name);
    const response = await handle(await requestOf(name, { method: "OPTIONS" }));
    assert.equal(response.status, 204);
    assert.equal(response.body, null);
    assertCors(response);
    const allowed = response.headers.get("access-control-allow-methods")?.split(", ") ?? [];
    for (const method of methods) assert.ok(allowed.includes(method), method);
    assert.deepEqual([fake.lines, api.calls], [[], []]);
  });

  Deno.test(`${name} answers 405 to other methods and names its own`, async () => {
    const { handle } = await handlerOf(name);
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND"]) {
      if (methods.includes(method)) continue;
      const response = await handle(await requestOf(name, { method }));
      await assertRefused(response, "METHOD_NOT_ALLOWED", method);
      // RFC 9110, section 15.5.6: a 405 must say what is allowed.
      assert.equal(response.headers.get("allow"), methods.join(", "));
    }
  });
}

const NUL = "a\u0000b";
const encoder = new TextEncoder();

/** Bodies that an operation does not take, whatever its schema. */
const badBodies = (maxBytes: number): Record<string, readonly [ErrorCode, Parts]> => ({
  "no JSON": ["BAD_JSON", { body: "{" }],
  "nothing": ["BAD_JSON", { body: "" }],
  "an array": ["BAD_JSON", { body: [REQUESTS["generate-image"]] }],
  "null": ["BAD_JSON", { body: null }],
  "a text": ["BAD_JSON", { body: '"prompt"' }],
  "a number": ["BAD_JSON", { body: "5" }],
  "two values": ["BAD_JSON", { body: "{}{}" }],
  "a truncated body": ["BAD_JSON", { body: '{"prompt":"A paper bo' }],
  "bytes that are no UTF-8": ["BAD_JSON", {
    body: new Uint8Array([...encoder.encode('{"a":"'), 0xff, 0xfe, ...encoder.encode('"}')]),
  }],
  "UTF-16": ["BAD_JSON", { body: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) }],
  "a body of four times as much": ["PAYLOAD_TOO_LARGE", {
    body: { prompt: "x".repeat(4 * maxBytes) },
  }],
  "one byte too many": ["PAYLOAD_TOO_LARGE", {
    body: `{"a":"${"x".repeat(maxBytes - 7)}"}`,
  }],
  "a stream without a length": ["PAYLOAD_TOO_LARGE", { body: endless() }],
  "a length that is announced": ["PAYLOAD_TOO_LARGE", {
    headers: { "Content-Length": String(maxBytes + 1) },
  }],
  "plain text": ["UNSUPPORTED_MEDIA_TYPE", { headers: { "Content-Type": "text/plain" } }],
  "a form": ["UNSUPPORTED_MEDIA_TYPE", {
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  }],
  "something like JSON": ["UNSUPPORTED_MEDIA_TYPE", {
    headers: { "Content-Type": "application/json-patch+json" },
  }],
  "no type": ["UNSUPPORTED_MEDIA_TYPE", { headers: { "Content-Type": null } }],
});

/** Says nothing of its length and would not end. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
  });
}

/** JSON objects that no operation takes: each breaks a rule of every schema. */
const BAD_OBJECTS: Record<string, (right: object) => string> = {
  "an unknown field": (right) => JSON.stringify({ ...right, surprise: 1 }),
  "a tenant by body": (right) => JSON.stringify({ ...right, user_id: crypto.randomUUID() }),
  "a prototype": (right) =>
    JSON.stringify(right).replace("{", '{"__proto__":{"admin":true},').replace(",}", "}"),
  "a constructor": (right) => JSON.stringify({ ...right, constructor: { prototype: {} } }),
  "U+0000 in a text": (right) => JSON.stringify({ ...right, prompt: NUL, title: NUL }),
  "U+0000 deep inside": (right) => JSON.stringify({ ...right, options: { a: [{ b: NUL }] } }),
  "half a surrogate pair": (right) => JSON.stringify({ ...right, prompt: "\ud800 alone" }),
  "an object nested 50,000 deep": (right) =>
    JSON.stringify({ ...right, surprise: 0 }).replace(
      '"surprise":0',
      `"surprise":${'{"a":'.repeat(50_000 / 2)}1${"}".repeat(50_000 / 2)}`,
    ),
  "an array nested 100,000 deep": (right) =>
    JSON.stringify({ ...right, surprise: 0 }).replace(
      '"surprise":0',
      `"surprise":${"[".repeat(100_000)}${"]".repeat(100_000)}`,
    ),
};

for (const name of FOR_USERS) {
  Deno.test(`promise 20: ${name} refuses bodies that are not one JSON object of a bearable size`, async () => {
    const bodies = badBodies(definitionOf(name).maxBytes ?? MAX_BODY_BYTES);
    for (const [what, [code, parts]] of Object.entries(bodies)) {
      const { handle, fake, api } = await handlerOf(name);
      const body = what === "a stream without a length" ? { body: endless() } : {};
      const response = await handle(await requestOf(name, { ...parts, ...body }));
      await assertRefused(response, code, what);
      assert.deepEqual(api.calls, [], what);
      assert.equal(fake.lines.length, 1, what);
    }
  });

  Deno.test(`promise 20: ${name} refuses objects that break its schema, and names each field`, async () => {
    for (const [what, spoil] of Object.entries(BAD_OBJECTS)) {
      const { handle, api } = await handlerOf(name);
      const response = await handle(await requestOf(name, { body: spoil(REQUESTS[name]) }));
      const { details } = await assertRefused(response, "VALIDATION_FAILED", what);
      if (what === "an unknown field") {
        const { issues } = details as { issues: { code: string; message: string }[] };
        assert.deepEqual(issues.map(({ code }) => code), ["unrecognized_keys"]);
        assert.match(issues[0]?.message ?? "", /surprise/);
      }
      assert.deepEqual(api.calls, [], what);
    }
  });

  Deno.test(`${name} takes JSON with a charset and in any letter case`, async () => {
    const { handle } = await handlerOf(name);
    const headers = { "Content-Type": "Application/JSON; charset=utf-8" };
    const response = await handle(await requestOf(name, { headers, body: "{" }));
    await assertRefused(response, "BAD_JSON");
  });
}

/** What an operation that reads is asked by GET, where that is not its request as it is. */
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "director": { pages: "" },
};

for (const name of FOR_USERS.filter((candidate) => definitionOf(candidate).reads)) {
  Deno.test(`${name} takes its request from the query of a GET too`, async () => {
    const { handle } = await handlerOf(name);
    const query = `?${new URLSearchParams(
      Object.entries(QUERIES[name] ?? REQUESTS[name]).map(([k, v]) => [k, String(v)]),
    )}`;
    const response = await handle(await requestOf(name, { method: "GET", query }));
    assert.equal(response.status, 200, await response.text());
    const wrong = await handle(await requestOf(name, { method: "GET", query: "?surprise=1" }));
    await assertRefused(wrong, "VALIDATION_FAILED");
  });
}
