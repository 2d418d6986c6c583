import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { parseServiceAccount } from "../../supabase/functions/_shared/providers/google_account.ts";
import {
  createGoogleToken,
  type TokenStates,
} from "../../supabase/functions/_shared/providers/google_token.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { type Served, serveSimulator } from "./harness.ts";

const serve = () => serveSimulator("google_tts", createGoogleTtsSimulator);

const accountFor = async (served: Served) =>
  parseServiceAccount(await serviceAccountJson(served.url));

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

Deno.test("parseServiceAccount() reads JSON, base64 of it, and escaped line breaks", async () => {
  const json = await serviceAccountJson("http://127.0.0.1:1/google_tts");
  const plain = parseServiceAccount(json);
  assert.match(plain.private_key, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.equal(plain.token_uri, "http://127.0.0.1:1/google_tts/token");
  assert.deepEqual(parseServiceAccount(btoa(json)), plain);
  assert.deepEqual(parseServiceAccount(json.replaceAll("\\n", "\\\\n")), plain);
});

Deno.test("parseServiceAccount() reads a path to the file", async () => {
  const json = await serviceAccountJson("http://127.0.0.1:1/google_tts");
  const dir = await Deno.makeTempDir({ prefix: "key-" });
  try {
    for (const [name, text] of [["key.json", json], ["base64", btoa(json)]] as const) {
      await Deno.writeTextFile(`${dir}/${name}`, `${text}\n`);
      assert.deepEqual(parseServiceAccount(` ${dir}/${name}`), parseServiceAccount(json));
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("parseServiceAccount() says that there is no such file, and what to set on hosted functions", () => {
  for (const path of ["/nowhere/secret-name.json", "./secret-name.json", "secret-name.json"]) {
    assert.throws(() => parseServiceAccount(path), (error) => {
      assert.ok(error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED");
      assert.match(error.message, /looks like a path/);
      assert.match(error.hint ?? "", /Hosted Edge Functions/);
      return !error.message.includes("secret-name");
    });
  }
});

Deno.test("parseServiceAccount() throws PROVIDER_NOT_CONFIGURED without quoting the value", () => {
  const values = [
    "",
    "secret-value",
    "{}",
    '{"private_key":"secret-value"}',
    btoa("secret-value"),
  ];
  for (const value of values) {
    assert.throws(() => parseServiceAccount(value), (error) => {
      assert.ok(error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED");
      assert.doesNotMatch(JSON.stringify(error) + error.message + error.stack, /secret-value/);
      return error.cause === undefined;
    });
  }
});

Deno.test("createGoogleToken() exchanges once for callers at the same time", async () => {
  await using served = await serve();
  const tokens = createGoogleToken({ account: await accountFor(served), log: served.log });
  const given = await Promise.all([tokens.get(), tokens.get(), tokens.get()]);
  assert.equal(new Set(given).size, 1);
  assert.equal(served.calls.length, 1);
});

Deno.test("createGoogleToken() keeps a token until a minute before it expires", async () => {
  await using served = await serve();
  // Starts a little in the past, so that the simulator's own clock finds every assertion in its window.
  let now = Date.now();
  const tokens = createGoogleToken({
    account: await accountFor(served),
    log: served.log,
    now: () => now,
  });
  const first = await tokens.get();
  now += (3599 - 61) * 1000;
  assert.equal(await tokens.get(), first);
  assert.equal(served.calls.length, 1);
  now += 2000;
  // The renewed assertion is an hour ahead of the simulator's clock, which refuses it: so it was asked.
  await assert.rejects(tokens.get(), hasCode("PROVIDER_REJECTED"));
  assert.equal(served.calls.length, 2);
});

Deno.test("createGoogleToken() gives one token to all adapters of an isolate, and replaces it for all", async () => {
  await using served = await serve();
  const account = await accountFor(served);
  const states: TokenStates = new Map();
  const make = () => createGoogleToken({ account, log: served.log, states });
  const first = await make().get();
  assert.equal(await make().get(), first);
  make().forget(first);
  const [second, third] = await Promise.all([make().get(), make().get()]);
  assert.notEqual(second, first);
  assert.equal(third, second);
  assert.equal(served.calls.length, 2);
  const other = createGoogleToken({
    account: { ...account, private_key_id: "another" },
    log: served.log,
    states,
  });
  assert.notEqual(await other.get(), second);
});

for (
  const [seconds, outcome] of [
    [-50, "token"],
    [50, "token"],
    [-2 * 3600, "PROVIDER_REJECTED"],
    [600, "PROVIDER_REJECTED"],
  ] as const
) {
  Deno.test(`createGoogleToken() gives ${outcome} when our clock is ${seconds} s off`, async () => {
    await using served = await serve();
    const tokens = createGoogleToken({
      account: await accountFor(served),
      log: served.log,
      now: () => Date.now() + seconds * 1000,
    });
    const asked = await tokens.get().then(() => "token", (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.match(error.hint ?? "", /clock/);
      return error.code;
    });
    assert.equal(asked, outcome);
    assert.equal(served.calls.length, 1);
  });
}

Deno.test("createGoogleToken() asks again after a failure, and after forget()", async () => {
  await using served = await serve();
  served.fault("http_500", { times: 1 });
  const tokens = createGoogleToken({ account: await accountFor(served), log: served.log });
  await assert.rejects(tokens.get(), hasCode("PROVIDER_UNAVAILABLE"));
  const first = await tokens.get();
  tokens.forget("another token");
  assert.equal(await tokens.get(), first);
  tokens.forget(first);
  assert.notEqual(await tokens.get(), first);
});

for (
  const [fault, code] of [
    ["bad_token", "PROVIDER_REJECTED"],
    ["http_500", "PROVIDER_UNAVAILABLE"],
    ["http_503", "PROVIDER_UNAVAILABLE"],
    ["rate_limited", "PROVIDER_RATE_LIMITED"],
    ["garbage", "PROVIDER_BAD_RESPONSE"],
    ["drop", "PROVIDER_UNAVAILABLE"],
    ["wrong_shape", "PROVIDER_BAD_RESPONSE"],
  ] as const
) {
  Deno.test(`createGoogleToken() throws ${code} when the exchange answers ${fault}`, async () => {
    await using served = await serve();
    served.fault(fault, { operation: "token" });
    const tokens = createGoogleToken({ account: await accountFor(served), log: served.log });
    await assert.rejects(tokens.get(), hasCode(code));
  });
}

Deno.test("createGoogleToken() throws PROVIDER_NOT_CONFIGURED when the key is no key", async () => {
  await using served = await serve();
  const account = {
    ...await accountFor(served),
    private_key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  };
  const tokens = createGoogleToken({ account, log: served.log });
  await assert.rejects(tokens.get(), hasCode("PROVIDER_NOT_CONFIGURED"));
  assert.equal(served.calls.length, 0);
});

Deno.test("createGoogleToken() logs the exchange without assertion or token", async () => {
  await using served = await serve();
  const tokens = createGoogleToken({ account: await accountFor(served), log: served.log });
  const token = await tokens.get();
  assert.equal(served.lines.length, 1);
  assert.equal(served.lines[0]?.["operation"], "token");
  assert.doesNotMatch(JSON.stringify(served.lines), new RegExp(`${token}|eyJ`));
});
