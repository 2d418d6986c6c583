import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createFalImage } from "../../supabase/functions/_shared/providers/fal_image.ts";
import {
  type FalKeys,
  parseFalCallback,
  verifyFalSignature,
} from "../../supabase/functions/_shared/providers/fal_webhook.ts";
import { createFalKeySource } from "../../supabase/functions/_shared/providers/fal_webhook_keys.ts";
import {
  acceptedId,
  memoryLog,
  type ReceivedWebhook,
  startWebhookSink,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const REQUEST = { endpoint: "fal-ai/flux/schnell", prompt: "A fox", aspectRatio: "1:1" };

/** Draws a picture under a fault and gives the webhooks that came. */
async function draw(providers: TestProviders, kind: string | null, count: number) {
  await using sink = startWebhookSink();
  if (kind !== null) await providers.fault({ provider: "fal", kind, times: 1, delayMs: 200 });
  const adapter = createFalImage({
    apiKey: providers.env("FAL_KEY"),
    queueUrl: providers.env("FAL_QUEUE_URL"),
    log: memoryLog().log,
  });
  const id = acceptedId(await adapter.submit(REQUEST, { callbackUrl: sink.url }));
  const before = sink.received.length;
  const ended = await untilEnded(adapter, { externalTaskId: id, endpoint: REQUEST.endpoint });
  return { id, before, ended, received: [...await sink.wait(count)] };
}

const keysOf = (providers: TestProviders): Promise<FalKeys> =>
  createFalKeySource({ url: providers.env("FAL_JWKS_URL"), log: memoryLog().log }).get();

async function isGenuine(
  providers: TestProviders,
  webhook: ReceivedWebhook | undefined,
  more: { userId?: string; now?: Date; rawBody?: Uint8Array; headers?: Headers; keys?: FalKeys } =
    {},
): Promise<boolean> {
  return await verifyFalSignature({
    headers: webhook?.headers ?? new Headers(),
    rawBody: webhook?.body ?? new Uint8Array(),
    keys: await keysOf(providers),
    userId: providers.env("FAL_WEBHOOK_USER_ID"),
    now: new Date(),
    ...more,
  });
}

Deno.test("promise 17: verifyFalSignature() is true for the simulated fal's webhook and false when anything differs", () =>
  withProviders(async (providers) => {
    const { id, ended, received: [webhook] } = await draw(providers, null, 1);
    ok(webhook !== undefined && ended.state === "succeeded");
    deepEqual(parseFalCallback(webhook.body), { externalTaskId: id });
    const body = JSON.parse(new TextDecoder().decode(webhook.body));
    equal(body.status, "OK");
    equal(body.payload.images[0].url, ended.resultUrl);
    equal(await isGenuine(providers, webhook), true);

    const changed = (name: string, value: string) => {
      const headers = new Headers(webhook.headers);
      headers.set(`x-fal-webhook-${name}`, value);
      return { headers };
    };
    const signature = webhook.headers.get("x-fal-webhook-signature") ?? "";
    const [first = ""] = signature;
    const cases: Record<string, Parameters<typeof isGenuine>[2]> = {
      "another account": { userId: "user_of_somebody_else" },
      "no account pinned": { userId: "" },
      "another body": { rawBody: new TextEncoder().encode(JSON.stringify(body, null, 1)) },
      "five minutes later": { now: new Date(Date.now() + 302_000) },
      "from the future": { now: new Date(Date.now() - 302_000) },
      "another request id": changed("request-id", crypto.randomUUID()),
      "another timestamp": changed(
        "timestamp",
        String(Number(webhook.headers.get("x-fal-webhook-timestamp")) - 1),
      ),
      "a signed user id that is not ours": changed("user-id", "user_x"),
      "another signature": changed("signature", (first === "0" ? "1" : "0") + signature.slice(1)),
      "half a signature": changed("signature", signature.slice(0, 64)),
      "no hex": changed("signature", "zz"),
      "no headers": { headers: new Headers() },
      "no keys": { keys: { keys: [] } },
      "broken keys": { keys: { keys: [{}, { kty: "OKP", crv: "Ed25519", x: "AA" }] } },
    };
    for (const [name, more] of Object.entries(cases)) {
      equal(await isGenuine(providers, webhook, more), false, name);
    }
  }));

Deno.test("the simulated fal's webhook faults come as they are named", () =>
  withProviders(async (providers) => {
    const genuine = async (kind: string, count: number) => {
      await providers.reset();
      const { received } = await draw(providers, kind, count);
      return await Promise.all(received.map((webhook) => isGenuine(providers, webhook)));
    };
    deepEqual(await genuine("duplicate_webhook", 3), [true, true, true]);
    deepEqual(await genuine("late_webhook", 1), [true]);
    deepEqual(await genuine("forged_webhook", 2), [false, true]);
    deepEqual(await genuine("unsigned_webhook", 1), [false]);
    deepEqual(await genuine("altered_webhook", 1), [false]);
    deepEqual(await genuine("stale_webhook", 1), [false]);
    deepEqual(await genuine("no_webhook", 0), []);
    await providers.reset();
    equal((await draw(providers, "early_webhook", 1)).before, 1);
    const wrong = await draw(providers, "wrong_task_webhook", 1);
    const [webhook] = wrong.received;
    ok(parseFalCallback(webhook?.body ?? new Uint8Array()).externalTaskId !== wrong.id);
  }));

Deno.test("the simulated fal tells a failure by webhook as an ERROR with the detail", () =>
  withProviders(async (providers) => {
    const { received: [webhook] } = await draw(providers, "refuse", 1);
    const body = JSON.parse(new TextDecoder().decode(webhook?.body));
    equal(body.status, "ERROR");
    equal(body.error, "Invalid status code: 422");
    equal(body.payload.detail[0].type, "content_policy_violation");
  }));

Deno.test("the simulated fal sends a webhook again when it was not taken", () =>
  withProviders(async (providers) => {
    await using sink = startWebhookSink(500);
    const adapter = createFalImage({
      apiKey: providers.env("FAL_KEY"),
      queueUrl: providers.env("FAL_QUEUE_URL"),
      log: memoryLog().log,
    });
    acceptedId(await adapter.submit(REQUEST, { callbackUrl: sink.url }));
    await sink.wait(2);
    deepEqual((await providers.webhooks())[0]?.status, 500);
  }));

Deno.test("parseFalCallback() refuses what is not a callback", () => {
  const code = (text: string) => {
    let seen = "";
    throws(() => parseFalCallback(new TextEncoder().encode(text)), (error) => {
      seen = error instanceof AppError ? error.code : "";
      return true;
    });
    return seen;
  };
  equal(code("{"), "BAD_JSON");
  equal(code("null"), "VALIDATION_FAILED");
  equal(code('{"request_id":""}'), "VALIDATION_FAILED");
  equal(code('{"request_id":7}'), "VALIDATION_FAILED");
  equal(code(`{"request_id":"${"x".repeat(201)}"}`), "VALIDATION_FAILED");
});

Deno.test("createFalKeySource() keeps the keys for a day and refreshes at most once a minute", async () => {
  let now = 0;
  let fetched = 0;
  const source = createFalKeySource({
    url: "https://rest.fal.ai/.well-known/jwks.json",
    log: memoryLog().log,
    now: () => now,
    fetch: () => {
      fetched++;
      return Promise.resolve(Response.json({ keys: [{ kty: "OKP", crv: "Ed25519", x: "AA" }] }));
    },
  });
  const fetchesAt = async (at: number, refresh = false) => {
    now = at;
    await source.get({ refresh });
    return fetched;
  };
  equal(await fetchesAt(0), 1);
  equal(await fetchesAt(59_000, true), 1);
  equal(await fetchesAt(60_000, true), 2);
  equal(await fetchesAt(60_000 + 86_399_000), 2);
  equal(await fetchesAt(60_000 + 86_400_000), 3);
});

Deno.test("createFalKeySource() rejects when the answer is not a key set", async () => {
  for (const answer of [new Response("<html>"), new Response("{}", { status: 500 })]) {
    const source = createFalKeySource({
      url: "https://rest.fal.ai/.well-known/jwks.json",
      log: memoryLog().log,
      fetch: () => Promise.resolve(answer),
    });
    const error = await source.get().then(() => null, (thrown) => thrown);
    ok(error instanceof AppError && error.code === "PROVIDER_BAD_RESPONSE");
  }
});
