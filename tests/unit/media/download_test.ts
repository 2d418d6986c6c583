import assert from "node:assert/strict";
import fc from "fast-check";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import {
  type DownloadOptions,
  openDownload,
} from "../../../supabase/functions/_shared/media/download.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { JPEG, PNG, WEBP } from "../../fixtures/media/pictures.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const ORIGIN = "http://files.invalid";
const URL_TEXT = `${ORIGIN}/secret-path/x?token=secret-token`;
const CLIP = await makeClip({ seconds: 0.4 });

type Piece = Uint8Array<ArrayBuffer> | Error;

/** A body that gives pieces one by one, fails at an `Error`, and notes how it was used. */
function createBody(pieces: readonly Piece[]) {
  const left = [...pieces];
  const seen = { pulls: 0, isCancelled: false };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      seen.pulls++;
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else if (piece instanceof Error) controller.error(piece);
      else controller.enqueue(piece);
    },
    cancel() {
      seen.isCancelled = true;
    },
  }, { highWaterMark: 0 });
  return { stream, seen };
}

function answer(body: BodyInit, init: ResponseInit = {}): Partial<DownloadOptions> {
  return { fetch: () => Promise.resolve(new Response(body, init)) };
}

async function download(overrides: Partial<DownloadOptions>) {
  const file = await openDownload(URL_TEXT, {
    expect: "video",
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    allowedOrigins: [ORIGIN],
    log: createLog({}, () => {}),
    ...overrides,
  });
  const bytes = new Uint8Array(await new Response(file.body).arrayBuffer());
  return { ...file, bytes };
}

Deno.test("openDownload() passes a file on unchanged and goes by its bytes when the server claims another type", async () => {
  const files = [
    ["video", CLIP, "video/mp4", "mp4"],
    ["image", JPEG, "image/jpeg", "jpg"],
    ["image", PNG, "image/png", "png"],
    ["image", WEBP, "image/webp", "webp"],
    ["audio", await makeTone({ seconds: 0.2 }), "audio/mpeg", "mp3"],
  ] as const;
  for (const [expect, file, contentType, extension] of files) {
    const headers = { "content-type": "text/html", "content-length": `${file.byteLength}` };
    const got = await download({ expect, ...answer(file.slice(), { headers }) });
    assert.deepEqual(got.bytes, file);
    assert.equal(got.contentType, contentType);
    assert.equal(got.extension, extension);
  }
});

Deno.test("openDownload() gives a picture's size, and null for other files", async () => {
  const { imageSize } = await download({ expect: "image", ...answer(PNG.slice()) });
  assert.deepEqual(imageSize, { extension: "png", width: 34, height: 22 });
  assert.equal((await download(answer(CLIP.slice()))).imageSize, null);
});

