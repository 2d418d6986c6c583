import assert from "node:assert/strict";
import { join } from "node:path";
import { isAlive, until } from "./fixture_stack.ts";

/** Stands in for npm: the same command line, and it does not hand signals on. */
const NPM = `const { spawn } = require("node:child_process");
process.title = "npm exec deno task";
const child = spawn(process.argv[2], process.argv.slice(3), { stdio: "inherit", detached: true });
child.on("exit", (code) => process.exit(code ?? 1));
setInterval(() => {}, 1000);`;

Deno.test("endWithLauncher() ends the process by SIGTERM when the npx it came from is killed", async () => {
  const dir = await Deno.makeTempDir();
  const [npm, program] = [join(dir, "npm.cjs"), join(dir, "program.ts")];
  await Deno.writeTextFile(npm, NPM);
  await Deno.writeTextFile(
    program,
    `import { endWithLauncher } from ${
      JSON.stringify(new URL("../../supabase/local/launcher.ts", import.meta.url).href)
    };
    endWithLauncher();
    Deno.addSignalListener("SIGTERM", () => { console.log("ended"); Deno.exit(0); });
    console.log(Deno.pid);
    setInterval(() => {}, 1000);`,
  );
  const launcher = new Deno.Command("node", {
    args: [npm, Deno.execPath(), "run", "-A", "--no-config", program],
    stdout: "piped",
    stdin: "null",
  }).spawn();
  const reader = launcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const pid = Number((await reader.read()).value?.trim());
  assert.ok(isAlive(pid));
  // The launcher is looked for in the background: it must have been found before it goes.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  launcher.kill("SIGKILL");
  await launcher.status;
  await until(() => !isAlive(pid), "the program ended");
  assert.equal((await reader.read()).value?.trim(), "ended");
  await reader.cancel();
  await Deno.remove(dir, { recursive: true });
});
