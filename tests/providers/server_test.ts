import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createMediaStore, isFileFault } from "../../supabase/local/providers/media_store.ts";
import { startProviders } from "../../supabase/local/providers/server.ts";
import { withProviders } from "./support.ts";

const FILE = {
  bytes: new TextEncoder().encode("0123456789"),
  contentType: "video/mp4",
};

Deno.test("startProviders() serves the chosen providers and names their variables", async () => {
  const lines: string[] = [];
  const all = await startProviders({ port: 0, say: (line) => lines.push(line) });
  try {
    deepEqual(Object.keys(all.env).sort(), [
      "FAL_JWKS_URL",
      "FAL_KEY",
      "FAL_QUEUE_URL",
      "FAL_WEBHOOK_USER_ID",
      "GEMINI_API_KEY",
      "GEMINI_BASE_URL",
      "GOOGLE_TTS_BASE_URL",
      "GOOGLE_TTS_SERVICE_ACCOUNT_JSON",
      "KIE_API_KEY",
      "KIE_BASE_URL",
      "KIE_WEBHOOK_HMAC_KEY",
      "OPENAI_API_KEY",
      "OPENAI_BASE_URL",
      "RUNWAY_API_KEY",
      "RUNWAY_BASE_URL",
    ]);
    ok(lines.some((line) => line.includes(all.url)));
    const paths = { "gemini/v1/models": "models", "google_tts/v1/voices": "error" };
    for (const [path, field] of Object.entries(paths)) {
      const response = await fetch(`${all.url}/${path}`, {
        headers: { "x-goog-api-key": all.env.GEMINI_API_KEY ?? "" },
      });
      ok(field in await response.json(), path);
    }
  } finally {
    await all.stop();
  }
  const one = await startProviders({ port: 0, selected: ["kie"] });
  try {
    deepEqual(Object.keys(one.env), ["KIE_BASE_URL", "KIE_API_KEY", "KIE_WEBHOOK_HMAC_KEY"]);
    equal((await fetch(`${one.url}/fal/x`, { method: "POST" })).status, 404);
  } finally {
    await one.stop();
  }
});

Deno.test("startProviders() makes other keys in every run", async () => {
  const keys: string[] = [];
  for (let run = 0; run < 2; run++) {
    const { env, stop } = await startProviders({ port: 0, selected: ["fal", "kie"] });
    keys.push(env.FAL_KEY ?? "", env.KIE_API_KEY ?? "", env.KIE_WEBHOOK_HMAC_KEY ?? "");
    await stop();
  }
  equal(new Set(keys).size, 6);
});

Deno.test("startProviders() rejects an unknown name and a taken port", async () => {
  await rejects(() => startProviders({ port: 0, selected: ["veo"] }), RangeError);
  await withProviders(async ({ url }) => {
    await rejects(() => startProviders({ port: Number(new URL(url).port) }));
  });
});

Deno.test("the control interface keeps calls, takes faults and refuses what it does not know", () =>
  withProviders(async ({ control, calls, url, env }) => {
    const headers = { authorization: `Bearer ${env("KIE_API_KEY")}` };
    const credit = async () => (await fetch(`${url}/kie/api/v1/chat/credit`, { headers })).json();
    equal((await credit()).code, 200);
    const added = await control("POST", "/faults", {
      provider: "kie",
      operation: "credit",
      kind: "maintenance",
      times: 1,
    });
    equal(added.status, 201);
    equal((await added.json()).faults.length, 1);
    equal((await credit()).code, 455);
    equal((await credit()).code, 200);
    const [first, second] = await calls("kie", "credit");
    deepEqual([first?.fault, second?.fault], [null, "maintenance"]);
    ok(Date.now() - Date.parse(first?.at ?? "") < 10_000);
    deepEqual(await calls("kie", "create_task"), []);
    deepEqual(await calls("fal"), []);
    const bad = [{ provider: "kie" }, { provider: "kie", kind: "x", times: 0 }, { kind: "x" }, "x"];
    for (const fault of bad) equal((await control("POST", "/faults", fault)).status, 400);
    equal((await control("GET", "/nothing")).status, 404);
    await (await control("POST", "/reset")).body?.cancel();
    deepEqual(await calls("kie"), []);
  }));

