import assert from "node:assert/strict";
import { clientOf, isAlive, signUp, startFixtureStack, until } from "./fixture_stack.ts";

/** Short enough for a test, long enough that nothing but `hang` meets it. */
const IDLE_TIMEOUT_MS = 4000;

let stack: Awaited<ReturnType<typeof startFixtureStack>>;
const logged: string[] = [];
Deno.test.beforeAll(async () => {
  stack = await startFixtureStack({
    workers: 2,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    env: { GIVEN_BY_THE_TEST: "yes", SUPABASE_URL: "https://overridden.example.com" },
    onLog: (line) => logged.push(line),
  });
});
Deno.test.afterAll(() => stack.dispose());

const call = (path: string, init?: RequestInit) => fetch(`${stack.url}/functions/v1/${path}`, init);
const callJson = async (path: string, init?: RequestInit) => await (await call(path, init)).json();

const twoWorkers = () =>
  until(async () => {
    if (stack.workers.pids().length !== 2) return false;
    const pids = await Promise.all(
      Array.from({ length: 8 }, async () => (await callJson("mirror/pid")).pid),
    );
    return new Set(pids).size === 2;
  }, "two workers answer");

Deno.test("withSupabase() takes a user's token unmodified, with RLS, when auth is user", async () => {
  const [ada, bob] = [await signUp(stack), await signUp(stack)];
  await ada.client.from("notes").insert({ body: "ada's note" });
  await bob.client.from("notes").insert({ body: "bob's note" });
  const { data, error } = await ada.client.functions.invoke("whoami", { body: {} });
  assert.equal(error, null);
  assert.deepEqual(data, { id: ada.id, notes: [{ body: "ada's note" }], error: null });
});

Deno.test("withSupabase() takes the secret key and nothing else when auth is secret", async () => {
  const good = await call("service", { headers: { apikey: stack.keys.secret } });
  assert.equal(good.status, 200);
  assert.equal((await good.json()).mode, "secret");
  const { token } = await signUp(stack);
  for (
    const headers of [
      {},
      { apikey: stack.keys.publishable },
      { apikey: stack.keys.publishable, authorization: `Bearer ${token}` },
      { authorization: `Bearer ${stack.keys.secret}` },
      { apikey: `${stack.keys.secret}x` },
    ]
  ) {
    const response = await call("service", { headers: { ...headers } });
    assert.equal(response.status, 401, JSON.stringify(Object.keys(headers)));
    await response.body?.cancel();
  }
});

Deno.test("callFunction() passes method, path, query, headers and body", async () => {
  const answer = await callJson("mirror/echo/deep?x=1&x=2", {
    method: "PATCH",
    headers: { "x-test": "kept" },
    body: "payload ü",
  });
  assert.deepEqual(answer, {
    method: "PATCH",
    path: "/mirror/echo/deep",
    search: "?x=1&x=2",
    header: "kept",
    body: "payload ü",
  });
});

Deno.test("callFunction() refuses a missing token with CORS headers when verify_jwt is on", async () => {
  const response = await call("plain");
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("sb-error-code"), "UNAUTHORIZED_NO_AUTH_HEADER");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.deepEqual(await response.json(), {
    code: "UNAUTHORIZED_NO_AUTH_HEADER",
    message: "Missing authorization header",
  });
});

Deno.test("callFunction() lets a token or an API key in when verify_jwt is on", async () => {
  const { token } = await signUp(stack);
  for (
    const headers of [
      { authorization: `Bearer ${token}` },
      { apikey: stack.keys.publishable },
      { apikey: stack.keys.secret },
    ]
  ) {
    assert.deepEqual(await callJson("plain", { headers: { ...headers } }), { ok: true });
  }
  const { data } = await clientOf(stack).functions.invoke("plain");
  assert.deepEqual(data, { ok: true });
});

