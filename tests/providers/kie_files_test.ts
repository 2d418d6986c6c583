import { deepEqual, equal, ok } from "node:assert/strict";
import { createKie } from "../../supabase/functions/_shared/providers/kie.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { withPicture } from "./served_picture.ts";
import {
  acceptedId,
  describeOutcome,
  memoryLog,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const ENDPOINT = "kling/v2-1-pro";

const createAdapter = (providers: TestProviders, more: { uploadUrl?: string } = {}) =>
  createKie({
    apiKey: providers.env("KIE_API_KEY"),
    baseUrl: providers.env("KIE_BASE_URL"),
    log: memoryLog().log,
    ...more,
  });

/** An adapter that uploads, as the one of a real KIE does. */
const createUploader = (providers: TestProviders) =>
  createAdapter(providers, { uploadUrl: providers.env("KIE_BASE_URL") });

const withBoth = (run: (providers: TestProviders, request: VideoRequest) => Promise<void>) =>
  withProviders((providers) =>
    withPicture((imageUrl) =>
      run(providers, {
        endpoint: ENDPOINT,
        prompt: "A fox looks up",
        imageUrl,
        lastImageUrl: imageUrl,
        durationSeconds: 5,
        aspectRatio: "16:9",
      })
    ), { selected: ["kie"] });

Deno.test("createKie().submit() uploads pictures that KIE could not fetch, and renders from them", () =>
  withBoth(async (providers, request) => {
    const adapter = createUploader(providers);
    const externalTaskId = acceptedId(await adapter.submit(request));
    equal((await providers.calls("kie", "upload_picture")).length, 2);
    const [create] = await providers.calls("kie", "create_task");
    const { image_url, tail_image_url } = JSON.parse(create?.body ?? "").input;
    ok(image_url !== request.imageUrl && tail_image_url !== image_url);
    const [sent, file] = await Promise.all(
      [request.imageUrl, image_url].map(async (url) => await (await fetch(url)).bytes()),
    );
    deepEqual(file, sent);
    equal((await untilEnded(adapter, { externalTaskId, endpoint: ENDPOINT })).state, "succeeded");
  }));

Deno.test("createKie().submit() uploads nothing that is on the internet, nor where no upload is configured", () =>
  withBoth(async (providers, request) => {
    const pictures = {
      imageUrl: "https://example.com/a.jpg",
      lastImageUrl: "https://[2606::1]/b.jpg",
    };
    acceptedId(await createUploader(providers).submit({ ...request, ...pictures }));
    acceptedId(await createAdapter(providers).submit(request));
    deepEqual(await providers.calls("kie", "upload_picture"), []);
  }));

Deno.test("createKie().submit() creates no task when a picture can't be uploaded", () =>
  withBoth(async (providers, request) => {
    const expected: Record<string, string> = {
      http_503: "never_sent PROVIDER_UNAVAILABLE",
      drop: "never_sent PROVIDER_UNAVAILABLE",
      garbage: "never_sent PROVIDER_BAD_RESPONSE",
      wrong_shape: "never_sent PROVIDER_BAD_RESPONSE",
      maintenance: "never_sent PROVIDER_UNAVAILABLE",
      rate_limited: "refused PROVIDER_RATE_LIMITED",
      bad_key: "refused PROVIDER_REJECTED",
    };
    const seen: Record<string, string> = {};
    for (const kind of Object.keys(expected)) {
      await providers.reset();
      await providers.fault({ provider: "kie", operation: "upload_picture", kind });
      seen[kind] = describeOutcome(await createUploader(providers).submit(request));
    }
    deepEqual(seen, expected);
    await providers.reset();
    const gone = { ...request, imageUrl: `${request.imageUrl}.gone` };
    equal(describeOutcome(await createUploader(providers).submit(gone)), "refused RESULT_INVALID");
    const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    closed.close();
    const away = { ...request, imageUrl: `http://127.0.0.1:${closed.addr.port}/fox.jpg` };
    equal(describeOutcome(await createUploader(providers).submit(away)), "never_sent INTERNAL");
    const wrong = { ...request, durationSeconds: 7 };
    equal(
      describeOutcome(await createUploader(providers).submit(wrong)),
      "refused MODEL_INPUT_INVALID",
    );
    deepEqual(await providers.calls("kie"), []);
  }));

Deno.test("createKie().renewUrl() gives a new URL for a result whose own has expired, and null for any other", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "kie", kind: "expired_url", times: 1 });
    const adapter = createAdapter(providers);
    const externalTaskId = acceptedId(await adapter.submit(request));
    const ended = await untilEnded(adapter, { externalTaskId, endpoint: ENDPOINT });
    ok(ended.state === "succeeded");
    const statusOf = async (url: string) => {
      const response = await fetch(url);
      await response.body?.cancel();
      return response.status;
    };
    equal(await statusOf(ended.resultUrl), 403);
    const renewed = await adapter.renewUrl?.(ended.resultUrl);
    equal(await statusOf(renewed ?? ""), 200);
    equal(await adapter.renewUrl?.("https://example.com/clip.mp4"), null);
    for (const kind of ["drop", "http_503", "garbage", "wrong_shape", "bad_key"]) {
      await providers.reset();
      await providers.fault({ provider: "kie", operation: "download_url", kind });
      equal(await adapter.renewUrl?.(ended.resultUrl), null, kind);
    }
  }));
