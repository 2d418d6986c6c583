import assert from "node:assert/strict";
import { describeProviders } from "../../supabase/local/film/providers_in_use.ts";

Deno.test("describeProviders() says that all are simulated when .env holds no key", () => {
  assert.equal(
    describeProviders({ STORAGE_BUCKET: "aiauto" }),
    "Simulated providers: gemini (script), google_tts (narration), fal (images), kie (clips). " +
      "Keys in .env make them real",
  );
});

Deno.test("describeProviders() names the real ones by any of the names their keys may have", () => {
  const line = describeProviders({ GEMINI_API_KEYS: "a,b", FALAI_API_KEY: "c:d" });
  assert.equal(
    line,
    "Real providers, paid with your keys: gemini (script), fal (images); " +
      "simulated: google_tts (narration), kie (clips)",
  );
  assert.ok(!line.includes("a,b") && !line.includes("c:d"), "a key is shown");
});

Deno.test("describeProviders() says what a real kie needs, unless it is there", () => {
  assert.match(describeProviders({ KIE_API_KEY: "k" }), /PUBLIC_SUPABASE_URL/);
  const reachable = { KIE_API_KEY: "k", PUBLIC_SUPABASE_URL: "https://studio.example.com" };
  assert.ok(!describeProviders(reachable).includes("PUBLIC_SUPABASE_URL"));
});
