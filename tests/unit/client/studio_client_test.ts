import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { type Database, StudioClient, StudioError } from "../../../shared/mod.ts";
import { type FakeClock, withFakeClock } from "../../fakes/fake_clock.ts";
import { FAKE_URL } from "../../fakes/fake_keys.ts";
import { IDS } from "../../factories.ts";

/** How the server takes one request. */
type Turn = () => Response | Promise<Response>;

const ok: Turn = () => Response.json({ balance: 5 }, { status: 202 });
const lost: Turn = () => Promise.reject(new TypeError("connection reset"));
const refuses = (code: string, status: number, headers: Record<string, string> = {}): Turn => () =>
  Response.json({ code, message: "It can't be done", request_id: "r" }, { status, headers });

/** An answer whose body breaks off. */
const torn: Turn = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"balance":'));
        controller.error(new TypeError("connection reset"));
      },
    }),
    { status: 202 },
  );

/** A client, and a server that takes these turns and then the last one for ever. */
function studio(...turns: Turn[]) {
  const requests: Request[] = [];
  const client = new StudioClient({
    supabase: createClient<Database>(FAKE_URL, "sb_publishable_test", {
      auth: { persistSession: false, autoRefreshToken: false },
    }),
    url: FAKE_URL,
    publishableKey: "sb_publishable_test",
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      const turn = turns[Math.min(requests.length, turns.length) - 1];
      return await (turn ?? ok)();
    },
  });
  const keys = () => requests.map((request) => request.headers.get("idempotency-key"));
  return { client, requests, keys };
}

/** Makes a call and lets the time pass that it waits. */
async function settled<T>(clock: FakeClock, call: Promise<T>): Promise<T | StudioError> {
  const result = call.catch((error: unknown) => {
    assert.ok(error instanceof StudioError, String(error));
    return error;
  });
  await clock.advance(60_000);
  return await result;
}

const REQUEST = { scene_id: IDS.scene };

for (
  const [what, turn] of Object.entries({
    "the connection is lost": lost,
    "the answer breaks off": torn,
    "the server has a fault": refuses("INTERNAL", 500),
    "the first try is still being worked on": refuses("IDEMPOTENCY_IN_PROGRESS", 409),
    "a proxy answers in its own words": () => new Response("<html>", { status: 502 }),
  })
) {
  Deno.test(`promise 1: call() tries the same click again, under the same key, when ${what}`, async () => {
    await withFakeClock(async (clock) => {
      const { client, requests, keys } = studio(turn, turn, ok);
      assert.deepEqual(await settled(clock, client.call("generate-image", REQUEST)), {
        balance: 5,
      });
      assert.equal(requests.length, 3);
      assert.equal(new Set(keys()).size, 1);
      assert.match(keys()[0] ?? "", /^[0-9a-f-]{36}$/);
    });
  });
}

Deno.test("call() gives each click a key of its own, or the one it is given, and reads none", async () => {
  const { client, keys } = studio(ok);
  await client.call("generate-image", REQUEST);
  await client.call("generate-image", REQUEST);
  await client.call("generate-image", REQUEST, { idempotencyKey: "a-key-of-the-caller" });
  await client.call("get-job", { job_id: IDS.job });
  const [first, second, third, fourth] = keys();
  assert.notEqual(first, second);
  assert.deepEqual([third, fourth], ["a-key-of-the-caller", null]);
});

Deno.test("call() does not repeat what can't get better, and throws what the server said", async () => {
  await withFakeClock(async (clock) => {
    for (
      const [code, status] of [
        ["INSUFFICIENT_CREDITS", 402],
        ["VALIDATION_FAILED", 400],
        ["IDEMPOTENCY_KEY_REUSED", 422],
        ["UNAUTHENTICATED", 401],
      ] as const
    ) {
      const { client, requests } = studio(refuses(code, status));
      const error = await settled(clock, client.call("generate-image", REQUEST));
      assert.ok(error instanceof StudioError);
      assert.deepEqual([error.code, error.status, error.requestId], [code, status, "r"]);
      assert.equal(requests.length, 1);
    }
  });
});

