import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { readStackState } from "../../supabase/local/state.ts";
import { isAlive, until } from "./fixture_stack.ts";

const folder = await Deno.makeTempDir({ prefix: "film-command-" });
const state = join(folder, "state");
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Starts the command with a stack directory of its own. */
function startFilm(...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "supabase/local/film.ts",
      "--dir",
      state,
      "--port",
      "0",
      ...words,
    ],
    cwd: PROJECT_DIR,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What the command printed and how it ended. */
async function finish(film: Deno.ChildProcess) {
  const { code, stdout, stderr } = await film.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("film ends with 2 and one sentence before anything starts when its words are wrong", async () => {
  const wrong = [[], ["A robot", "--scenes", "0"], ["A robot", "--out", folder]];
  for (const words of wrong) {
    const { code, stdout, stderr } = await finish(startFilm(...words));
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^Cannot [^\n]+\n$/);
  }
  await assert.rejects(Deno.stat(state), Deno.errors.NotFound);
});

Deno.test("film prints one JSON object, writes the film and leaves no process behind", async () => {
  const out = join(folder, "new", "film.mp4");
  const film = startFilm("A shy robot learns to dance", "--scenes", "1", "--json", "--out", out);
  await until(async () => await readStackState(state) !== undefined, "the command's stack is up");
  const pids = (await readStackState(state))?.pids ?? [];
  assert.ok(pids.length > 0);
  const { code, stdout, stderr } = await finish(film);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.film.path, out);
  assert.equal(result.scenes.length, 1);
  assert.ok((await Deno.stat(out)).size > 10_000);
  assert.match(stderr, /^\[\d+\.\d s\] Simulated providers: /);
  assert.match(stderr, /\[\d+\.\d s\] clips 1\/1\n/);
  await until(() => Promise.resolve(!pids.some(isAlive)), "all processes are gone");
});

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`film ends everything and exits with ${exitCode} at ${signal}`, async () => {
    const out = join(folder, "stopped.mp4");
    const film = startFilm("A shy robot learns to dance", "--scenes", "1", "--out", out);
    await until(async () => await readStackState(state) !== undefined, "the command's stack is up");
    const pids = (await readStackState(state))?.pids ?? [];
    film.kill(signal);
    const { code, stdout } = await finish(film);
    assert.equal(code, exitCode);
    assert.equal(stdout, "");
    await until(() => Promise.resolve(!pids.some(isAlive)), "all processes are gone");
    assert.equal(await readStackState(state), undefined);
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  });
}
