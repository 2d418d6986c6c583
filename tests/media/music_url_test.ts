/**
 * Music at a URL that a user names, over real sockets.
 */
import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { MAX_MUSIC_BYTES } from "../../shared/contract/limits.ts";
import type { Database } from "../../shared/database.types.ts";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { sha256Hex } from "../../supabase/functions/_shared/idempotency.ts";
import { takeMusic } from "../../supabase/functions/_shared/uploads/keep_music.ts";
import { makeTone } from "../fixtures/media/tone.ts";

const TUNE = await makeTone({ seconds: 2, sampleRate: 44100, channels: 2 });

const ANSWERS: Readonly<Record<string, () => Response>> = {
  "/tune.mp3": () => new Response(TUNE, { headers: { "content-type": "text/html" } }),
  "/moved": () => new Response(null, { status: 307, headers: { location: "/tune.mp3" } }),
  "/inside": () =>
    new Response(null, { status: 302, headers: { location: "https://10.0.0.1/tune.mp3" } }),
  "/page.mp3": () => new Response("<html>", { headers: { "content-type": "audio/mpeg" } }),
  "/cut": () => new Response(TUNE.subarray(0, 40)),
  "/large": () => new Response(new Uint8Array(MAX_MUSIC_BYTES + 1)),
  "/endless": () =>
    new Response(
      new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1_000_000)) }),
    ),
};

/** Takes music from a host that is trusted to be what it is, for a film whose project is not there yet. */
async function take(path: string) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      ANSWERS[new URL(request.url).pathname]?.() ?? new Response("not here", { status: 404 }),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  // Nobody is there: without a project neither database nor Storage has a say.
  const client = createClient<Database>("http://127.0.0.1:1", "nobody");
  try {
    return await takeMusic({ url: origin + path }, {
      projectId: null,
      userId: crypto.randomUUID(),
      client,
      service: client,
      supabaseUrl: "http://127.0.0.1:1",
      bucket: "aiauto",
      signal: new AbortController().signal,
      overrides: { allowedOrigins: [origin] },
    }).then((music) => ({ ...music, url: music.url.replace(origin, "") }), (error: unknown) => {
      assert.ok(error instanceof AppError, String(error));
      const { reason } = (error.details ?? {}) as { reason?: string };
      return [error.code, reason];
    });
  } finally {
    await server.shutdown();
  }
}

Deno.test("takeMusic() takes an mp3 by its bytes, over a redirect too, and says which file it was", async () => {
  const sha256 = await sha256Hex(TUNE);
  for (const url of ["/tune.mp3", "/moved"]) {
    assert.deepEqual(await take(url), { url, sha256, gain_db: null });
  }
});

const REFUSALS: readonly (readonly [path: string, code: string, reason: string | undefined])[] = [
  ["/page.mp3", "AUDIO_INVALID", "wrong_type"],
  ["/cut", "AUDIO_INVALID", "unreadable"],
  ["/nowhere", "AUDIO_INVALID", "expired"],
  ["/inside", "AUDIO_INVALID", "forbidden_address"],
  ["/large", "PAYLOAD_TOO_LARGE", "too_large"],
  ["/endless", "PAYLOAD_TOO_LARGE", "too_large"],
];

for (const [path, code, reason] of REFUSALS) {
  Deno.test(`takeMusic() answers ${code} ${reason} for ${path}`, async () => {
    assert.deepEqual(await take(path), [code, reason]);
  });
}
