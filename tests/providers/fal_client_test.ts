import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ApiError, createFalClient, type FalClient, ValidationError } from "@fal-ai/client";
import { type TestProviders, withProviders } from "./support.ts";

/** The official client, unchanged but for where its requests go. */
const createOfficial = (
  providers: TestProviders,
  credentials = providers.env("FAL_KEY"),
): FalClient =>
  createFalClient({
    credentials,
    suppressLocalCredentialsWarning: true,
    requestMiddleware: (request) => {
      const { pathname, search } = new URL(request.url);
      const url = `${providers.env("FAL_QUEUE_URL")}${pathname}${search}`;
      return Promise.resolve({ ...request, url });
    },
  });

const INPUT = { prompt: "A fox", image_size: "square" } as const;

Deno.test("the simulated fal serves the official client's subscribe() by polling and by streaming", () =>
  withProviders(async (providers) => {
    const fal = createOfficial(providers);
    for (const mode of ["polling", "streaming"] as const) {
      const states = new Set<string>();
      const { data, requestId } = await fal.subscribe("fal-ai/flux/schnell", {
        input: INPUT,
        logs: true,
        onQueueUpdate: ({ status }) => void states.add(status),
        ...(mode === "polling" ? { mode, pollInterval: 10 } : { mode }),
      });
      ok(states.has("COMPLETED"), mode);
      ok(requestId.length > 10);
      deepEqual([data.images[0]?.width, data.images[0]?.height], [512, 512]);
      equal(data.prompt, "A fox");
    }
  }, { renderMs: { image: 60, video: 0 } }));

Deno.test("the simulated fal gives the official client its validation errors by field", () =>
  withProviders(async (providers) => {
    const fal = createOfficial(providers);
    await rejects(
      () => fal.subscribe("fal-ai/flux/schnell", { input: { ...INPUT, num_images: 9 } }),
      (error) => {
        ok(error instanceof ValidationError);
        equal(error.getFieldErrors("num_images")[0]?.type, "less_than_equal");
        return true;
      },
    );
  }));

Deno.test("the simulated fal gives the official client the detail of a refused key", () =>
  withProviders(async (providers) => {
    const fal = createOfficial(providers, "someone:else");
    await rejects(() => fal.queue.submit("fal-ai/flux/schnell", { input: INPUT }), (error) => {
      ok(error instanceof ApiError);
      equal(error.status, 401);
      deepEqual(error.body, { detail: "No user found for Key ID and Secret" });
      return true;
    });
  }));

Deno.test("the simulated fal lets the official client cancel", () =>
  withProviders(async (providers) => {
    const fal = createOfficial(providers);
    await providers.fault({ provider: "fal", kind: "endless", times: 1 });
    const endpoint = "fal-ai/flux/schnell";
    const { request_id: requestId } = await fal.queue.submit(endpoint, { input: INPUT });
    await fal.queue.cancel(endpoint, { requestId });
    await rejects(() => fal.queue.result(endpoint, { requestId }), ApiError);
  }));

// Why the adapter holds the client's retries off. When this fails, a newer client has stopped posting
// twice, and `fal_queue.ts` can be simpler.
Deno.test("the official client posts a submit twice after one 503, whatever its retry setting says", () =>
  withProviders(async (providers) => {
    await providers.fault({ provider: "fal", kind: "http_503", times: 1 });
    const official = createFalClient({
      credentials: providers.env("FAL_KEY"),
      suppressLocalCredentialsWarning: true,
      retry: { maxRetries: 0 },
      requestMiddleware: (request) =>
        Promise.resolve({
          ...request,
          url: `${providers.env("FAL_QUEUE_URL")}${new URL(request.url).pathname}`,
        }),
    });
    await official.queue.submit("fal-ai/flux/schnell", { input: INPUT });
    equal((await providers.calls("fal", "submit")).length, 2);
  }));