Deno.test("callFunction() refuses a key in the place of a token", async () => {
  const response = await call("plain", {
    headers: { authorization: `Bearer ${stack.keys.publishable}`, apikey: stack.keys.publishable },
  });
  assert.equal(response.headers.get("sb-error-code"), "UNAUTHORIZED_INVALID_JWT_FORMAT");
  await response.body?.cancel();
});

Deno.test("callFunction() answers the platform's 404 for what is no function", async () => {
  for (const name of ["unknown", "_hidden", "", "..%2f..%2flocal", "mirror%2f..", "__proto__"]) {
    const response = await call(name);
    assert.equal(response.status, 404, name);
    assert.equal((await response.json()).code, "NOT_FOUND");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
  }
});

Deno.test("callFunction() names the platform's errors", async () => {
  const cases = [
    ["broken", 503, "BOOT_ERROR"],
    ["mirror/throw", 500, "EDGE_FUNCTION_ERROR"],
    ["mirror/status?code=500", 500, "EDGE_FUNCTION_ERROR"],
    ["mirror/status?code=418", 418, null],
  ] as const;
  for (const [path, status, code] of cases) {
    const response = await call(path);
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get("sb-error-code"), code, path);
    await response.body?.cancel();
  }
  const method = await call("mirror/echo", { method: "PROPFIND" });
  assert.equal(method.status, 405);
  await method.body?.cancel();
});

Deno.test("callFunction() answers 504 when a function does not begin to answer", async () => {
  const started = performance.now();
  const response = await call("mirror/hang");
  assert.equal(response.status, 504);
  assert.equal(response.headers.get("sb-error-code"), "IDLE_TIMEOUT");
  assert.ok(performance.now() - started >= IDLE_TIMEOUT_MS - 5);
  await response.body?.cancel();
});

Deno.test("callFunction() streams a body in: the function reads before all is sent", async () => {
  const path = await Deno.makeTempFile();
  const arrived = async () => (await Deno.stat(path)).size;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(70_000));
      await until(async () => await arrived() === 70_000, "the first part has arrived");
      controller.enqueue(new Uint8Array(30_000));
      controller.close();
    },
  });
  const response = await call(`mirror/save?path=${encodeURIComponent(path)}`, {
    method: "POST",
    body,
  });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  assert.equal(await arrived(), 100_000);
  await Deno.remove(path);
});

Deno.test("callFunction() streams a body out: the caller reads before all is made", async () => {
  const path = await Deno.makeTempFile();
  const response = await call(`mirror/drip?path=${encodeURIComponent(path)}`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, "data: first\n\n");
  await Deno.writeTextFile(path, "go on");
  assert.equal((await reader?.read())?.value, "data: second\n\n");
  assert.equal((await reader?.read())?.done, true);
  await Deno.remove(path);
});

Deno.test("functionEnv() gives the platform's names, which nothing overrides", async () => {
  const value = async (name: string) => (await callJson(`mirror/env?name=${name}`)).value;
  assert.equal(await value("SUPABASE_URL"), stack.url);
  assert.equal(await value("SUPABASE_DB_URL"), stack.databaseUrl);
  assert.deepEqual(JSON.parse(await value("SUPABASE_PUBLISHABLE_KEYS")), {
    default: stack.keys.publishable,
  });
  assert.deepEqual(JSON.parse(await value("SUPABASE_SECRET_KEYS")), {
    default: stack.keys.secret,
  });
  const jwks = JSON.parse(await value("SUPABASE_JWKS"));
  assert.equal(jwks.keys[0].alg, "ES256");
  assert.equal(jwks.keys[0].d, undefined);
  assert.equal(await value("SUPABASE_SERVICE_ROLE_KEY"), stack.keys.secret);
  assert.equal(await value("SUPABASE_ANON_KEY"), stack.keys.publishable);
  assert.equal(await value("GIVEN_BY_THE_TEST"), "yes");
  assert.equal(await value("USER"), null, "the developer's own environment is not seen");
});

