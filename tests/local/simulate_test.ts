import assert from "node:assert/strict";
import postgres from "postgres";
import { StudioError } from "../../shared/mod.ts";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import { chooseProviders } from "../../supabase/local/simulated.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { ANY_PORTS } from "./fixture_stack.ts";

Deno.test("chooseProviders() simulates those without a key, or those SIMULATE names", () => {
  const file = { FAL_KEY: "id:secret" };
  const states = (simulate?: string) =>
    Object.entries(chooseProviders(file, simulate)).map(([name, { state }]) => `${name} ${state}`);
  const others = ["gemini", "openai", "google_tts", "kie", "runway"];
  const all = (state: string) => others.map((name) => `${name} ${state}`);
  for (const unset of [undefined, "", " , "]) {
    assert.deepEqual(states(unset).sort(), [...all("simulated"), "fal real"].sort());
  }
  assert.deepEqual(states("all").sort(), [...all("simulated"), "fal simulated"].sort());
  assert.deepEqual(states("none").sort(), [...all("missing"), "fal real"].sort());
  const some = states("kie, fal");
  assert.ok(some.includes("kie simulated") && some.includes("fal simulated"));
  assert.ok(some.includes("gemini missing"));
});

Deno.test("a provider that is neither simulated nor configured is 503 naming its variable, before any charge", async () => {
  const dir = await Deno.makeTempDir({ prefix: "simulate-" });
  const stack = await startStack({ dir, ports: ANY_PORTS, cron: false, simulate: "openai" });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const { studio } = await signUpDemoUser({
      url: stack.url,
      publishable: stack.keys.publishable,
    });
    const ledger = async () => (await sql`select id from public.credit_entries`).length;
    const before = await ledger();
    // The one that is simulated works, keys or not.
    const { project, scenes } = await studio.call("generate-script", {
      prompt: "A fox",
      options: { scene_count: 1, model: "gpt-6-luna" },
    });
    const after = await ledger();
    assert.equal(after, before + 1);
    const [image] = await sql<{ id: string }[]>`
      insert into public.image_assets (user_id, project_id, source, url, status, width, height)
      select p.user_id, p.id, 'uploaded', 'http://127.0.0.1:9/fox.jpg', 'ready', 1024, 576
      from public.projects as p where p.id = ${project.id} returning id`;
    const [scene] = scenes;
    const clip = { project_id: project.id, image_ids: [image?.id ?? ""] };
    const scene_id = scene?.id ?? "";
    const asked: [string, () => Promise<unknown>][] = [
      ["GEMINI_API_KEYS", () => studio.call("generate-script", { prompt: "A fox" })],
      ["FAL_KEY", () => studio.call("generate-image", { scene_id })],
      [
        "GEMINI_API_KEYS",
        () => studio.call("generate-image", { scene_id, model: "gemini-3-pro-image" }),
      ],
      ["GOOGLE_TTS_SERVICE_ACCOUNT_JSON", () => studio.call("generate-audio", { scene_id })],
      ["KIE_DONWON_API_KEY", () => studio.call("generate-video", clip)],
      [
        "FAL_KEY",
        () => studio.call("generate-video", { ...clip, model: "ltx-2", duration_sec: 6 }),
      ],
      ["RUNWAY_API_KEY", () => studio.call("generate-video", { ...clip, model: "gen4_turbo" })],
    ];
    for (const [variable, ask] of asked) {
      await assert.rejects(ask, (error) => {
        assert.ok(error instanceof StudioError, String(error));
        assert.equal(error.code, "PROVIDER_NOT_CONFIGURED");
        assert.equal(error.status, 503);
        assert.ok(error.message.includes(variable), error.message);
        return true;
      });
    }
    assert.equal(await ledger(), after);
    assert.equal((await sql`select id from public.jobs where state <> 'succeeded'`).length, 0);
    await studio.supabase.auth.stopAutoRefresh();
  } finally {
    await sql.end();
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
});
