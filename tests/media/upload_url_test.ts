import assert from "node:assert/strict";
import { createHandler } from "../../supabase/functions/upload-image/index.ts";
import { createFakeApi } from "../fakes/fake_api.ts";
import { createFakeServices } from "../fakes/fake_services.ts";
import { ascii, jpegOf, talkativeJpeg } from "../fixtures/media/uploads.ts";
import { keys, requestOf } from "../functions/pipeline.ts";

const PICTURE = talkativeJpeg({ width: 320, height: 200 });

/** A server that answers by path, and says what it was asked. */
async function withHost(
  answers: Readonly<Record<string, () => Response>>,
  run: (host: { readonly origin: string; readonly asked: string[] }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return answers[pathname]?.() ?? new Response("not here", { status: 404 });
  });
  try {
    await run({ origin: `http://127.0.0.1:${server.addr.port}`, asked });
  } finally {
    await server.shutdown();
  }
}

const redirect = (location: string, status = 302) => () =>
  new Response(null, { status, headers: { location } });

/** Sends a URL to the operation, whose first hop alone is trusted to be what it is. */
async function uploadUrl(image_url: string, overrides: Parameters<typeof createHandler>[1] = {}) {
  const api = createFakeApi({
    find_upload: () => null,
    note_new_folder: () => null,
    add_upload: ({ p_url, p_content_hash }) => ({ url: p_url, hash: p_content_hash, is_new: true }),
  });
  const { services } = createFakeServices(keys, api);
  const handle = createHandler(services, overrides);
  const response = await handle(await requestOf("upload-image", { body: { image_url } }));
  const json: Record<string, unknown> = await response.json();
  const { reason } = (json["details"] ?? {}) as { reason?: string };
  const added = api.calls.filter(({ name }) => name === "add_upload").length;
  return { status: response.status, code: json["code"], reason, json, added };
}

Deno.test("upload-image takes a picture by URL, cleaned as any other", async () => {
  const answers = { "/a.jpg": () => new Response(PICTURE), "/b": redirect("/a.jpg", 307) };
  await withHost(answers, async ({ origin }) => {
    for (const path of ["/a.jpg", "/b"]) {
      const { status, json, added } = await uploadUrl(origin + path, { allowedOrigins: [origin] });
      assert.deepEqual([status, added], [200, 1], JSON.stringify(json));
      assert.match(String(json["url"]), /\/aiauto\/projects\/[0-9a-f-]{36}\/uploads\/.+\.jpg$/);
      const sent = new Uint8Array(await crypto.subtle.digest("SHA-256", PICTURE)).toHex();
      assert.notEqual(json["hash"], sent, "what is kept is not what was sent");
    }
  });
});

/** Where a redirect may not lead, whoever sends it. */
const INSIDE: readonly (readonly [string, string])[] = [
  ["https://169.254.169.254/latest/meta-data/", "forbidden_address"],
  ["https://127.0.0.1/x.jpg", "forbidden_address"],
  ["https://10.0.0.1/x.jpg", "forbidden_address"],
  ["https://[::1]/x.jpg", "forbidden_address"],
  ["https://metadata.google.internal/x.jpg", "forbidden_address"],
  ["http://example.org/x.jpg", "forbidden_scheme"],
  ["file:///etc/passwd", "forbidden_scheme"],
];

for (const [location, reason] of INSIDE) {
  Deno.test(`promise 18: upload-image does not follow a redirect to ${location}`, async () => {
    await withHost({ "/a": redirect("/b", 301), "/b": redirect(location) }, async (host) => {
      const answer = await uploadUrl(`${host.origin}/a`, { allowedOrigins: [host.origin] });
      assert.deepEqual(
        [answer.status, answer.code, answer.reason, answer.added],
        [422, "IMAGE_INVALID", reason, 0],
      );
      assert.deepEqual(host.asked, ["/a", "/b"]);
    });
  });
}

Deno.test("promise 18: upload-image does not follow a public name's redirect to a name that leads inside", async () => {
  const asked: string[] = [];
  const names: Readonly<Record<string, readonly string[]>> = {
    "pictures.fal.media": ["151.101.1.140"],
    "rebind.evil.com": ["151.101.1.140", "192.168.0.1"],
  };
  const answer = await uploadUrl("https://pictures.fal.media/a.jpg", {
    resolve: (host) => Promise.resolve(names[host] ?? []),
    fetch: (input) => {
      asked.push(String(input));
      return Promise.resolve(redirect("https://rebind.evil.com/b.jpg")());
    },
  });
  assert.deepEqual([answer.status, answer.reason, answer.added], [422, "forbidden_address", 0]);
  assert.deepEqual(asked, ["https://pictures.fal.media/a.jpg"]);
});

Deno.test("upload-image says what is wrong with a URL's file, and keeps nothing", async () => {
  const large = () => new Response(new Uint8Array(11_000_000));
  const endless = () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000)) }),
    );
  const svg = () => new Response(ascii("<svg/>"), { headers: { "content-type": "image/png" } });
  const cut = () => new Response(jpegOf({ width: 200, height: 200 }).slice(0, -50));
  const answers = {
    "/large": large,
    "/endless": endless,
    "/svg": svg,
    "/cut": cut,
    "/round": redirect("/round"),
    "/busy": () => new Response("later", { status: 503 }),
  };
  const cases: readonly (readonly [string, number, string, string | undefined])[] = [
    ["/large", 413, "PAYLOAD_TOO_LARGE", "too_large"],
    ["/endless", 413, "PAYLOAD_TOO_LARGE", "too_large"],
    ["/svg", 422, "IMAGE_INVALID", "wrong_type"],
    ["/cut", 422, "IMAGE_INVALID", "truncated"],
    ["/round", 422, "IMAGE_INVALID", "too_many_redirects"],
    ["/nowhere", 422, "IMAGE_INVALID", "expired"],
    ["/busy", 502, "PROVIDER_UNAVAILABLE", undefined],
  ];
  await withHost(answers, async ({ origin }) => {
    for (const [path, status, code, reason] of cases) {
      const answer = await uploadUrl(origin + path, { allowedOrigins: [origin] });
      assert.deepEqual(
        [answer.status, answer.code, answer.reason, answer.added],
        [status, code, reason, 0],
        path,
      );
    }
  });
});