Deno.test("call() waits as long as the server asks, else longer each time, and gives up after four tries", async () => {
  await withFakeClock(async (clock) => {
    const { client, requests } = studio(refuses("TOO_MANY_JOBS", 429, { "Retry-After": "7" }), ok);
    const call = client.call("generate-image", REQUEST);
    await clock.advance(6_999);
    assert.equal(requests.length, 1);
    await clock.advance(1);
    await call;
    assert.equal(requests.length, 2);

    const down = studio(lost);
    const failed = down.client.call("generate-image", REQUEST).catch((error: unknown) => error);
    const tries: number[] = [];
    for (let second = 0; second < 9; second++) {
      await clock.advance(second === 0 ? 0 : 1_000);
      tries.push(down.requests.length);
    }
    assert.deepEqual(tries, [1, 2, 2, 3, 3, 3, 3, 4, 4]);
    const error = await failed;
    assert.ok(error instanceof StudioError && error.code === "NETWORK");
  });
});

Deno.test("call() waits its own time when Retry-After is a date or nonsense", async () => {
  await withFakeClock(async (clock) => {
    for (const value of ["Sat, 21 Nov 2026 09:00:00 GMT", "soon", ""]) {
      const { client, requests } = studio(refuses("INTERNAL", 500, { "Retry-After": value }), ok);
      const call = client.call("generate-image", REQUEST);
      await clock.advance(999);
      assert.equal(requests.length, 1, value);
      await clock.advance(1);
      await call;
    }
  });
});

Deno.test("call() stops when it is called off, with the caller's own reason", async () => {
  const stop = new AbortController();
  const { client, requests } = studio(() => {
    stop.abort(new Error("the page was left"));
    return lost();
  });
  const call = client.call("generate-image", REQUEST, { signal: stop.signal });
  await assert.rejects(call, /connection reset|the page was left/);
  assert.equal(requests.length, 1);
});

Deno.test("StudioClient.download() gives the file's answer unread, and a refusal as StudioError", async () => {
  const zip: Turn = () => new Response("PK", { headers: { "content-type": "application/zip" } });
  const { client, requests, keys } = studio(zip, refuses("EXPORT_TOO_LARGE", 422));
  const response = await client.download("export-project", { project_id: IDS.project });
  assert.equal(response.bodyUsed, false);
  assert.equal(await response.text(), "PK");
  assert.deepEqual(await requests[0]?.json(), { project_id: IDS.project });
  assert.deepEqual(keys(), [null], "it costs nothing, so it needs no key");
  const refused = await client.download("export-project", { project_id: IDS.project })
    .catch((error) => error);
  assert.ok(refused instanceof StudioError && refused.code === "EXPORT_TOO_LARGE");
  assert.equal(requests.length, 2, "a download is not begun again by itself");
});

Deno.test("uploadImage() sends the picture itself, again when the connection is lost, and no key", async () => {
  await withFakeClock(async (clock) => {
    const { client, requests, keys } = studio(lost, ok);
    const picture = new Blob(["a picture"], { type: "image/png" });
    await settled(clock, client.uploadImage(picture, { projectId: IDS.project }));
    assert.deepEqual(keys(), [null, null]);
    for (const request of requests) {
      assert.equal(
        request.url,
        `${FAKE_URL}/functions/v1/upload-image?project_id=${IDS.project}`,
      );
      assert.equal(request.headers.get("content-type"), "image/png");
      assert.equal(await request.text(), "a picture");
    }
  });
});

Deno.test("uploadImage() says that bytes, and files of a type it does not know, are pictures", async () => {
  const { client, requests } = studio(ok);
  await client.uploadImage(new Uint8Array([1, 2, 3]));
  await client.uploadImage(new Blob(["x"], { type: "" }));
  assert.deepEqual(
    requests.map((request) => [request.headers.get("content-type"), new URL(request.url).search]),
    [["image/jpeg", ""], ["image/jpeg", ""]],
  );
});

Deno.test("call() stops waiting for its next try as soon as it is told to", async () => {
  await withFakeClock(async (clock) => {
    const { client, requests } = studio(
      refuses("PROVIDER_RATE_LIMITED", 429, { "Retry-After": "600" }),
    );
    const stop = new AbortController();
    const reason = new Error("the page was left");
    const call = client.call("generate-image", REQUEST, { signal: stop.signal });
    const ended = call.then(() => null, (error: unknown) => error);
    await clock.advance(100);
    stop.abort(reason);
    await clock.advance(0);
    assert.equal(await ended, reason);
    assert.deepEqual([requests.length, clock.pending], [1, 0]);
  });
});
