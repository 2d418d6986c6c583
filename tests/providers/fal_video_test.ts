import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { probeMp4 } from "../../supabase/functions/_shared/media/probe_mp4.ts";
import { createFalVideo } from "../../supabase/functions/_shared/providers/fal_video.ts";
import { falVideoInput } from "../../supabase/functions/_shared/providers/fal_video_input.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { withPicture } from "./served_picture.ts";
import {
  acceptedId,
  describeLook,
  describeOutcome,
  memoryLog,
  startWebhookSink,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

/** Has the shortest clips. */
const ENDPOINT = "fal-ai/kling-video/v3/pro/image-to-video";
const KLING_25 = "fal-ai/kling-video/v2.5-turbo/pro/image-to-video";

const createAdapter = (providers: TestProviders, apiKey = providers.env("FAL_KEY")) =>
  createFalVideo({ apiKey, queueUrl: providers.env("FAL_QUEUE_URL"), log: memoryLog().log });

const taskOf = (externalTaskId: string, endpoint = ENDPOINT) => ({ externalTaskId, endpoint });

const withBoth = (run: (providers: TestProviders, request: VideoRequest) => Promise<void>) =>
  withProviders((providers) =>
    withPicture((imageUrl) =>
      run(providers, {
        endpoint: ENDPOINT,
        prompt: "A fox looks up",
        imageUrl,
        durationSeconds: 3,
        aspectRatio: "16:9",
      })
    ), { selected: ["fal"] });

const REQUEST = {
  prompt: "A fox",
  imageUrl: "https://example.com/fox.jpg",
  aspectRatio: "9:16",
};

Deno.test("falVideoInput() names and types every field as the endpoint does", () => {
  const inputOf = (endpoint: string, durationSeconds: number) =>
    falVideoInput({ ...REQUEST, endpoint, durationSeconds });
  const { imageUrl: image, prompt } = REQUEST;
  deepEqual(inputOf(KLING_25, 10), { prompt, image_url: image, duration: "10" });
  deepEqual(inputOf(ENDPOINT, 7), {
    prompt,
    start_image_url: image,
    duration: "7",
    generate_audio: false,
  });
  deepEqual(inputOf("fal-ai/wan-25-preview/image-to-video", 5), {
    prompt,
    image_url: image,
    duration: "5",
    resolution: "720p",
  });
  deepEqual(inputOf("fal-ai/veo3.1/image-to-video", 8), {
    prompt,
    image_url: image,
    duration: "8s",
    aspect_ratio: "9:16",
    resolution: "720p",
    generate_audio: false,
  });
  deepEqual(inputOf("fal-ai/ltx-2/image-to-video", 6), {
    prompt,
    image_url: image,
    duration: 6,
    resolution: "1080p",
    generate_audio: false,
  });
  deepEqual(inputOf("bytedance/seedance-2.0/image-to-video", 15), {
    prompt,
    image_url: image,
    duration: "15",
    aspect_ratio: "9:16",
    resolution: "720p",
    generate_audio: false,
  });
});

Deno.test("falVideoInput() puts the last frame where each endpoint takes it, and refuses it where none does", () => {
  const lastImageUrl = "https://example.com/den.jpg";
  const frames = "fal-ai/veo3.1/first-last-frame-to-video";
  const withLast = (endpoint: string, durationSeconds: number) =>
    falVideoInput({ ...REQUEST, endpoint, durationSeconds, lastImageUrl });
  equal(withLast(KLING_25, 5).tail_image_url, lastImageUrl);
  equal(withLast(ENDPOINT, 3).end_image_url, lastImageUrl);
  const { first_frame_url, last_frame_url } = withLast(frames, 8);
  deepEqual([first_frame_url, last_frame_url], [REQUEST.imageUrl, lastImageUrl]);
  const isRefused = { code: "MODEL_INPUT_INVALID" };
  throws(() => withLast("fal-ai/ltx-2/image-to-video", 6), isRefused);
  throws(() => falVideoInput({ ...REQUEST, endpoint: frames, durationSeconds: 8 }), isRefused);
});

Deno.test("falVideoInput() lets the request's options win", () => {
  const input = falVideoInput({
    ...REQUEST,
    endpoint: "fal-ai/veo3.1/image-to-video",
    durationSeconds: 4,
    options: { generate_audio: true, seed: 7 },
  });
  deepEqual([input.generate_audio, input.seed, input.duration], [true, 7, "4s"]);
});

Deno.test("falVideoInput() refuses what the endpoint does not take, naming what it does", () => {
  const veo = "fal-ai/veo3.1/image-to-video";
  const cases: [Partial<VideoRequest>, string, unknown][] = [
    [{ endpoint: veo, durationSeconds: 5 }, "duration", [4, 6, 8]],
    [{ endpoint: veo, aspectRatio: "1:1" }, "aspect_ratio", ["16:9", "9:16"]],
    [{ endpoint: KLING_25, durationSeconds: 7.5 }, "duration", [5, 10]],
    [
      {
        endpoint: "fal-ai/wan-25-preview/image-to-video",
        durationSeconds: 5,
        prompt: "x".repeat(801),
      },
      "prompt",
      { max_length: 800 },
    ],
    [{ endpoint: "fal-ai/sora-2/image-to-video" }, "endpoint", undefined],
    [{ endpoint: "constructor" }, "endpoint", undefined],
  ];
  for (const [change, field, allowed] of cases) {
    throws(
      () => falVideoInput({ ...REQUEST, endpoint: veo, durationSeconds: 8, ...change }),
      (error) => {
        ok(error instanceof AppError);
        equal(error.code, "MODEL_INPUT_INVALID");
        const details = error.details as { field: string; allowed: unknown };
        equal(details.field, field);
        if (allowed !== undefined) deepEqual(details.allowed, allowed);
        return true;
      },
    );
  }
});

Deno.test("createFalVideo() renders an mp4 of the asked length and shape when nothing goes wrong", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const cases: [string, number, string, number][] = [
      [ENDPOINT, 3, "16:9", 640 / 360],
      ["fal-ai/veo3.1/image-to-video", 4, "9:16", 360 / 640],
      ["bytedance/seedance-2.0/image-to-video", 4, "1:1", 1],
    ];
    await Promise.all(cases.map(async ([endpoint, durationSeconds, aspectRatio, shape]) => {
      const wanted = { ...request, endpoint, durationSeconds, aspectRatio };
      const task = taskOf(acceptedId(await adapter.submit(wanted)), endpoint);
      const ended = await untilEnded(adapter, task);
      ok(ended.state === "succeeded", JSON.stringify(ended));
      const clip = await probeMp4(await (await fetch(ended.resultUrl)).bytes());
      equal(Math.round(clip.durationSeconds), durationSeconds, endpoint);
      ok(Math.abs(clip.width / clip.height - shape) < 0.01, `${endpoint}: ${clip.width}`);
    }));
  }));

