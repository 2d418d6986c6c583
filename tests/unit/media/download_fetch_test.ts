import assert from "node:assert/strict";
import { fetchMedia } from "../../../supabase/functions/_shared/media/download_fetch.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";

/** Addresses by name; names that are not here lead nowhere. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "cdn.fal.media": ["151.101.1.140"],
  "api.kie.ai": ["104.18.1.1"],
  "inside.evil.com": ["169.254.169.254"],
};

/** A network of redirects, by URL, that says who was connected to. Everything else answers 200. */
function createNetwork(redirects: Readonly<Record<string, string>>) {
  const connected: string[] = [];
  return {
    connected,
    options: {
      timeoutMs: 1_000,
      resolve: (host: string) => Promise.resolve(ADDRESSES[host] ?? []),
      fetch: (input: string | URL) => {
        connected.push(String(input));
        const location = redirects[String(input)];
        return Promise.resolve(
          location === undefined
            ? new Response("file")
            : new Response("moved", { status: 302, headers: { location } }),
        );
      },
    },
  };
}

const START = "https://api.kie.ai/result";

Deno.test("fetchMedia() follows redirects between public hosts, relative ones too", async () => {
  const { options, connected } = createNetwork({
    [START]: "https://cdn.fal.media/a",
    "https://cdn.fal.media/a": "/b?c=d",
    "https://cdn.fal.media/b?c=d": "//cdn.fal.media/e",
  });
  const response = await fetchMedia(START, options);
  assert.equal(response.status, 200);
  assert.deepEqual(connected, [
    START,
    "https://cdn.fal.media/a",
    "https://cdn.fal.media/b?c=d",
    "https://cdn.fal.media/e",
  ]);
  await response.cancel();
});

Deno.test("fetchMedia() gives up at the fourth redirect", async () => {
  const { options, connected } = createNetwork({ [START]: START });
  await assertFails(() => fetchMedia(START, options), {
    code: "RESULT_INVALID",
    reason: "too_many_redirects",
  });
  assert.equal(connected.length, 4);
});

const TRAPS: readonly (readonly [location: string, reason: string])[] = [
  ["http://cdn.fal.media/a", "forbidden_scheme"],
  ["http://169.254.169.254/latest/meta-data/", "forbidden_scheme"],
  ["https://169.254.169.254/latest/meta-data/", "forbidden_address"],
  ["https://inside.evil.com/", "forbidden_address"],
  ["https://nowhere.evil.com/", "unknown_host"],
  ["https://localhost/", "forbidden_address"],
  ["https://[::1]/", "forbidden_address"],
  ["https://cdn.fal.media:8443/", "forbidden_port"],
  ["https://a:b@cdn.fal.media/", "credentials_in_url"],
  ["file:///etc/passwd", "forbidden_scheme"],
  ["data:video/mp4;base64,AAAA", "forbidden_scheme"],
  ["http://127.0.0.1:54321/", "forbidden_scheme"],
  ["https://", "malformed_url"],
];

for (const [location, reason] of TRAPS) {
  Deno.test(`promise 18: fetchMedia() connects to nothing else when redirected to ${location}`, async () => {
    const { options, connected } = createNetwork({ [START]: location });
    await assertFails(() => fetchMedia(START, options), { code: "RESULT_INVALID", reason });
    assert.deepEqual(connected, [START]);
  });
}

Deno.test("promise 18: fetchMedia() checks the name again at each hop, so one that changes its answer is refused", async () => {
  const { options, connected } = createNetwork({ [START]: `${START}/again` });
  const answers = [["104.18.1.1"], ["127.0.0.1"]];
  const resolve = () => Promise.resolve(answers.shift() ?? []);
  await assertFails(() => fetchMedia(START, { ...options, resolve }), {
    code: "RESULT_INVALID",
    reason: "forbidden_address",
  });
  assert.deepEqual(connected, [START]);
});

Deno.test("fetchMedia() connects to nothing when a private URL is asked for at once", async () => {
  const { options, connected } = createNetwork({});
  for (const url of ["http://127.0.0.1:54321/x", "https://inside.evil.com/x", "nonsense"]) {
    await assertFails(() => fetchMedia(url, options), { code: "RESULT_INVALID" });
  }
  assert.deepEqual(connected, []);
});

Deno.test("fetchMedia() fetches a configured origin without a check, and only that origin", async () => {
  const allowedOrigins = ["http://127.0.0.1:54329"];
  const { options, connected } = createNetwork({});
  const response = await fetchMedia("http://127.0.0.1:54329/x", { ...options, allowedOrigins });
  await response.cancel();
  for (const url of ["http://127.0.0.1:54328/x", "https://127.0.0.1:54329/x"]) {
    await assertFails(() => fetchMedia(url, { ...options, allowedOrigins }), {
      code: "RESULT_INVALID",
    });
  }
  assert.deepEqual(connected, ["http://127.0.0.1:54329/x"]);
});

Deno.test("fetchMedia() checks where a configured origin redirects to", async () => {
  const allowedOrigins = ["http://127.0.0.1:54329"];
  const { options, connected } = createNetwork({
    "http://127.0.0.1:54329/x": "http://127.0.0.1:5432/",
  });
  await assertFails(
    () => fetchMedia("http://127.0.0.1:54329/x", { ...options, allowedOrigins }),
    { code: "RESULT_INVALID", reason: "forbidden_scheme" },
  );
  assert.deepEqual(connected, ["http://127.0.0.1:54329/x"]);
});

Deno.test("fetchMedia() does not let a stranger redirect to a configured origin", async () => {
  const allowedOrigins = ["http://127.0.0.1:54329"];
  const { options, connected } = createNetwork({ [START]: "http://127.0.0.1:54329/x" });
  await assertFails(() => fetchMedia(START, { ...options, allowedOrigins }), {
    code: "RESULT_INVALID",
    reason: "forbidden_scheme",
  });
  assert.deepEqual(connected, [START]);
});

Deno.test("fetchMedia() fails when a redirect has no target or a status is none we know", async () => {
  for (const status of [204, 300, 302, 304]) {
    const fetch = () => Promise.resolve(new Response(null, { status }));
    const { options } = createNetwork({});
    await assertFails(() => fetchMedia(START, { ...options, fetch }), {
      code: "RESULT_INVALID",
      reason: "refused",
    });
  }
});