Deno.test("EdgeRuntime.waitUntil() lets work go on after the answer", async () => {
  const path = await Deno.makeTempFile();
  const response = await call(`mirror/later?path=${encodeURIComponent(path)}`);
  assert.equal(response.status, 202);
  assert.equal(await Deno.readTextFile(path), "");
  await until(async () => await Deno.readTextFile(path) === "done", "the background work is done");
  await Deno.remove(path);
});

Deno.test("a worker outlives a stray rejection and logs it as one line of JSON", async () => {
  const { pid } = await callJson("mirror/stray");
  await until(() => logged.some((line) => line.includes("stray on purpose")), "it is logged");
  assert.ok(isAlive(pid));
  for (const line of logged) assert.doesNotThrow(() => JSON.parse(line), line);
  const file = await Deno.readTextFile(`${stack.dir}/functions.log`);
  assert.ok(file.includes("stray on purpose"));
});

Deno.test("a worker may not start programs, as on the platform", async () => {
  assert.deepEqual(await callJson("mirror/run"), { ran: false, error: "NotCapable" });
});

Deno.test("startWorkers() shares requests between its processes", async () => {
  const pids = await Promise.all(
    Array.from({ length: 10 }, async () => (await callJson("mirror/pid")).pid),
  );
  assert.deepEqual(new Set(pids), new Set(stack.workers.pids()));
});

Deno.test("startWorkers() replaces a killed worker, and no other request notices", async () => {
  await twoWorkers();
  const [victim = 0] = stack.workers.pids();
  const load = Promise.all(Array.from({ length: 200 }, async (_, index) => {
    if (index === 20) Deno.kill(victim, "SIGKILL");
    const response = await call("mirror/echo", { method: "POST", body: String(index) });
    const text = await response.text();
    return { status: response.status, code: response.headers.get("sb-error-code"), text };
  }));
  const answers = await load;
  const failed = answers.filter(({ status }) => status !== 200);
  // Only what the victim had already begun may fail, and says so.
  for (const { status, code } of failed) {
    assert.equal(status, 502);
    assert.equal(code, "WORKER_ERROR");
  }
  await twoWorkers();
  assert.ok(!stack.workers.pids().includes(victim));
});

Deno.test("startWorkers() answers 502 for the request a killed worker had begun", async () => {
  await twoWorkers();
  const hanging = call("mirror/hang");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const killed = stack.workers.pids();
  for (const pid of killed) Deno.kill(pid, "SIGKILL");
  const response = await hanging;
  assert.equal(response.status, 502);
  assert.equal(response.headers.get("sb-error-code"), "WORKER_ERROR");
  await response.body?.cancel();
  // While a process is being taken down it may still take a connection, and reset it.
  await until(() => !killed.some(isAlive), "the killed ones are gone");
  // Even with none left a request waits for the next worker instead of failing.
  assert.equal(
    (await callJson("mirror/echo", { method: "POST", body: "still here" })).body,
    "still here",
  );
  await twoWorkers();
});

Deno.test("startWorkers() sends nothing to a stopped worker while another is well", async () => {
  await twoWorkers();
  const [stopped = 0] = stack.workers.pids();
  Deno.kill(stopped, "SIGSTOP");
  try {
    await new Promise((resolve) => setTimeout(resolve, 2500));
    for (let count = 0; count < 20; count += 1) {
      assert.notEqual((await callJson("mirror/pid")).pid, stopped);
    }
  } finally {
    Deno.kill(stopped, "SIGCONT");
  }
  await twoWorkers();
});

Deno.test("Workers.reload() puts fresh processes in place and loses no request", async () => {
  await twoWorkers();
  const before = stack.workers.pids();
  let reloaded = false;
  const reload = stack.workers.reload().then(() => reloaded = true);
  while (!reloaded) {
    assert.equal((await callJson("mirror/echo", { method: "POST", body: "x" })).body, "x");
  }
  await reload;
  await until(() => !before.some(isAlive), "the old ones are gone");
  assert.equal(stack.workers.pids().length, 2);
});
