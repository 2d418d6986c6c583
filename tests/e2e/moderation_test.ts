import assert from "node:assert/strict";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import type { LoggedCall } from "../../supabase/local/providers/simulator.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { added, endOf, jobCounts, startFilm, untilConfirmation } from "./films.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const looks = (word: string) => providerCalls("openai", "create_moderation", word);

/** Fails unless moderation refused it, with its categories, and nothing was charged or begun. */
async function assertRefused(user: TestUser, name: string, body: unknown): Promise<void> {
  const before = await ledgerOf(user.id);
  const answer = await post(name, body, as(user));
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json["code"], "CONTENT_REFUSED");
  assert.deepEqual(answer.json["details"], {
    categories: ["violence", "violence/graphic"],
    moderator: "openai",
  });
  assert.deepEqual(await ledgerOf(user.id), before);
}

/** A project of one scene with a picture. */
async function withImage(user: TestUser, text: string) {
  const { project, scenes } = await createProject(user, [text]);
  const scene_id = scenes[0]?.id ?? "";
  const { image_asset, job } = await user.studio.call("generate-image", { scene_id });
  await user.studio.watch([job.id]);
  return { project_id: project.id, image_id: image_asset.id };
}

Deno.test("generate-script refuses a prompt before any charge, and writes nothing", async () => {
  const user = await signUp();
  const word = uniqueWord();
  await assertRefused(user, "generate-script", { prompt: `A bloodbath in ${word}` });
  assert.equal((await looks(word)).length, 1);
  assert.equal((await providerCalls("gemini", "generate_content", word)).length, 0);
});

Deno.test("a repeated click is not looked at again", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { scenes } = await createProject(user, ["A quiet harbour"]);
  const requests: [string, unknown][] = [
    ["generate-script", { prompt: `A story of ${word}`, options: { scene_count: 1 } }],
    ["generate-image", { scene_id: scenes[0]?.id, style_prompt: `ink, ${word}` }],
  ];
  for (const [at, [name, body]] of requests.entries()) {
    const key = crypto.randomUUID();
    const first = await post(name, body, as(user, key));
    const again = await post(name, body, as(user, key));
    assert.equal(first.status, name === "generate-script" ? 200 : 202, first.text);
    assert.equal(again.headers.get("x-idempotent-replay"), "true");
    assert.equal((await looks(word)).length, at + 1);
  }
});

Deno.test("generate-image looks at the style, and at a scene's text that the user wrote", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { scenes } = await createProject(user, ["A harbour", `A bloodbath in ${word}`]);
  const [plain, bloody] = scenes.map((scene) => scene.id);
  await assertRefused(user, "generate-image", { scene_id: plain, style_prompt: "bloodbath, ink" });
  await assertRefused(user, "generate-image", { scene_id: bloody, num_images: 4 });
  // Four candidates of one prompt are one text.
  const [look] = await looks(word);
  assert.equal(JSON.parse(look?.body ?? "{}").input.length, 1);
  assert.equal((await providerCalls("fal", "submit", word)).length, 0);
});

Deno.test("generate-video looks at the prompt, and at pictures that were uploaded", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project_id, image_id } = await withImage(user, `A harbour of ${word}`);
  await assertRefused(user, "generate-video", {
    project_id,
    image_ids: [image_id],
    prompt: `The dismembered ${word}`,
  });
  assert.equal((await looks(image_id)).length, 0, "what we drew is not looked at again");
  await withDatabase((sql) =>
    sql`update public.image_assets set source = 'uploaded' where id = ${image_id}`
  );
  await setFault({
    provider: "openai",
    operation: "create_moderation",
    kind: "flag",
    matching: image_id,
    times: 1,
  });
  const answer = await post("generate-video", { project_id, image_ids: [image_id] }, as(user));
  assert.equal(answer.json["code"], "CONTENT_REFUSED", answer.text);
  const [look] = await looks(image_id);
  assert.match(JSON.parse(look?.body ?? "{}").input[0].image_url.url, /^http.*\/images\//);
  assert.equal(look?.status, 200);
});

Deno.test("a film is looked at again before its shots are drawn: what was edited since the click ends it, unpaid", async () => {
  const user = await signUp();
  const { jobId } = await startFilm(user, {
    prompt: `A boat of ${uniqueWord()}`,
    options: { target_length: 10, scene_count: 2, character_count: 1, auto_confirm: false },
    stop_at: "images",
  });
  const project_id = await untilConfirmation(user, jobId);
  await user.studio.supabase.from("characters").update({ description: "Covered in a bloodbath" })
    .eq("project_id", project_id).throwOnError();
  const before = await jobCounts(user);
  await user.studio.call("confirm-characters", { project_id });
  const { state, error } = await endOf(user, jobId);
  assert.equal(state, "failed");
  const { code, message } = error as { code: string; message: string };
  assert.equal(code, "CONTENT_REFUSED");
  assert.match(message, /the picture of shot 1 of scene [12]: moderation found violence/);
  assert.equal(added(before, await jobCounts(user))["image"], undefined);
});

Deno.test("a moderator that is down stops nobody", async () => {
  const user = await signUp();
  const word = uniqueWord();
  await setFault({
    provider: "openai",
    operation: "create_moderation",
    kind: "http_503",
    matching: word,
  });
  const answer = await post("generate-script", {
    prompt: `A story of ${word}`,
    options: { scene_count: 1 },
  }, as(user));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual((await looks(word)).map((call) => call.status), [503]);
});

Deno.test("Gemini looks where OpenAI has no key, and MODERATION_WHEN_DOWN=refuse lets nothing pass unseen", async () => {
  const dir = await Deno.makeTempDir({ prefix: "moderation-" });
  const own = await startStack({
    dir,
    ports: { api: 0, postgres: 0, providers: 0 },
    workers: 1,
    cron: false,
    env: { OPENAI_API_KEY: "", MODERATION_WHEN_DOWN: "refuse" },
  });
  const control = (path: string, init: RequestInit = {}) =>
    fetch(`${own.providers.url}/_control${path}`, init);
  try {
    const { studio } = await signUpDemoUser({ url: own.url, publishable: own.keys.publishable });
    try {
      const write = (prompt: string) =>
        studio.call("generate-script", { prompt, options: { scene_count: 1 } }).then(
          () => "written",
          (error: { code: string }) => error.code,
        );
      assert.equal(await write("A bloodbath"), "CONTENT_REFUSED");
      assert.equal(await write("A quiet harbour"), "written");
      const fault = { provider: "gemini", kind: "http_503", matching: "safetySettings" };
      await (await control("/faults", { method: "POST", body: JSON.stringify(fault) })).body
        ?.cancel();
      assert.equal(await write("A quiet river"), "PROVIDER_UNAVAILABLE");
      const { calls }: { calls: LoggedCall[] } = await (await control("/calls")).json();
      const paths = calls.map((call) => `${call.path.split("/").at(-1)} ${call.status}`);
      // The client tries a provider's outage again by itself: nothing but the same look follows.
      assert.deepEqual([...new Set(paths.slice(3))], paths.slice(3, 4));
      assert.deepEqual(paths.slice(0, 4), [
        "gemini-flash-lite-latest:generateContent 200",
        "gemini-flash-lite-latest:generateContent 200",
        "gemini-3.8-flash:generateContent 200",
        "gemini-flash-lite-latest:generateContent 503",
      ]);
    } finally {
      await studio.supabase.auth.stopAutoRefresh();
    }
  } finally {
    await own.stop();
    await Deno.remove(dir, { recursive: true });
  }
});
