import { deepEqual, equal, match, ok } from "node:assert/strict";
import { sniffMedia } from "../../supabase/functions/_shared/media/sniff.ts";
import { createKie } from "../../supabase/functions/_shared/providers/kie.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { drawPicture } from "../../supabase/local/media/picture.ts";
import {
  acceptedId,
  describeOutcome,
  memoryLog,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const ENDPOINT = "kling/v2-5-turbo-image-to-video-pro";

const createAdapter = (providers: TestProviders, apiKey = providers.env("KIE_API_KEY")) =>
  createKie({ apiKey, baseUrl: providers.env("KIE_BASE_URL"), log: memoryLog().log });

const taskOf = (externalTaskId: string) => ({ externalTaskId, endpoint: ENDPOINT });

/** Serves one picture, as Storage does. */
async function withPicture(run: (request: VideoRequest) => Promise<void>): Promise<void> {
  const { bytes } = drawPicture({ prompt: "A fox", width: 320, height: 180 });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/fox.jpg"
        ? new Response(bytes, { headers: { "content-type": "image/jpeg" } })
        : new Response("Not found", { status: 404 }),
  );
  try {
    await run({
      endpoint: ENDPOINT,
      prompt: "A fox looks up",
      imageUrl: `http://127.0.0.1:${server.addr.port}/fox.jpg`,
      durationSeconds: 5,
      aspectRatio: "16:9",
    });
  } finally {
    await server.shutdown();
  }
}

const withBoth = (
  run: (providers: TestProviders, request: VideoRequest) => Promise<void>,
  options?: Parameters<typeof withProviders>[1],
) => withProviders((providers) => withPicture((request) => run(providers, request)), options);

Deno.test("createKie() renders an mp4 from the picture when nothing goes wrong", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const id = acceptedId(await adapter.submit(request, { callbackUrl: "http://127.0.0.1:9/x" }));
    const ended = await untilEnded(adapter, taskOf(id));
    ok(ended.state === "succeeded");
    const response = await fetch(ended.resultUrl);
    equal(response.headers.get("content-type"), "video/mp4");
    equal(sniffMedia(await response.bytes())?.contentType, "video/mp4");
    const [created] = await providers.calls("kie", "create_task");
    deepEqual(JSON.parse(created?.body ?? ""), {
      model: ENDPOINT,
      callBackUrl: "http://127.0.0.1:9/x",
      input: { prompt: "A fox looks up", image_url: request.imageUrl, duration: "5" },
    });
  }));

Deno.test("createKie().submit() leaves one task behind when the answer to an accepted create is lost", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "kie", kind: "drop_after_accept", times: 1 });
    const adapter = createAdapter(providers);
    equal(describeOutcome(await adapter.submit(request)), "unknown PROVIDER_UNAVAILABLE");
    const [call] = await providers.calls("kie", "create_task");
    equal((await untilEnded(adapter, taskOf(call?.taskId ?? ""))).state, "succeeded");
  }));

Deno.test("createKie().submit() sends nothing when the model does not take the input", () =>
  withBoth(async (providers, request) => {
    const outcome = await createAdapter(providers).submit({ ...request, durationSeconds: 7 });
    ok(outcome.outcome === "refused");
    equal(outcome.error.code, "MODEL_INPUT_INVALID");
    deepEqual(outcome.error.details, {
      endpoint: ENDPOINT,
      field: "duration",
      allowed: ["5", "10"],
    });
    deepEqual(await providers.calls("kie"), []);
  }));

Deno.test("createKie().submit() is refused when more is created than the account may in ten seconds", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map(async () => describeOutcome(await adapter.submit(request))),
    );
    deepEqual(outcomes.sort(), [
      "accepted",
      "accepted",
      "refused PROVIDER_RATE_LIMITED",
      "refused PROVIDER_RATE_LIMITED",
    ]);
  }, { kieCreatesPer10s: 2 }));

Deno.test("createKie().status() is rendering when the task is not to be seen yet", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "kie", kind: "late_record", delayMs: 300, times: 1 });
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(request)));
    deepEqual(await adapter.status(task), { state: "rendering" });
    equal((await untilEnded(adapter, task)).state, "succeeded");
  }));

Deno.test("createKie().status() fails when KIE can't read the picture", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    for (
      const imageUrl of [`${request.imageUrl}.gone`, "http://127.0.0.1:9/fox.jpg", providers.url]
    ) {
      const id = acceptedId(await adapter.submit({ ...request, imageUrl }));
      const ended = await untilEnded(adapter, taskOf(id));
      ok(ended.state === "failed");
      equal(ended.error.code, "PROVIDER_REJECTED");
      match(ended.error.message, /^Cannot render at kie: code 400: Failed to fetch the image: /);
    }
  }));

Deno.test("the simulated KIE says what it documents for credits, download URLs and records", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const headers = { authorization: `Bearer ${providers.env("KIE_API_KEY")}` };
    const base = providers.env("KIE_BASE_URL");
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${base}${path}`, { headers, ...init });
      equal(response.status, 200);
      return await response.json();
    };
    const before = (await ask("/api/v1/chat/credit")).data;
    const id = acceptedId(await adapter.submit(request));
    const ended = await untilEnded(adapter, taskOf(id));
    ok(ended.state === "succeeded");
    equal((await ask("/api/v1/chat/credit")).data, before - 70);
    const renewed = await ask("/api/v1/common/download-url", {
      method: "POST",
      body: JSON.stringify({ url: ended.resultUrl }),
    });
    const file = await fetch(renewed.data);
    equal(file.status, 200);
    await file.body?.cancel();
    const record = (await ask(`/api/v1/jobs/recordInfo?taskId=${id}`)).data;
    deepEqual(JSON.parse(JSON.parse(record.param).input), {
      prompt: "A fox looks up",
      image_url: request.imageUrl,
      duration: "5",
    });
    deepEqual(JSON.parse(record.resultJson), { resultUrls: [ended.resultUrl] });
    deepEqual(await ask("/api/v1/jobs/recordInfo?taskId=unheard-of"), {
      code: 422,
      msg: "recordInfo is null",
      data: null,
    });
    deepEqual(await ask("/api/v1/nothing"), { code: 404, msg: "Not Found", data: null });
  }));
