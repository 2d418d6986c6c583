import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { StackError } from "../../supabase/local/say.ts";
import { parseStartArgs } from "../../supabase/local/start.ts";
import { readStackState } from "../../supabase/local/state.ts";
import { isAlive, until, withDir } from "./fixture_stack.ts";

/** Runs `deno task start` with these words and gives its output as it comes; `ended` once all of it is there. */
function runStart(words: readonly string[]): {
  process: Deno.ChildProcess;
  output: () => string;
  ended: Promise<Deno.CommandStatus>;
} {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "supabase/local/start.ts", ...words],
    cwd: PROJECT_DIR,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
  };
  const outputs = [read(process.stdout), read(process.stderr)];
  const ended = Promise.all([process.status, ...outputs]).then(([status]) => status);
  return { process, output: () => output, ended };
}

Deno.test("start.ts prints what a developer needs, and ends everything at Ctrl-C", async () => {
  await withDir(async (dir) => {
    const words = ["--port", "0", "--db-port", "0", "--providers-port", "0", "--dir", dir];
    const { process, output, ended } = runStart(words);
    await until(() => output().includes("Ctrl-C stops everything"), "it is up");
    const state = await readStackState(dir);
    assert.equal(state?.pids.length, 6, "guard, PostgreSQL, API, simulators, two workers");
    for (
      const part of [state?.url, state?.publishable, state?.secret, state?.databaseUrl].concat(
        state?.providersUrl,
        `${state?.url}/storage/v1/object/public`,
      )
    ) {
      assert.ok(output().includes(part ?? "missing"), `${part} is not in:\n${output()}`);
    }
    process.kill("SIGINT");
    assert.equal((await ended).code, 0);
    assert.deepEqual(state?.pids.filter(isAlive), []);
  });
});

Deno.test("start.ts ends with one sentence and code 1 when something is in the way", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = String(listener.addr.port);
  await withDir(async (dir) => {
    const free = ["--port", "0", "--db-port", "0", "--providers-port", "0", "--dir", dir];
    for (const option of ["--port", "--db-port", "--providers-port"]) {
      const { output, ended } = runStart([...free, option, taken]);
      assert.equal((await ended).code, 1, output());
      const sentences = output().trim().split("\n").filter((line) => line.startsWith("Cannot"));
      assert.equal(sentences.length, 1, output());
      assert.ok(sentences[0]?.includes(taken));
      assert.ok(!/^\s+at /m.test(output()), output());
    }
  });
  listener.close();
});

Deno.test("parseStartArgs() takes the documented options and refuses others in one sentence", () => {
  assert.deepEqual(parseStartArgs(["--port", "5000", "--workers", "3", "--dir", "x", "--reset"]), {
    ports: { api: 5000 },
    workers: 3,
    dir: "x",
    reset: true,
    watch: true,
  });
  for (
    const words of [["--port", "x"], ["--port", "70000"], ["--workers", "0"], ["--no"], ["word"]]
  ) {
    assert.throws(() => parseStartArgs(words), StackError, words.join(" "));
  }
});