Deno.test("createFalVideo() submits to the whole endpoint and asks by owner and app only", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "fal", kind: "endless" });
    const adapter = createAdapter(providers);
    const apps: Record<string, string> = {
      [KLING_25]: "/fal-ai/kling-video",
      "fal-ai/wan-25-preview/image-to-video": "/fal-ai/wan-25-preview",
      "fal-ai/ltx-2/image-to-video": "/fal-ai/ltx-2",
      "bytedance/seedance-2.0/image-to-video": "/bytedance/seedance-2.0",
    };
    for (const [endpoint, app] of Object.entries(apps)) {
      const durationSeconds = endpoint.includes("ltx") ? 6 : 5;
      const id = acceptedId(await adapter.submit({ ...request, endpoint, durationSeconds }));
      deepEqual(await adapter.status(taskOf(id, endpoint)), { state: "rendering" });
      equal((await providers.calls("fal", "submit")).at(-1)?.path, `/${endpoint}`);
      equal((await providers.calls("fal", "status")).at(-1)?.path, `${app}/requests/${id}/status`);
    }
  }));

Deno.test("createFalVideo().submit() sends nothing when the endpoint does not take the input", () =>
  withBoth(async (providers, request) => {
    const outcome = await createAdapter(providers).submit({ ...request, durationSeconds: 16 });
    equal(describeOutcome(outcome), "refused MODEL_INPUT_INVALID");
    deepEqual(await providers.calls("fal"), []);
  }));

Deno.test("createFalVideo().status() says why a clip failed after fal called it COMPLETED", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const expected: Record<string, string> = {
      refuse: "failed CONTENT_REFUSED",
      fail: "failed PROVIDER_FAILED",
      fail_runner: "failed PROVIDER_FAILED",
    };
    const seen: Record<string, string> = {};
    for (const kind of Object.keys(expected)) {
      await providers.fault({ provider: "fal", kind, times: 1 });
      const id = acceptedId(await adapter.submit(request));
      seen[kind] = await describeLook(untilEnded(adapter, taskOf(id)));
    }
    deepEqual(seen, expected);
    const gone = { ...request, imageUrl: `${request.imageUrl}.gone` };
    const ended = await untilEnded(adapter, taskOf(acceptedId(await adapter.submit(gone))));
    ok(ended.state === "failed");
    equal(ended.error.code, "PROVIDER_REJECTED");
    match(
      ended.error.message,
      /^Cannot render the clip at fal: HTTP status 422: body\.image_url: /,
    );
  }));

Deno.test("createFalVideo() has fal call back when the clip has ended", () =>
  withBoth(async (providers, request) => {
    await using sink = startWebhookSink();
    const adapter = createAdapter(providers);
    const id = acceptedId(await adapter.submit(request, { callbackUrl: sink.url }));
    const [webhook] = await sink.wait(1);
    const body = JSON.parse(new TextDecoder().decode(webhook?.body));
    deepEqual([body.request_id, body.status], [id, "OK"]);
    equal(await describeLook(adapter.status(taskOf(id))), "succeeded");
  }));

Deno.test("createFalVideo().cancel() ends a clip that is being rendered and never throws", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "fal", kind: "endless", times: 1 });
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(request)));
    equal(await adapter.cancel(task), true);
    equal(await describeLook(untilEnded(adapter, task)), "failed PROVIDER_FAILED");
    equal(await adapter.cancel(task), false);
    equal(await adapter.cancel(taskOf("unheard-of")), false);
    for (const kind of ["drop", "http_503", "bad_key", "garbage"]) {
      await providers.reset();
      await providers.fault({ provider: "fal", operation: "cancel", kind });
      equal(await adapter.cancel(task), false, kind);
    }
  }));
