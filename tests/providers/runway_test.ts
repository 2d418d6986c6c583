import { deepEqual, equal, match, ok } from "node:assert/strict";
import { probeMp4 } from "../../supabase/functions/_shared/media/probe_mp4.ts";
import { createRunway } from "../../supabase/functions/_shared/providers/runway.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { withPicture } from "./served_picture.ts";
import {
  acceptedId,
  describeLook,
  describeOutcome,
  memoryLog,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const ENDPOINT = "gen4_turbo";

const createAdapter = (
  providers: TestProviders,
  more: { apiKey?: string } = {},
) =>
  createRunway({
    apiKey: providers.env("RUNWAY_API_KEY"),
    baseUrl: providers.env("RUNWAY_BASE_URL"),
    log: memoryLog().log,
    ...more,
  });

const taskOf = (externalTaskId: string) => ({ externalTaskId, endpoint: ENDPOINT });

const withBoth = (
  run: (providers: TestProviders, request: VideoRequest) => Promise<void>,
  options: Parameters<typeof withProviders>[1] = {},
) =>
  withProviders((providers) =>
    withPicture((imageUrl) =>
      run(providers, {
        endpoint: ENDPOINT,
        prompt: "A fox looks up",
        imageUrl,
        durationSeconds: 2,
        aspectRatio: "16:9",
      })
    ), { selected: ["runway"], ...options });

Deno.test("createRunway() renders an mp4 of the asked length and shape when nothing goes wrong", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const shapes = { "16:9": 640 / 360, "9:16": 360 / 640, "1:1": 1 };
    await Promise.all(
      Object.entries(shapes).map(async ([aspectRatio, shape]) => {
        const id = acceptedId(await adapter.submit({ ...request, aspectRatio }));
        const ended = await untilEnded(adapter, taskOf(id));
        ok(ended.state === "succeeded", JSON.stringify(ended));
        const clip = await probeMp4(await (await fetch(ended.resultUrl)).bytes());
        equal(Math.round(clip.durationSeconds), 2);
        ok(Math.abs(clip.width / clip.height - shape) < 0.01, aspectRatio);
      }),
    );
    const [created] = await providers.calls("runway", "image_to_video");
    deepEqual(JSON.parse(created?.body ?? ""), {
      model: "gen4_turbo",
      promptImage: request.imageUrl,
      promptText: "A fox looks up",
      ratio: "1280:720",
      duration: 2,
    });
  }));

Deno.test("createRunway().submit() sends both frames to a model that takes a last one, and nothing to others", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const { imageUrl: lastImageUrl } = request;
    const veo = { ...request, endpoint: "veo3.1_fast", durationSeconds: 4, lastImageUrl };
    acceptedId(await adapter.submit(veo));
    const [created] = await providers.calls("runway", "image_to_video");
    deepEqual(JSON.parse(created?.body ?? "").promptImage, [
      { uri: request.imageUrl, position: "first" },
      { uri: lastImageUrl, position: "last" },
    ]);
    equal(
      describeOutcome(await adapter.submit({ ...request, lastImageUrl })),
      "refused MODEL_INPUT_INVALID",
    );
    equal((await providers.calls("runway", "image_to_video")).length, 1);
  }));

Deno.test("createRunway().submit() asks for a pause of a minute when the day's generations are used up", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "runway", kind: "rate_limited", times: 1 });
    const outcome = await createAdapter(providers).submit(request);
    ok(outcome.outcome === "refused");
    equal(outcome.error.retryAfterSeconds, 60);
    equal(
      outcome.error.message,
      "Cannot image_to_video at runway: HTTP status 429: You have reached the daily generation limit of your tier.",
    );
  }));

Deno.test("createRunway().submit() leaves one task behind when the answer to an accepted create is lost", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "runway", kind: "drop_after_accept", times: 1 });
    const adapter = createAdapter(providers);
    equal(describeOutcome(await adapter.submit(request)), "unknown PROVIDER_UNAVAILABLE");
    const [call] = await providers.calls("runway", "image_to_video");
    equal((await untilEnded(adapter, taskOf(call?.taskId ?? ""))).state, "succeeded");
  }));

