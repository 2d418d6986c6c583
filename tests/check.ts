/**
 * `deno task check`: format, lint, types, docs and the rules of the tree. Says what to do about each finding.
 *
 * @module
 */
import { checkTree } from "./check_tree.ts";

/** Modules whose exports others build on: each must say what it is. */
const DOCUMENTED = ["shared", "supabase/functions/_shared"];

const decoder = new TextDecoder();

async function deno(...args: string[]): Promise<{ ok: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  return { ok: success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function sources(dir: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) files.push(...await sources(path));
    else if (entry.name.endsWith(".ts") && entry.name !== "database.types.ts") files.push(path);
  }
  return files.sort();
}

/** `deno doc --lint` also wants every type spelled out, which zod's schemas make unreadable: docs only. */
async function docLint(): Promise<{ ok: boolean; text: string }> {
  const files = (await Promise.all(DOCUMENTED.map(sources))).flat();
  const { text } = await deno("doc", "--lint", ...files);
  const missing = text.split("\n\n").filter((finding) =>
    finding.includes("missing-jsdoc") && !finding.includes("database.types.ts")
  );
  return { ok: missing.length === 0, text: missing.join("\n\n") };
}

const steps: [string, () => Promise<{ ok: boolean; text: string }>][] = [
  ["format (deno fmt)", () => deno("fmt", "--check")],
  ["lint (deno lint)", () => deno("lint")],
  ["types (deno check)", () => deno("check", "supabase", "shared", "tests")],
  ["docs (deno doc --lint)", docLint],
  ["tree (tests/check_tree.ts)", async () => {
    const findings = await checkTree(Deno.cwd());
    return { ok: findings.length === 0, text: findings.join("\n") };
  }],
];

let failed = 0;
for (const [name, run] of steps) {
  const started = performance.now();
  const { ok, text } = await run();
  console.log(`${ok ? "ok  " : "FAIL"} ${name} ${Math.round(performance.now() - started)} ms`);
  if (!ok) {
    failed += 1;
    console.log(text);
  }
}
if (failed > 0) Deno.exit(1);
