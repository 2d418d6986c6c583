import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import type { LoggedCall } from "../../supabase/local/providers/simulator.ts";
import { type Stack, startStack } from "../../supabase/local/stack.ts";
import { readStackState } from "../../supabase/local/state.ts";
import { ANY_PORTS, isAlive, until } from "./fixture_stack.ts";

const folder = await Deno.makeTempDir({ prefix: "film-command-" });
const state = join(folder, "state");
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Starts the command with a stack directory that no other test uses. */
function startFilm(...words: string[]): Deno.ChildProcess {
  return startFilmIn(state, ...words);
}

/** Starts the command in a stack directory. */
function startFilmIn(dir: string, ...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "supabase/local/film.ts",
      "--dir",
      dir,
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

/** Runs with a stack that the command finds running, so that its simulators can be told and asked. */
async function withStack(run: (stack: Stack, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "film-stack-" });
  const stack = await startStack({ dir, ports: ANY_PORTS });
  try {
    await run(stack, dir);
  } finally {
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("film casts with --characters --yes, and draws every shot after the confirmed references", async () => {
  await withStack(async (stack, dir) => {
    const out = join(dir, "film.mp4");
    const words = [
      "Mina and her grandfather build a kite",
      "--scenes",
      "3",
      "--characters",
      "--yes",
    ];
    const { code, stdout, stderr } = await finish(
      startFilmIn(dir, ...words, "--json", "--out", out),
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Using the stack that runs/);
    assert.match(stderr, /│ Character +│ Look +│ Voice +│/);
    assert.match(stderr, /\] cast 2\/2\n/);
    assert.match(stderr, /\] clips 3\/3\n/);
    assert.ok((await Deno.stat(out)).size > 10_000);

    const { characters, scenes } = JSON.parse(stdout);
    assert.equal(characters.length, 2);
    assert.equal(scenes.length, 3);
    const hashes = new Map<string, string>();
    for (const { name, image_url } of characters) {
      const bytes = await (await fetch(image_url)).bytes();
      hashes.set(name, `sha256:${createHash("sha256").update(bytes).digest("hex")}`);
    }
    const query = "provider=gemini&operation=generate_content";
    const answer = await fetch(`${stack.providers.url}/_control/calls?${query}`);
    const calls: LoggedCall[] | { calls: LoggedCall[] } = await answer.json();
    const drawn = (Array.isArray(calls) ? calls : calls.calls)
      .filter((call) => call.path.includes("image") || call.path.includes("banana"))
      .map((call) => call.body).filter((body) => body.includes("inlineData"));
    assert.equal(drawn.length, 3, "a shot was drawn without anybody's reference");
    for (const scene of scenes) {
      for (const shot of scene.shots) {
        assert.ok(shot.characters.length > 0);
        const wanted = shot.characters.map((name: string) => hashes.get(name) ?? "nobody's");
        assert.ok(
          drawn.some((body) => wanted.every((hash: string) => body.includes(hash))),
          `no picture was drawn after ${shot.characters}`,
        );
      }
    }
  });
});

Deno.test("film --dry-run prints the plan, ends with 0 and charges nothing", async () => {
  await withStack(async (stack, dir) => {
    const words = ["A kite", "--scenes", "2", "--shots", "2", "--dry-run"];
    const { code, stdout, stderr } = await finish(startFilmIn(dir, ...words));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /│ Scene │ Shot │/);
    assert.match(stdout, /2 scenes, 4 shots/);
    assert.match(stdout, /nothing is charged/);
    const calls = await (await fetch(`${stack.providers.url}/_control/calls`)).text();
    assert.ok(!calls.includes("generate_content"), "a provider was asked");
  });
});

Deno.test("film ends with 1, says which shot failed and why, and what buys only that", async () => {
  await withStack(async (stack, dir) => {
    for (const matching of [{}, { matching: "family friendly" }]) {
      const fault = { provider: "fal", kind: "refuse", times: 1, ...matching };
      const response = await fetch(`${stack.providers.url}/_control/faults`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fault),
      });
      assert.ok(response.ok, await response.text());
    }
    const out = join(dir, "film.mp4");
    const { code, stdout, stderr } = await finish(
      startFilmIn(dir, "Two otters open a bakery", "--scenes", "1", "--out", out),
    );
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^images of scene 1 ".+", shot 1: CONTENT_REFUSED: /m);
    assert.match(stderr, /^retry-job with job [0-9a-f-]{36} buys only what failed/m);
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("film leaves a cast that nobody can be asked about waiting, and says how it is confirmed", async () => {
  await withStack(async (_, dir) => {
    const { code, stdout, stderr } = await finish(
      startFilmIn(dir, "Two otters", "--scenes", "1", "--characters", "1"),
    );
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^The film waits for its cast to be confirmed\. Nothing is lost/m);
    // What it says is what works.
    const commands = stderr.split("\n").filter((line) => /^ {2}(TOKEN=|curl )/.test(line)).join(
      "\n",
    );
    const shell = await new Deno.Command("sh", { args: ["-c", commands] }).output();
    const answer = JSON.parse(new TextDecoder().decode(shell.stdout));
    assert.equal(answer.characters?.length, 1, JSON.stringify(answer));
    assert.notEqual(answer.characters[0].confirmed_at, null);
  });
});
