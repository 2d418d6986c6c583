import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { checkPreset } from "../../supabase/local/clip/check_preset.ts";
import { makeClip } from "../../supabase/local/clip/make_clip.ts";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import { FilmError } from "../../supabase/local/film/film_error.ts";
import { UsageError } from "../../supabase/local/film/usage_error.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { readStackState } from "../../supabase/local/state.ts";
import { ascii, jpegOf, talkativeJpeg } from "../fixtures/media/uploads.ts";
import { ANY_PORTS, isAlive, until } from "./fixture_stack.ts";

const folder = await Deno.makeTempDir({ prefix: "clip-command-" });
const state = join(folder, "state");
const photo = join(folder, "photo.jpg");
await Deno.writeFile(photo, talkativeJpeg({ width: 640, height: 480 }, 6));
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs the command with a stack directory of its own. */
async function clip(...words: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "supabase/local/clip.ts", "--dir", state, "--port", "0"]
      .concat(words),
    cwd: PROJECT_DIR,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("clip ends with 2 and one sentence before anything starts when words or photo are wrong", async () => {
  const files = {
    "text.jpg": ascii("not a picture"),
    "cut.jpg": jpegOf({ width: 99, height: 99 }).slice(0, -9),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(join(folder, name), bytes);
  }
  await Deno.writeFile(join(folder, "large.jpg"), new Uint8Array(11_000_000));
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [[], /write deno task clip photo\.jpg/],
    [[photo, photo], /name one/],
    [[photo, "--preset", "Hip Hop"], /--preset: it is not a name such as hip-hop/],
    [[photo, "--seconds", "soon"], /--seconds/],
    [[photo, "--prompt", ""], /--prompt/],
    [[join(folder, "none.jpg")], /there is no such file/],
    [[folder], /it is no file/],
    [[join(folder, "large.jpg")], /save it smaller, below 10 MB/],
    [[join(folder, "text.jpg")], /save it as a jpeg, png or webp/],
    [[join(folder, "cut.jpg")], /its end is missing/],
    [[photo, "--out", folder], /it is a folder/],
  ];
  for (const [words, why] of wrong) {
    const { code, stdout, stderr } = await clip(...words);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^Cannot [^\n]+\n$/);
    assert.match(stderr, why);
  }
  await assert.rejects(Deno.stat(state), Deno.errors.NotFound);
});

Deno.test("clip makes a clip from a photo, charges once, and leaves no process behind", async () => {
  const out = join(folder, "new", "clip.mp4");
  const running = clip(
    photo,
    "--preset",
    "k-pop",
    "--prompt",
    "in the rain",
    "--json",
    "--out",
    out,
  );
  await until(async () => await readStackState(state) !== undefined, "the command's stack is up");
  const pids = (await readStackState(state))?.pids ?? [];
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.deepEqual(
    [result.path, result.preset, result.charge_count, result.credits_charged, result.balance],
    [out, "k-pop", 1, 20, 480],
  );
  assert.match(result.prompt, /K-pop point choreography.*in the rain/);
  assert.equal(result.prompt_by, "model");
  assert.ok(result.height > result.width, "upright, as the photo was taken");
  assert.ok((await Deno.stat(out)).size > 10_000);
  assert.match(stderr, /\[\d+\.\d s\] upload 1\/1\n/);
  assert.match(stderr, /\[\d+\.\d s\] clip 1\/1\n/);
  await until(() => Promise.resolve(!pids.some(isAlive)), "all processes are gone");
});

Deno.test("makeClip() uses and stores the template where no language model has a key", async () => {
  const dir = await Deno.makeTempDir({ prefix: "clip-template-" });
  const env = { GEMINI_API_KEY: "", GEMINI_API_KEYS: "", OPENAI_API_KEY: "" };
  const stack = await startStack({ dir, ports: ANY_PORTS, env });
  const { studio } = await signUpDemoUser({ url: stack.url, publishable: stack.keys.publishable });
  try {
    const bytes = jpegOf({ width: 640, height: 480 });
    const wish = { preset: "hip-hop", prompt: "on a rooftop" };
    const account = await makeClip(studio, { photo: bytes, wish });
    const { data } = await studio.supabase.from("presets").select("prompt_template")
      .eq("slug", "hip-hop").single();
    const filled = data?.prompt_template.replace("{subject}", "The person in the picture")
      .replace("{prompt}", "on a rooftop");
    assert.deepEqual([account.prompt, account.prompt_by], [filled, "template"]);
    assert.deepEqual([account.charge_count, account.credits_charged], [1, 20]);

    const plain = await makeClip(studio, { photo: bytes, wish: { prompt: "She waves" } });
    assert.deepEqual([plain.prompt, plain.prompt_by, plain.preset], ["She waves", "user", null]);

    const refused = makeClip(studio, { photo: bytes, wish: { durationSeconds: 7 } });
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof FilmError);
      assert.deepEqual(error.failures.map(({ stage, code }) => [stage, code]), [
        ["clip", "MODEL_INPUT_INVALID"],
      ]);
      return true;
    });
    await checkPreset(studio.supabase, "ballet");
    await assert.rejects(checkPreset(studio.supabase, "polka"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /dance: hip-hop, k-pop/);
      return true;
    });
  } finally {
    await studio.supabase.auth.stopAutoRefresh();
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
});
