import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createKie } from "../../supabase/functions/_shared/providers/kie.ts";
import {
  parseKieCallback,
  verifyKieSignature,
} from "../../supabase/functions/_shared/providers/kie_webhook.ts";
import { drawPicture } from "../../supabase/local/media/picture.ts";
import {
  acceptedId,
  memoryLog,
  type ReceivedWebhook,
  startWebhookSink,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const PICTURE = drawPicture({ prompt: "A fox", width: 160, height: 90, caption: "" }).bytes;

/** Renders a clip under a fault and gives the callbacks that came. */
async function render(providers: TestProviders, kind: string | null, count: number) {
  await using sink = startWebhookSink();
  const pictures = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(PICTURE),
  );
  try {
    if (kind !== null) await providers.fault({ provider: "kie", kind, times: 1, delayMs: 200 });
    const adapter = createKie({
      apiKey: providers.env("KIE_API_KEY"),
      baseUrl: providers.env("KIE_BASE_URL"),
      log: memoryLog().log,
    });
    const id = acceptedId(
      await adapter.submit({
        endpoint: "pixverse-v6/image-to-video",
        prompt: "A fox",
        imageUrl: `http://127.0.0.1:${pictures.addr.port}/fox.jpg`,
        durationSeconds: 1,
        aspectRatio: "16:9",
      }, { callbackUrl: sink.url }),
    );
    const before = sink.received.length;
    const ended = await untilEnded(adapter, { externalTaskId: id, endpoint: "x" });
    return { id, before, ended, received: [...await sink.wait(count)] };
  } finally {
    await pictures.shutdown();
  }
}

const taskOf = (webhook: ReceivedWebhook | undefined) =>
  parseKieCallback(webhook?.body ?? new Uint8Array()).externalTaskId;

const isGenuine = (providers: TestProviders, webhook: ReceivedWebhook | undefined) =>
  verifyKieSignature({
    headers: webhook?.headers ?? new Headers(),
    externalTaskId: taskOf(webhook),
    key: providers.env("KIE_WEBHOOK_HMAC_KEY"),
    now: new Date(),
  });

Deno.test("promise 17: verifyKieSignature() is true for the simulated KIE's callback and false when anything differs", () =>
  withProviders(async (providers) => {
    const { id, ended, received: [webhook] } = await render(providers, null, 1);
    ok(webhook !== undefined && ended.state === "succeeded");
    equal(taskOf(webhook), id);
    const body = JSON.parse(new TextDecoder().decode(webhook.body));
    equal(body.code, 200);
    deepEqual(JSON.parse(body.data.resultJson).resultUrls, [ended.resultUrl]);
    const check = {
      headers: webhook.headers,
      externalTaskId: id,
      key: providers.env("KIE_WEBHOOK_HMAC_KEY"),
      now: new Date(),
    };
    equal(await verifyKieSignature(check), true);
    const changed = (name: string, value: string) => {
      const headers = new Headers(webhook.headers);
      headers.set(name, value);
      return { headers };
    };
    const cases: Record<string, Partial<typeof check>> = {
      "another key": { key: "another" },
      "no key": { key: "" },
      "another task": { externalTaskId: `${id}0` },
      "five minutes later": { now: new Date(Date.now() + 302_000) },
      "from the future": { now: new Date(Date.now() - 302_000) },
      "another timestamp": changed("x-webhook-timestamp", "1788000000"),
      "no timestamp": changed("x-webhook-timestamp", "soon"),
      "another signature": changed("x-webhook-signature", btoa("x".repeat(32))),
      "no base64": changed("x-webhook-signature", "%%%"),
      "no signature": { headers: new Headers() },
    };
    for (const [name, more] of Object.entries(cases)) {
      equal(await verifyKieSignature({ ...check, ...more }), false, name);
    }
  }));

Deno.test("the simulated KIE's callback faults come as they are named", () =>
  withProviders(async (providers) => {
    const genuine = async (kind: string, count: number) => {
      await providers.reset();
      const { received } = await render(providers, kind, count);
      return await Promise.all(received.map((webhook) => isGenuine(providers, webhook)));
    };
    deepEqual(await genuine("duplicate_webhook", 3), [true, true, true]);
    deepEqual(await genuine("late_webhook", 1), [true]);
    deepEqual(await genuine("forged_webhook", 2), [false, true]);
    deepEqual(await genuine("unsigned_webhook", 1), [false]);
    deepEqual(await genuine("stale_webhook", 1), [false]);
    deepEqual(await genuine("no_webhook", 0), []);
    // The signature does not cover the body: this is why the body is not believed.
    deepEqual(await genuine("altered_webhook", 1), [true]);
    await providers.reset();
    equal((await render(providers, "early_webhook", 1)).before, 1);
    const wrong = await render(providers, "wrong_task_webhook", 1);
    ok(taskOf(wrong.received[0]) !== wrong.id);
  }));

Deno.test("the simulated KIE tells a failure by callback with code 501", () =>
  withProviders(async (providers) => {
    const { received: [webhook] } = await render(providers, "fail", 1);
    const body = JSON.parse(new TextDecoder().decode(webhook?.body));
    equal(body.code, 501);
    equal(body.data.state, "fail");
    equal(body.data.failCode, "500");
  }));

Deno.test("parseKieCallback() finds the task in every documented form", () => {
  const parse = (body: unknown) =>
    parseKieCallback(new TextEncoder().encode(JSON.stringify(body))).externalTaskId;
  equal(parse({ code: 200, data: { taskId: "a", state: "success" } }), "a");
  equal(parse({ code: 200, data: { task_id: "b", info: { resultUrls: [] } } }), "b");
  equal(parse({ taskId: "c" }), "c");
  equal(parse({ task_id: "d", data: null }), "d");
});

Deno.test("parseKieCallback() refuses what names no task", () => {
  for (
    const [text, code] of [
      ["", "BAD_JSON"],
      ["{", "BAD_JSON"],
      ["[]", "VALIDATION_FAILED"],
      ["null", "VALIDATION_FAILED"],
      ['{"data":{"taskId":7}}', "VALIDATION_FAILED"],
      ['{"data":{"taskId":""}}', "VALIDATION_FAILED"],
      [`{"taskId":"${"x".repeat(201)}"}`, "VALIDATION_FAILED"],
    ] as const
  ) {
    throws(
      () => parseKieCallback(new TextEncoder().encode(text)),
      (error) => error instanceof AppError && error.code === code,
      text,
    );
  }
});
