import assert from "node:assert/strict";
import { SignJWT, UnsecuredJWT } from "jose";
import type { OperationName } from "../../shared/contract/operations.ts";
import { FAKE_URL } from "../fakes/fake_keys.ts";
import {
  assertRefused,
  definitionOf,
  FOR_USERS,
  handlerOf,
  keys,
  NAMES,
  requestOf,
} from "./pipeline.ts";

const encoder = new TextEncoder();

/** Credentials that open nothing, for whomever an operation is. */
const WORTHLESS: Record<string, () => Promise<Record<string, string | null>>> = {
  "no credentials": () => headers(null),
  "an empty bearer": () => headers("Bearer "),
  "garbage": () => headers("Bearer garbage"),
  "garbage of three parts": () => headers("Bearer a.b.c"),
  "another scheme": async () => await headers(`Basic ${await keys.sign()}`),
  "a token without a scheme": async () => await headers(await keys.sign()),
  "an expired token": async () =>
    await headers(`Bearer ${await keys.sign({ expiresInSeconds: -30 })}`),
  "a token of tomorrow": async () =>
    await headers(`Bearer ${await keys.sign({ notBeforeSeconds: 3600 })}`),
  "a token signed with another key": async () => await headers(`Bearer ${await keys.forge()}`),
  "a token of an unknown key id": async () =>
    await headers(`Bearer ${await keys.forge({ kid: crypto.randomUUID() })}`),
  "a token of ours under another key id": async () =>
    await headers(`Bearer ${await keys.sign({ kid: crypto.randomUUID() })}`),
  "a token of algorithm none": async () => {
    const claims = { sub: crypto.randomUUID(), role: "authenticated" };
    const token = new UnsecuredJWT(claims).setIssuer(`${FAKE_URL}/auth/v1`)
      .setAudience("authenticated").setExpirationTime("1h").encode();
    return await headers(`Bearer ${token}`);
  },
  "a token signed with the public key as a shared secret": async () => {
    const secret = encoder.encode(JSON.stringify(keys.publicKey));
    const token = await new SignJWT({ sub: crypto.randomUUID(), role: "authenticated" })
      .setProtectedHeader({ alg: "HS256", kid: keys.publicKey.kid ?? "" })
      .setExpirationTime("1h").sign(secret);
    return await headers(`Bearer ${token}`);
  },
  "a changed token": async () => {
    const [head, , signature] = (await keys.sign()).split(".");
    const claims = btoa(JSON.stringify({ sub: crypto.randomUUID(), exp: 4102444800 }));
    return await headers(`Bearer ${head}.${claims.replaceAll("=", "")}.${signature}`);
  },
  "a token without a user": async () => await headers(`Bearer ${await keys.sign({ sub: null })}`),
  "the publishable key": () => headers(null, keys.publishable),
  "the publishable key as a token": () => headers(`Bearer ${keys.publishable}`, keys.publishable),
  "a guessed secret key": () => headers(null, `${keys.secret.slice(0, -1)}0`),
  "the secret key as a token": () => headers(`Bearer ${keys.secret}`),
};

function headers(authorization: string | null, apikey: string | null = null) {
  return Promise.resolve({ Authorization: authorization, apikey });
}

async function assertUnauthenticated(
  name: OperationName,
  what: string,
  parts: Record<string, string | null>,
): Promise<void> {
  const { handle, fake, api } = await handlerOf(name);
  const response = await handle(await requestOf(name, { headers: parts }));
  const envelope = await assertRefused(response, "UNAUTHENTICATED", what);
  assert.deepEqual(Object.keys(envelope), ["code", "message", "request_id"], what);
  assert.deepEqual(api.calls, [], `${what} reaches no database`);
  const [line] = fake.lines;
  assert.deepEqual([fake.lines.length, line?.["event"], line?.["status"]], [1, "request", 401]);
  const logged = JSON.stringify(fake.lines);
  for (const secret of Object.values(parts)) {
    const bare = secret?.split(" ").at(-1) ?? "";
    if (bare.length > 8) assert.ok(!logged.includes(bare), `${what} is not logged`);
  }
}

for (const name of NAMES.filter((candidate) => definitionOf(candidate).caller !== "provider")) {
  Deno.test(`promise 15: ${name} answers 401 to everyone who proves nothing`, async () => {
    for (const [what, credentials] of Object.entries(WORTHLESS)) {
      await assertUnauthenticated(name, what, await credentials());
    }
  });
}

for (const name of NAMES.filter((candidate) => definitionOf(candidate).caller === "cron")) {
  Deno.test(`promise 16: ${name} refuses users and takes the secret key`, async () => {
    const token = `Bearer ${await keys.sign()}`;
    await assertUnauthenticated(name, "a user", { Authorization: token, apikey: null });
    const both = { Authorization: token, apikey: keys.publishable };
    await assertUnauthenticated(name, "a user of the app", both);
    await assertUnauthenticated(name, "a role by claim", {
      Authorization: `Bearer ${await keys.sign({ role: "service_role" })}`,
      apikey: null,
    });
    const { handle, fake } = await handlerOf(name);
    const response = await handle(await requestOf(name));
    assert.equal(response.status, definitionOf(name).status);
    assert.deepEqual(await response.json(), { accepted: true });
    await fake.background();
  });
}

for (const name of FOR_USERS) {
  Deno.test(`${name} lets a signed-in user past authentication`, async () => {
    const { handle } = await handlerOf(name);
    const response = await handle(await requestOf(name, { body: "{" }));
    await assertRefused(response, "BAD_JSON");
  });
}

for (const name of NAMES.filter((candidate) => definitionOf(candidate).caller === "user")) {
  Deno.test(`${name} is for users: the secret key alone is nobody`, async () => {
    const parts = { Authorization: null, apikey: keys.secret };
    await assertUnauthenticated(name, "the secret key", parts);
  });
}
