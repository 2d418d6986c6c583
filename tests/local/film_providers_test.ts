import assert from "node:assert/strict";
import { describeProviders } from "../../supabase/local/film/providers_in_use.ts";

Deno.test("describeProviders() says that all are simulated when .env holds no key", () => {
  assert.equal(
    describeProviders({ STORAGE_BUCKET: "aiauto" }),
    "Simulated providers: gemini (script, images), openai (script), google_tts (narration), " +
      "fal (images, clips), kie (clips), runway (clips). Keys in .env make them real",
  );
});

Deno.test("describeProviders() names the real ones by any of the names their keys may have", () => {
  const line = describeProviders({ GEMINI_API_KEYS: "a,b", KIE_DONWON_API_KEY: "c:d" });
  assert.equal(
    line,
    "Real providers, paid with your keys: gemini (script, images), kie (clips); simulated providers: " +
      "openai (script), google_tts (narration), fal (images, clips), runway (clips)",
  );
  assert.ok(!line.includes("a,b") && !line.includes("c:d"), "a key is shown");
});

Deno.test("describeProviders() says what real fal and runway need, unless it is there", () => {
  const keys = { FALAI_API_KEY: "k:s", RUNWAY_API_KEY: "r" };
  assert.match(describeProviders(keys), /fal and runway fetch .*PUBLIC_SUPABASE_URL/);
  const reachable = { ...keys, PUBLIC_SUPABASE_URL: "https://studio.example.com" };
  assert.ok(!describeProviders(reachable).includes("PUBLIC_SUPABASE_URL"));
  assert.ok(!describeProviders({ KIE_API_KEY: "k" }).includes("PUBLIC_SUPABASE_URL"));
});

Deno.test("describeProviders() follows SIMULATE, and names what is neither real nor simulated", () => {
  assert.equal(
    describeProviders({ KIE_API_KEY: "k" }, "fal, kie"),
    "Simulated providers: fal (images, clips), kie (clips); not configured: " +
      "gemini (script, images; GEMINI_API_KEYS is not set), openai (script; OPENAI_API_KEY is not set), " +
      "google_tts (narration; GOOGLE_TTS_SERVICE_ACCOUNT_JSON is not set), " +
      "runway (clips; RUNWAY_API_KEY is not set)",
  );
  assert.match(describeProviders({ KIE_API_KEY: "k" }, "all"), /kie \(clips\), runway/);
  assert.match(describeProviders({ KIE_API_KEY: "k" }, "none"), /^Real .*: kie \(clips\); not/);
  assert.throws(() => describeProviders({}, "fal,kling"), /Cannot simulate "kling": .*google_tts/);
});
