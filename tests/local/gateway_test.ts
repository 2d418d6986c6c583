import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { createKeys } from "../../supabase/local/keys.ts";
import { VERIFIED_TOKEN } from "../../supabase/local/lite.ts";
import { createTokenTranslator } from "../../supabase/local/tokens.ts";
import { clientOf, signUp, startFixtureStack } from "./fixture_stack.ts";

let stack: Awaited<ReturnType<typeof startFixtureStack>>;
Deno.test.beforeAll(async () => {
  stack = await startFixtureStack({ workers: 1 });
});
Deno.test.afterAll(() => stack.dispose());

/** Reads the notes with the given headers. */
const readNotes = (headers: Record<string, string>) =>
  fetch(`${stack.url}/rest/v1/notes?select=body`, { headers });

Deno.test("startGateway() publishes the key that signs a sign-up's token", async () => {
  const { token, id } = await signUp(stack);
  const keys = createRemoteJWKSet(new URL(`${stack.url}/auth/v1/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    algorithms: ["ES256"],
    issuer: `${stack.url}/auth/v1`,
    audience: "authenticated",
  });
  assert.equal(payload.sub, id);
  assert.equal(payload.role, "authenticated");
  assert.equal(typeof protectedHeader.kid, "string");
  const published = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).text();
  assert.ok(!published.includes(`"d"`), "the private half is published");
});

Deno.test("startGateway() signs the tokens of sign-in and refresh too", async () => {
  const client = clientOf(stack);
  const credentials = { email: `${crypto.randomUUID()}@example.com`, password: "a long password" };
  await client.auth.signUp(credentials);
  const signedIn = await client.auth.signInWithPassword(credentials);
  const first = signedIn.data.session?.access_token ?? "";
  assert.equal(decodeProtectedHeader(first).alg, "ES256");
  const refreshed = await client.auth.refreshSession();
  assert.equal(refreshed.error, null);
  assert.equal(
    decodeProtectedHeader(refreshed.data.session?.access_token ?? "").alg,
    "ES256",
  );
  const { data } = await client.auth.getClaims();
  assert.equal(data?.claims.sub, signedIn.data.user?.id);
});

Deno.test("startGateway() lets a user update and sign out with the token it gave", async () => {
  const { client, id } = await signUp(stack);
  const updated = await client.auth.updateUser({ data: { name: "Ada" } });
  assert.equal(updated.error, null);
  assert.equal((await client.auth.getUser()).data.user?.id, id);
  assert.equal((await client.auth.signOut()).error, null);
  assert.equal((await client.auth.getUser()).data.user, null);
});

Deno.test("startGateway() takes a publishable key as anon", async () => {
  const response = await readNotes({ apikey: stack.keys.publishable });
  assert.equal(response.status, 401);
  assert.equal((await response.json()).code, "42501");
});

Deno.test("startGateway() takes a secret key as service_role, which RLS does not bind", async () => {
  const { client } = await signUp(stack);
  await client.from("notes").insert({ body: "seen by the service" });
  const { data, error } = await clientOf(stack, stack.keys.secret).from("notes").select("body");
  assert.equal(error, null);
  assert.ok(data?.some((note) => note.body === "seen by the service"));
});

Deno.test("startGateway() takes a secret key beside a user's token as that user", async () => {
  const [ada, bob] = [await signUp(stack), await signUp(stack)];
  await ada.client.from("notes").insert({ body: "ada's" });
  await bob.client.from("notes").insert({ body: "bob's" });
  const response = await readNotes({
    apikey: stack.keys.secret,
    authorization: `Bearer ${bob.token}`,
  });
  assert.deepEqual(await response.json(), [{ body: "bob's" }]);
});

Deno.test("startGateway() refuses a missing and a wrong API key", async () => {
  for (const headers of [{}, { apikey: "sb_publishable_wrong" }, { apikey: "sb_secret_wrong" }]) {
    const response = await readNotes({ ...headers });
    assert.equal(response.status, 401);
    assert.ok(response.headers.has("access-control-allow-origin"));
    await response.body?.cancel();
  }
});

Deno.test("startGateway() refuses the secret key to a browser", async () => {
  const response = await readNotes({
    apikey: stack.keys.secret,
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
  });
  assert.equal(response.status, 401);
  await response.body?.cancel();
});

/** Tokens that must open nothing, by what is wrong with them; each otherwise equal to a good one. */
async function badTokens(good: string): Promise<Record<string, string>> {
  const claims = decodeJwt(good);
  const header = decodeProtectedHeader(good);
  const encode = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const [head = "", body = "", signature = ""] = good.split(".");
  const stranger = await createTokenTranslator(await createKeys(), stack.url);
  const state = JSON.parse(await Deno.readTextFile(`${stack.dir}/keys.json`));
  const signHs256 = (secret: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(new TextEncoder().encode(secret));
  return {
    "another key": await stranger.outward(good),
    "an unknown kid": [encode({ ...header, kid: "other" }), body, signature].join("."),
    "no algorithm": `${encode({ alg: "none", typ: "JWT" })}.${body}.`,
    "no algorithm but a kid": `${encode({ ...header, alg: "none" })}.${body}.${signature}`,
    "another user": [head, encode({ ...claims, sub: crypto.randomUUID() }), signature].join("."),
    "a higher role": [head, encode({ ...claims, role: "service_role" }), signature].join("."),
    "HS256 with the public key": await signHs256(JSON.stringify(state.signingKey.x)),
    "HS256 with the inner secret": await signHs256(state.innerSecret),
    "a text that is no token": "garbage",
    "an empty signature": `${head}.${body}.`,
  };
}

Deno.test("startGateway() refuses forged tokens at every service", async () => {
  const { token } = await signUp(stack);
  for (const [what, bad] of Object.entries(await badTokens(token))) {
    const headers = { apikey: stack.keys.publishable, authorization: `Bearer ${bad}` };
    const rest = await readNotes(headers);
    assert.equal(rest.status, 401, `Data API with ${what}`);
    assert.match((await rest.json()).code, /^PGRST30/);
    const auth = await fetch(`${stack.url}/auth/v1/user`, { headers });
    assert.ok([401, 403].includes(auth.status), `Auth with ${what}: ${auth.status}`);
    await auth.body?.cancel();
    const storage = await fetch(`${stack.url}/storage/v1/object/list/closed`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ prefix: "" }),
    });
    assert.equal(storage.status, 401, `Storage with ${what}`);
    await storage.body?.cancel();
    const plain = await fetch(`${stack.url}/functions/v1/plain`, { headers });
    assert.equal(plain.status, 401, `a function with verify_jwt with ${what}`);
    assert.match(plain.headers.get("sb-error-code") ?? "", /^UNAUTHORIZED_/);
    await plain.body?.cancel();
  }
});

Deno.test("startGateway() takes no token from the header it hands them on by", async () => {
  const keys = JSON.parse(await Deno.readTextFile(`${stack.dir}/keys.json`));
  const { id } = await signUp(stack);
  const token = await new SignJWT({ sub: id, role: "service_role" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(keys.innerSecret));
  const response = await readNotes({ apikey: stack.keys.publishable, [VERIFIED_TOKEN]: token });
  assert.equal(response.status, 401);
  assert.equal((await response.json()).code, "42501");
});

Deno.test("startGateway() refuses an expired token as expired", async () => {
  const { token } = await signUp(stack);
  const keys = JSON.parse(await Deno.readTextFile(`${stack.dir}/keys.json`));
  const inner = new TextEncoder().encode(keys.innerSecret);
  const expired = await (await createTokenTranslator(keys, stack.url)).outward(
    await new SignJWT({ ...decodeJwt(token), exp: 1_700_000_000 })
      .setProtectedHeader({ alg: "HS256" }).sign(inner),
  );
  const headers = { apikey: stack.keys.publishable, authorization: `Bearer ${expired}` };
  const response = await readNotes(headers);
  assert.equal(response.status, 401);
  assert.equal((await response.json()).code, "PGRST303");
});

Deno.test("startGateway() answers a browser's preflight for every service", async () => {
  for (const path of ["/rest/v1/notes", "/auth/v1/token", "/storage/v1/object/open/a"]) {
    const response = await fetch(`${stack.url}${path}`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey,authorization,x-custom",
      },
    });
    assert.equal(response.status, 204, path);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.match(response.headers.get("access-control-allow-headers") ?? "", /x-custom/);
  }
});

Deno.test("startGateway() passes a status and message of the database's choice", async () => {
  const { client } = await signUp(stack);
  const { error, status } = await client.rpc("refuse");
  assert.equal(status, 409);
  assert.deepEqual(error && { ...error }, {
    code: "PT409",
    message: "REFUSED; on purpose",
    details: "a 'quoted' detail",
    hint: null,
  });
});

Deno.test("startGateway() answers 404 with a sentence for a service there is not", async () => {
  const response = await fetch(`${stack.url}/realtime/v1/websocket`);
  assert.equal(response.status, 404);
  assert.match((await response.json()).message, /No service at/);
});
