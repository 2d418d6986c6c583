/**
 * Rules of the tree that no linter knows.
 *
 * @module
 */
import { OPERATIONS } from "../shared/contract/operations.ts";

/** The closed top level. */
const TOP_LEVEL = new Set([
  ".ci",
  ".env.example",
  ".github",
  ".gitignore",
  "LICENSE",
  "README.md",
  "deno.json",
  "deno.lock",
  "import_map.json",
  "shared",
  "supabase",
  "tests",
]);

const MAX_LINES = 400;

/** Checks the files git knows (and new ones it does not ignore). Gives one sentence a finding. */
export async function checkTree(root: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard"],
    cwd: root,
  }).output();
  const files = new TextDecoder().decode(stdout).split("\n").filter((file) => file !== "");
  const findings: string[] = [];
  for (const file of files) {
    const top = file.split("/")[0] ?? "";
    if (!TOP_LEVEL.has(top)) findings.push(`${file}: the top level is closed`);
    if (!/\.(ts|sql)$/.test(file)) continue;
    const text = await Deno.readTextFile(`${root}/${file}`).catch(() => null);
    if (text === null) continue;
    findings.push(...checkSource(file, text));
  }
  findings.push(...await checkFunctions(root, files));
  return findings;
}

function checkSource(file: string, text: string): string[] {
  const findings: string[] = [];
  const lines = text.split("\n");
  const isGenerated = /generated/i.test(lines[0] ?? "");
  if (lines.length > MAX_LINES && !isGenerated && !file.endsWith(".sql")) {
    findings.push(`${file}: ${lines.length} lines; split it below ${MAX_LINES}`);
  }
  if (!file.endsWith(".ts")) return findings;
  if (/from "(jsr:|https?:)/.test(text)) {
    findings.push(`${file}: imports by URL; use import_map.json`);
  }
  if (/^import\s+\w+\s*,\s*\{\s*$/m.test(text)) {
    findings.push(`${file}: a default with a multi-line list is not found by the CLI's deploy`);
  }
  const isRuntime = /^(shared|supabase\/functions)\//.test(file);
  if (isRuntime && !file.endsWith("/env.ts") && /Deno\.env/.test(text)) {
    findings.push(`${file}: only _shared/env.ts reads the environment`);
  }
  if (isRuntime && !file.endsWith("/log.ts") && /\bconsole\./.test(text)) {
    findings.push(`${file}: only _shared/log.ts writes to the console`);
  }
  for (const [, path] of text.matchAll(/from "(\.[^"]+)"/g)) {
    if (path === undefined) continue;
    const target = new URL(path, `file:///${file}`).pathname.slice(1);
    if (!/\.(ts|json)$/.test(target)) findings.push(`${file}: import "${path}" has no extension`);
    if (!mayImport(file, target)) findings.push(`${file}: may not import ${target}`);
  }
  return findings;
}

/** Imports run one way: functions → _shared → shared; nothing imports local/ or tests/. */
function mayImport(file: string, target: string): boolean {
  if (file.startsWith("shared/")) return target.startsWith("shared/");
  if (file.startsWith("supabase/functions/_shared/")) {
    return target.startsWith("supabase/functions/_shared/") || target.startsWith("shared/");
  }
  if (file.startsWith("supabase/functions/")) {
    const own = file.split("/").slice(0, 3).join("/") + "/";
    return target.startsWith(own) || target.startsWith("supabase/functions/_shared/") ||
      target.startsWith("shared/");
  }
  return file.startsWith("tests/") || !target.startsWith("tests/");
}

async function checkFunctions(root: string, files: readonly string[]): Promise<string[]> {
  const config = await Deno.readTextFile(`${root}/supabase/config.toml`);
  const folders = new Set(
    files.map((file) => /^supabase\/functions\/([^_/][^/]*)\//.exec(file)?.[1]).filter((name) =>
      name !== undefined
    ),
  );
  const operations = new Set<string>(Object.keys(OPERATIONS));
  const findings: string[] = [];
  for (const name of folders) {
    if (!operations.has(name)) findings.push(`supabase/functions/${name}: not in OPERATIONS`);
    const block = config.split(`[functions.${name}]\n`)[1]?.split("\n[")[0] ?? "";
    if (!block.includes(`import_map = "../import_map.json"`)) {
      findings.push(`supabase/config.toml: [functions.${name}] must name ../import_map.json`);
    }
  }
  for (const name of operations) {
    if (!folders.has(name)) findings.push(`supabase/functions/${name}: missing, but in OPERATIONS`);
  }
  return findings;
}