Deno.test("openDownload() passes the same bytes on however the server cuts them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      async (sizes) => {
        const pieces: Uint8Array<ArrayBuffer>[] = [];
        let at = 0;
        for (let turn = 0; at < CLIP.byteLength; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(CLIP.slice(at, at + size));
          at += size;
        }
        const { bytes } = await download(answer(createBody(pieces).stream));
        assert.deepEqual(bytes, CLIP);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("openDownload() reads no further than its reader", async () => {
  const pieces = Array.from({ length: 50 }, (_, index) => CLIP.slice(index * 64, index * 64 + 64));
  const { stream, seen } = createBody(pieces);
  const { body } = await openDownload(URL_TEXT, {
    expect: "video",
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    allowedOrigins: [ORIGIN],
    log: createLog({}, () => {}),
    ...answer(stream),
  });
  assert.equal(seen.pulls, 1);
  const reader = body.getReader();
  await reader.read();
  await reader.read();
  assert.equal(seen.pulls, 2);
  await reader.cancel();
  assert.equal(seen.isCancelled, true);
});

Deno.test("openDownload() fails as empty when there are no bytes", async () => {
  const failure = { code: "RESULT_INVALID", reason: "empty" } as const;
  await assertFails(() => download(answer("")), failure);
  await assertFails(() => download({ fetch: () => Promise.resolve(new Response(null)) }), failure);
});

const WRONG: readonly (readonly [string, DownloadOptions["expect"], Uint8Array<ArrayBuffer>])[] = [
  ["html", "video", new TextEncoder().encode("<html>Not found</html>")],
  ["a picture", "video", PNG.slice()],
  ["a clip", "image", CLIP.slice()],
  ["a clip", "audio", CLIP.slice()],
  ["svg", "image", new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'/>")],
];

for (const [name, expect, file] of WRONG) {
  Deno.test(`openDownload() fails as wrong_type when ${name} comes and ${expect} is expected`, async () => {
    const { stream, seen } = createBody([file, file]);
    await assertFails(
      () => download({ expect, ...answer(stream, { headers: { "content-type": "video/mp4" } }) }),
      { code: "RESULT_INVALID", reason: "wrong_type" },
    );
    assert.equal(seen.isCancelled || seen.pulls > 2, true);
  });
}

Deno.test("openDownload() reads nothing when the claimed length is over the cap", async () => {
  const { stream, seen } = createBody([CLIP]);
  const headers = { "content-length": "1000001" };
  await assertFails(() => download(answer(stream, { headers })), {
    code: "RESULT_INVALID",
    reason: "too_large",
  });
  assert.deepEqual(seen, { pulls: 0, isCancelled: true });
});

Deno.test("openDownload() errors its stream and ends the transfer when an endless body passes the cap", async () => {
  // An mp4 whose media box has no end.
  const start = new Uint8Array([...CLIP.subarray(0, 24), 0, 0, 0, 0, 0x6d, 0x64, 0x61, 0x74]);
  const { stream, seen } = createBody([start, ...Array(1000).fill(new Uint8Array(10_000))]);
  await assertFails(() => download(answer(stream)), {
    code: "RESULT_INVALID",
    reason: "too_large",
  });
  assert.equal(seen.isCancelled, true);
  assert.ok(seen.pulls <= 102, `${seen.pulls} pulls`);
});

Deno.test("openDownload() fails as truncated when the body is shorter than it said", async () => {
  const headers = { "content-length": `${CLIP.byteLength + 1}` };
  await assertFails(() => download(answer(CLIP.slice(), { headers })), {
    code: "RESULT_INVALID",
    reason: "truncated",
  });
});

Deno.test("openDownload() fails as truncated when the connection ends before the said length", async () => {
  const headers = { "content-length": `${CLIP.byteLength}` };
  const { stream } = createBody([CLIP.slice(0, 900), new TypeError("connection reset")]);
  await assertFails(() => download(answer(stream, { headers })), {
    code: "RESULT_INVALID",
    reason: "truncated",
  });
});

Deno.test("openDownload() ignores the length of a compressed body", async () => {
  const headers = { "content-length": "10", "content-encoding": "gzip" };
  assert.deepEqual((await download(answer(CLIP.slice(), { headers }))).bytes, CLIP);
});

Deno.test("openDownload() errors its stream when the file is cut but its length is right", async () => {
  const cut = { code: "RESULT_INVALID", reason: "truncated" } as const;
  await assertFails(() => download(answer(CLIP.slice(0, -1))), cut);
  await assertFails(() => download({ expect: "image", ...answer(JPEG.slice(0, -2)) }), cut);
  await assertFails(() => download({ expect: "image", ...answer(PNG.slice(0, -6)) }), cut);
  await assertFails(() => download({ expect: "image", ...answer(WEBP.slice(0, -1)) }), cut);
});

Deno.test("openDownload() refuses a picture that unpacks to gigapixels before passing anything on", async () => {
  const bomb = PNG.slice();
  new DataView(bomb.buffer).setUint32(16, 50_000);
  new DataView(bomb.buffer).setUint32(20, 50_000);
  await assertFails(() => download({ expect: "image", ...answer(bomb) }), {
    code: "RESULT_INVALID",
    reason: "dimensions",
  });
});

const STATUSES: readonly (readonly [number, "RESULT_INVALID" | "PROVIDER_UNAVAILABLE", string?])[] =
  [
    [400, "RESULT_INVALID", "refused"],
    [401, "RESULT_INVALID", "expired"],
    [403, "RESULT_INVALID", "expired"],
    [404, "RESULT_INVALID", "expired"],
    [408, "PROVIDER_UNAVAILABLE"],
    [410, "RESULT_INVALID", "expired"],
    [416, "RESULT_INVALID", "refused"],
    [425, "PROVIDER_UNAVAILABLE"],
    [429, "PROVIDER_UNAVAILABLE"],
    [500, "PROVIDER_UNAVAILABLE"],
    [502, "PROVIDER_UNAVAILABLE"],
    [503, "PROVIDER_UNAVAILABLE"],
    [504, "PROVIDER_UNAVAILABLE"],
  ];

for (const [status, code, reason] of STATUSES) {
  Deno.test(`openDownload() fails as ${reason ?? code} when the answer is ${status}`, async () => {
    const { stream, seen } = createBody([CLIP]);
    await assertFails(
      () => download(answer(stream, { status })),
      { code, ...(reason ? { reason } : {}) },
    );
    assert.equal(seen.isCancelled, true);
  });
}

Deno.test("openDownload() keeps how long the server asks to wait", async () => {
  const init = { status: 503, headers: { "retry-after": "7" } };
  const failure = await assertFails(() => download(answer("busy", init)), {
    code: "PROVIDER_UNAVAILABLE",
  });
  assert.equal(failure.retryAfterSeconds, 7);
});

Deno.test("openDownload() fails as retryable when the connection fails", async () => {
  const unreachable = { code: "PROVIDER_UNAVAILABLE" } as const;
  await assertFails(
    () => download({ fetch: () => Promise.reject(new TypeError("refused")) }),
    unreachable,
  );
  const { stream } = createBody([CLIP.slice(0, 900), new TypeError("reset")]);
  await assertFails(() => download(answer(stream)), unreachable);
});

Deno.test("openDownload() gives up when nothing is answered, even by a fetch that ignores its signal", async () => {
  const silent = { fetch: () => new Promise<Response>(() => {}), idleTimeoutMs: 20 };
  await assertFails(() => download(silent), { code: "PROVIDER_TIMEOUT" });
});

Deno.test("openDownload() gives up when the body falls silent", async () => {
  const stalled = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(CLIP.slice(0, 900)),
  });
  await assertFails(() => download({ ...answer(stalled), idleTimeoutMs: 20 }), {
    code: "PROVIDER_TIMEOUT",
  });
});