Deno.test("createRunway().submit() sends nothing when the model does not take the input", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const wrong: [Partial<VideoRequest>, string][] = [
      [{ durationSeconds: 11 }, "duration"],
      [{ durationSeconds: 2.5 }, "duration"],
      [{ aspectRatio: "3:2" }, "ratio"],
      [{ endpoint: "gen3a_turbo" }, "model"],
      [{ endpoint: "toString" }, "model"],
      [{ prompt: "x".repeat(1001) }, "promptText"],
      [{ endpoint: "veo3.1", durationSeconds: 5 }, "duration"],
    ];
    for (const [change, field] of wrong) {
      const outcome = await adapter.submit({ ...request, ...change });
      ok(outcome.outcome === "refused");
      equal(outcome.error.code, "MODEL_INPUT_INVALID");
      equal((outcome.error.details as { field: string }).field, field);
    }
    deepEqual(await providers.calls("runway"), []);
  }));

Deno.test("createRunway().submit() is refused with the issues when an option is not Runway's", () =>
  withBoth(async (providers, request) => {
    const outcome = await createAdapter(providers).submit({ ...request, options: { motion: 5 } });
    ok(outcome.outcome === "refused");
    equal(outcome.error.code, "PROVIDER_REJECTED");
    match(
      outcome.error.message,
      /HTTP status 400: Validation of body failed; body: Unrecognized key: "motion"$/,
    );
  }));

Deno.test("createRunway().status() fails when Runway can't read the picture", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    for (const imageUrl of [`${request.imageUrl}.gone`, "http://127.0.0.1:9/fox.jpg"]) {
      const id = acceptedId(await adapter.submit({ ...request, imageUrl }));
      const ended = await untilEnded(adapter, taskOf(id));
      ok(ended.state === "failed");
      equal(ended.error.code, "PROVIDER_REJECTED");
      match(
        ended.error.message,
        /^Cannot render at runway: ASSET\.INVALID: The image is not usable/,
      );
    }
  }));

Deno.test("createRunway().status() gives a fresh URL at each look, also after one that had expired", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "runway", kind: "expired_url", times: 1 });
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(request)));
    const first = await untilEnded(adapter, task);
    const second = await adapter.status(task);
    ok(first.state === "succeeded" && second.state === "succeeded");
    const statusOf = async (url: string) => {
      const response = await fetch(url);
      await response.body?.cancel();
      return response.status;
    };
    equal(await statusOf(first.resultUrl), 403);
    equal(await statusOf(second.resultUrl), 200);
  }));

Deno.test("createRunway().status() is rendering while tasks beyond the account's concurrency wait", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "runway", kind: "endless", times: 1 });
    const adapter = createAdapter(providers);
    const running = taskOf(acceptedId(await adapter.submit(request)));
    const waiting = taskOf(acceptedId(await adapter.submit(request)));
    for (let looks = 0; looks < 5; looks++) {
      equal((await adapter.status(running)).state, "rendering");
      deepEqual(await adapter.status(waiting), { state: "rendering" });
    }
    equal(await adapter.cancel(running), true);
    equal((await untilEnded(adapter, waiting)).state, "succeeded");
  }, { runwayConcurrentTasks: 1 }));

Deno.test("createRunway().status() tells how far a task is", () =>
  withBoth(async (providers, request) => {
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(request)));
    const seen: number[] = [];
    for (;;) {
      const status = await adapter.status(task);
      if (status.state !== "rendering") break;
      if (status.progress !== undefined) seen.push(status.progress);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    ok(seen.length > 2 && seen.every((one) => one >= 0 && one < 1));
    deepEqual(seen, seen.toSorted((a, b) => a - b));
  }, { renderMs: { image: 0, video: 500 } }));

Deno.test("createRunway().cancel() ends a task that is being rendered and never throws", () =>
  withBoth(async (providers, request) => {
    await providers.fault({ provider: "runway", kind: "endless", times: 1 });
    const adapter = createAdapter(providers);
    const task = taskOf(acceptedId(await adapter.submit(request)));
    for (const kind of ["drop", "http_503", "bad_key"]) {
      await providers.fault({ provider: "runway", operation: "cancel", kind });
      equal(await adapter.cancel(task), false, kind);
      await providers.reset();
    }
    equal(await adapter.cancel(task), true);
    equal(await describeLook(adapter.status(task)), "failed PROVIDER_FAILED");
    await providers.fault({
      provider: "runway",
      operation: "status",
      kind: "canceled_spelling",
      times: 1,
    });
    equal(await describeLook(adapter.status(task)), "failed PROVIDER_FAILED");
    equal(await adapter.cancel(taskOf(crypto.randomUUID())), false);
  }));