Deno.test("the control interface changes how long rendering takes, until a reset", () =>
  withProviders(async ({ control }) => {
    const put = async (body: unknown) => (await control("PUT", "/render_ms", body)).json();
    deepEqual(await put({ video: 50 }), { image: 7, video: 50 });
    deepEqual(await put({ image: 0 }), { image: 0, video: 50 });
    equal((await control("PUT", "/render_ms", { video: -1 })).status, 400);
    equal((await control("PUT", "/limits", { kie_creates_per_10s: 3 })).status, 200);
    await (await control("POST", "/reset")).body?.cancel();
    deepEqual(await put({}), { image: 7, video: 9 });
  }, { renderMs: { image: 7, video: 9 } }));

Deno.test("MediaStore serves a file by its signed URL, whole or in part", async () => {
  const store = createMediaStore("http://127.0.0.1:1");
  const url = store.put(FILE);
  const get = (init?: RequestInit, at = url) => store.serve(new Request(at, init));
  const whole = get();
  equal(whole.headers.get("content-type"), "video/mp4");
  equal(whole.headers.get("content-length"), "10");
  equal(await whole.text(), "0123456789");
  equal(await get({ method: "HEAD" }).text(), "");
  const part = get({ headers: { range: "bytes=2-4" } });
  deepEqual([part.status, part.headers.get("content-range"), await part.text()], [
    206,
    "bytes 2-4/10",
    "234",
  ]);
  equal(await get({ headers: { range: "bytes=7-" } }).text(), "789");
  equal(get({ headers: { range: "bytes=10-" } }).status, 416);
  equal(get({ method: "DELETE" }).status, 405);
});

Deno.test("MediaStore refuses a URL that is expired, changed or of a file it no longer has", async () => {
  const store = createMediaStore("http://127.0.0.1:1");
  const status = (url: string) => store.serve(new Request(url)).status;
  const short = store.put(FILE, { ttlMs: 20 });
  equal(status(short), 200);
  const renewed = store.renew(short, 60_000) ?? "";
  await new Promise((resolve) => setTimeout(resolve, 40));
  equal(status(short), 403);
  equal(status(renewed), 200);
  equal(status(renewed.replace(/expires=\d/, "expires=9")), 403);
  equal(status(renewed.replace(/.$/, (last) => last === "0" ? "1" : "0")), 403);
  equal(status("http://127.0.0.1:1/media/x.mp4"), 403);
  equal(store.renew("https://elsewhere.example/media/x.mp4", 1), null);
  store.clear();
  equal(status(renewed), 404);
});

Deno.test("MediaStore spoils a file as the fault says", async () => {
  const store = createMediaStore("http://127.0.0.1:1");
  const serve = (fault: string) => {
    ok(isFileFault(fault));
    return store.serve(new Request(store.put(FILE, { fault })));
  };
  equal((await serve("empty_file").bytes()).length, 0);
  const truncated = serve("truncated_file");
  equal(truncated.headers.get("content-length"), "6");
  equal(await truncated.text(), "012345");
  const wrong = serve("wrong_type_file");
  equal(wrong.headers.get("content-type"), "video/mp4");
  ok((await wrong.text()).startsWith("<!doctype html>"));
  equal(serve("expired_url").status, 403);
  const cut = serve("cut_file");
  equal(cut.headers.get("content-length"), "10");
  await rejects(() => cut.text());
});

Deno.test("a provider's result is spoiled on the wire when its fault says so", () =>
  withProviders(async ({ fault, env }) => {
    const base = env("FAL_QUEUE_URL");
    const headers = { authorization: `Key ${env("FAL_KEY")}` };
    const ask = async (url: string, init?: RequestInit) =>
      await (await fetch(url, { headers, ...init })).json();
    const draw = async (kind: string): Promise<string> => {
      await fault({ provider: "fal", kind, times: 1 });
      const { response_url, status_url } = await ask(`${base}/fal-ai/flux/schnell`, {
        method: "POST",
        body: JSON.stringify({ prompt: "A fox", image_size: "square" }),
      });
      while ((await ask(status_url)).status !== "COMPLETED") {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return (await ask(response_url)).images[0].url;
    };
    equal((await (await fetch(await draw("empty_file"))).bytes()).length, 0);
    const expired = await fetch(await draw("expired_url"));
    equal(expired.status, 403);
    await expired.body?.cancel();
    const cut = await fetch(await draw("cut_file"));
    equal(cut.status, 200);
    await rejects(() => cut.bytes());
    ok((await (await fetch(await draw("wrong_type_file"))).text()).startsWith("<!doctype"));
  }));