Deno.test("openDownload() gives up after the whole time although bytes keep dripping", async () => {
  let at = 0;
  let drip: ReturnType<typeof setTimeout> | undefined;
  const dripping = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) =>
      new Promise((resolve) => {
        drip = setTimeout(() => {
          controller.enqueue(CLIP.slice(at, ++at));
          resolve();
        }, 5);
      }),
    cancel: () => clearTimeout(drip),
  });
  await assertFails(
    () => download({ ...answer(dripping), timeoutMs: 60, idleTimeoutMs: 50 }),
    { code: "PROVIDER_TIMEOUT" },
  );
});

Deno.test("openDownload() stops when the caller aborts", async () => {
  const caller = new AbortController();
  const stalled = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(CLIP.slice(0, 900)),
  });
  const work = download({ ...answer(stalled), signal: caller.signal });
  caller.abort(new Error("lease lost"));
  const failure = await assertFails(() => work, { code: "PROVIDER_UNAVAILABLE" });
  assert.match(String(failure.cause), /lease lost/);
});

Deno.test("openDownload() asks nobody when the caller has aborted before", async () => {
  let calls = 0;
  const fetch = () => {
    calls++;
    return Promise.resolve(new Response(CLIP.slice()));
  };
  await assertFails(() => download({ fetch, signal: AbortSignal.abort() }), {
    code: "PROVIDER_UNAVAILABLE",
  });
  assert.equal(calls, 0);
});

Deno.test("openDownload() sends no cookie, key or referrer and asks for plain bytes", async () => {
  let sent: RequestInit | undefined;
  await download({
    fetch: (_url, init) => {
      sent = init;
      return Promise.resolve(new Response(CLIP.slice()));
    },
  });
  assert.deepEqual([...new Headers(sent?.headers)], [["accept-encoding", "identity"]]);
  assert.equal(sent?.redirect, "manual");
});

Deno.test("openDownload() logs one line with host, outcome and size, and nothing of the path", async () => {
  const lines: string[] = [];
  const log = createLog({}, (line) => lines.push(line));
  await download({ log, ...answer(CLIP.slice()) });
  await assertFails(() => download({ log, ...answer("", { status: 404 }) }), {
    code: "RESULT_INVALID",
  });
  await assertFails(() => download({ log, ...answer(CLIP.slice(0, -1)) }), {
    code: "RESULT_INVALID",
  });
  const parsed = lines.map((line) => JSON.parse(line)).map(({ event, host, outcome, size_bytes }) =>
    [event, host, outcome, size_bytes].join(" ")
  );
  assert.deepEqual(parsed, [
    `download files.invalid done ${CLIP.byteLength}`,
    "download files.invalid RESULT_INVALID 0",
    `download files.invalid RESULT_INVALID ${CLIP.byteLength - 1}`,
  ]);
  assert.equal(lines.some((line) => line.includes("secret")), false);
});
