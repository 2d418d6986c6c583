// Downloaded with the tests, so that none of them waits for it.
import "@ffmpeg/core";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { probeMp4 } from "../../supabase/functions/_shared/media/probe_mp4.ts";
import {
  createFalCutter,
  FAL_JOIN_ENDPOINT,
  falFilmSize,
} from "../../supabase/functions/_shared/providers/fal_cutter.ts";
import type { JoinRequest } from "../../supabase/functions/_shared/providers/film_cutter.ts";
import { makeClip } from "../fixtures/media/clip.ts";
import { readTracks } from "../fixtures/media/tracks.ts";
import {
  acceptedId,
  describeLook,
  describeOutcome,
  memoryLog,
  type TestProviders,
  untilEnded,
  withProviders,
} from "./support.ts";

const createAdapter = (providers: TestProviders) =>
  createFalCutter({
    apiKey: providers.env("FAL_KEY"),
    queueUrl: providers.env("FAL_QUEUE_URL"),
    log: memoryLog().log,
  });

const CLIPS = new Map([
  ["/wide.mp4", await makeClip({ width: 320, height: 180, framesPerSecond: 25, seconds: 1 })],
  ["/tall.mp4", await makeClip({ width: 180, height: 320, framesPerSecond: 15, seconds: 2 })],
]);

/** A file server, the simulated fal, and a film of a wide and a tall clip. */
async function withClips(
  run: (providers: TestProviders, request: JoinRequest) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const clip = CLIPS.get(new URL(request.url).pathname);
    return clip === undefined ? new Response(null, { status: 404 }) : new Response(clip);
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  try {
    await withProviders((providers) =>
      run(providers, {
        endpoint: FAL_JOIN_ENDPOINT,
        clipUrls: [...CLIPS.keys()].map((path) => `${origin}${path}`),
        width: 910,
        height: 512,
      }), { selected: ["fal"] });
  } finally {
    await server.shutdown();
  }
}

Deno.test("falFilmSize() keeps the clip's shape within what fal takes, with even sides", () => {
  const cases = [
    [1920, 1080, 1920, 1080],
    [640, 360, 910, 512],
    [360, 640, 512, 910],
    [3840, 2160, 2048, 1152],
    [480, 480, 512, 512],
    [1280, 721, 1280, 722],
    [4000, 500, 2048, 512],
  ];
  for (const [width = 0, height = 0, ...expected] of cases) {
    const size = falFilmSize({ width, height });
    deepEqual([size.width, size.height], expected, `${width}x${height}`);
  }
});

Deno.test("createFalCutter() joins clips of two sizes and rates into one film of their length", () =>
  withClips(async (providers, request) => {
    const adapter = createAdapter(providers);
    const externalTaskId = acceptedId(await adapter.submit(request));
    const task = { externalTaskId, endpoint: request.endpoint };
    const ended = await untilEnded(adapter, task);
    ok(ended.state === "succeeded");
    const film = new Uint8Array(await (await fetch(ended.resultUrl)).arrayBuffer());
    const facts = await probeMp4(film);
    deepEqual([facts.width, facts.height, facts.videoCodec, facts.hasSound], [
      910,
      512,
      "avc",
      false,
    ]);
    const { pictures, seconds } = await readTracks(film);
    ok(Math.abs(seconds - 3) < 0.1, `${seconds} s`);
    // The lowest rate of its clips.
    equal(pictures.length, 45);
    const [submit] = await providers.calls("fal", "submit");
    deepEqual(JSON.parse(submit?.body ?? ""), {
      video_urls: request.clipUrls,
      resolution: { width: 910, height: 512 },
    });
  }));

Deno.test("createFalCutter().submit() refuses one clip by itself and sends nothing", () =>
  withClips(async (providers, request) => {
    const single = { ...request, clipUrls: request.clipUrls.slice(0, 1) };
    const outcome = await createAdapter(providers).submit(single);
    equal(describeOutcome(outcome), "refused MODEL_INPUT_INVALID");
    deepEqual(await providers.calls("fal", "submit"), []);
  }));

Deno.test("createFalCutter() fails the film when fal does not take its input or can't read a clip", () =>
  withClips(async (providers, request) => {
    const adapter = createAdapter(providers);
    const cases: [Partial<JoinRequest>, string, RegExp][] = [
      [{ width: 2050 }, "PROVIDER_REJECTED", /resolution/],
      [
        { clipUrls: [...request.clipUrls, `${request.clipUrls[0]}.gone`] },
        "PROVIDER_FAILED",
        /video_urls: Failed to download/,
      ],
    ];
    for (const [change, code, message] of cases) {
      const wrong = { ...request, ...change };
      const externalTaskId = acceptedId(await adapter.submit(wrong));
      const ended = await untilEnded(adapter, { externalTaskId, endpoint: request.endpoint });
      ok(ended.state === "failed");
      equal(ended.error.code, code);
      match(ended.error.message, message);
    }
  }));

Deno.test("createFalCutter() says what became of a submit under each fault", () =>
  withClips(async (providers, request) => {
    const adapter = createAdapter(providers);
    const cases: [kind: string, outcome: RegExp][] = [
      ["drop_after_accept", /^unknown/],
      ["http_500", /^unknown/],
      ["no_credit", /^refused PROVIDER_REJECTED/],
      ["rate_limited", /^refused PROVIDER_RATE_LIMITED/],
    ];
    for (const [kind, outcome] of cases) {
      await providers.fault({ provider: "fal", operation: "submit", kind, times: 1 });
      match(describeOutcome(await adapter.submit(request)), outcome, kind);
    }
    equal((await providers.calls("fal", "submit")).length, cases.length, "each was sent once");
  }));

Deno.test("createFalCutter() calls a film off", () =>
  withClips(async (providers, request) => {
    const adapter = createAdapter(providers);
    await providers.fault({ provider: "fal", kind: "endless", times: 1 });
    const externalTaskId = acceptedId(await adapter.submit(request));
    const task = { externalTaskId, endpoint: request.endpoint };
    equal(await adapter.cancel(task), true);
    match(await describeLook(adapter.status(task)), /rendering|failed/);
  }));
