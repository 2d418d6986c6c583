/**
 * One group of tests: files that run in one `deno test` with the same permissions.
 *
 * @module
 */
import { join } from "node:path";
import { countTests, type TestCounts } from "./junit.ts";

/** What runs together. */
export interface Group {
  /** Its line in the table. */
  readonly name: string;
  /** Folders below the project, searched for `*_test.ts`. */
  readonly folders: readonly string[];
  /** Permission flags of `deno test`; none means no permission at all. */
  readonly permissions: readonly string[];
  /** After this the group counts as hung and is killed. */
  readonly timeoutMs: number;
}

/** How a group ended. */
export interface GroupResult extends TestCounts {
  /** The group's. */
  readonly name: string;
  /** Of the whole process. */
  readonly seconds: number;
  /** Why the counts alone don't say how it went: it crashed, hung, or ran nothing. Empty otherwise. */
  readonly trouble: string;
  /** What it printed about failures; all of it when it crashed. */
  readonly output: string;
}

/** Where and with what a group runs. */
export interface GroupRun {
  /** The project. */
  readonly root: string;
  /** Files to run, from {@link findTests}. */
  readonly files: readonly string[];
  /** Added to this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder for reports. */
  readonly reports: string;
  /** Kills the group. */
  readonly signal: AbortSignal;
}

/** The test files below folders, in the order of their names, that contain `filter` in their path. */
export async function findTests(
  root: string,
  folders: readonly string[],
  filter: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const folder of folders) {
    for await (const entry of Deno.readDir(join(root, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) files.push(...await findTests(root, [path], filter));
      else if (entry.name.endsWith("_test.ts") && path.includes(filter)) files.push(path);
    }
  }
  return files.sort();
}

/** Runs a group. Never rejects: whatever happens is in the result. */
export async function runGroup(group: Group, run: GroupRun): Promise<GroupResult> {
  const started = performance.now();
  const report = join(run.reports, `${group.name}.xml`);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      // Types are `deno task check`'s; a question about a permission would wait for ever.
      "--no-check",
      "--no-prompt",
      `--config=${join(run.root, "deno.json")}`,
      `--junit-path=${report}`,
      ...group.permissions,
      ...run.files,
    ],
    cwd: run.root,
    env: { NO_COLOR: "1", ...run.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const timeout = AbortSignal.timeout(group.timeoutMs);
  const stop = AbortSignal.any([timeout, run.signal]);
  stop.addEventListener("abort", kill);
  if (stop.aborted) kill();
  const { code, stdout, stderr } = await process.output();
  stop.removeEventListener("abort", kill);

  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const counts = await Deno.readTextFile(report).then(countTests, () => undefined);
  const trouble = timeout.aborted
    ? `hung: killed after ${group.timeoutMs / 1000} s`
    : run.signal.aborted
    ? "stopped"
    : counts === undefined
    ? `crashed with exit code ${code}`
    : counts.passed + counts.failed === 0
    ? "ran no test"
    : code !== 0 && counts.failed === 0
    ? `failed with exit code ${code} outside its tests`
    : "";
  return {
    name: group.name,
    ...(counts ?? { passed: 0, failed: 0, ignored: 0 }),
    seconds: (performance.now() - started) / 1000,
    trouble,
    output: trouble === "" ? failuresOf(output) : output,
  };
}

/** The part of Deno's output that explains what failed. */
function failuresOf(output: string): string {
  const at = output.lastIndexOf("\n ERRORS \n");
  return at < 0 ? output : output.slice(at).trim();
}
