/**
 * `deno task test [part of a file's path]`: all tests, on stacks of their own that are gone afterwards.
 *
 * The last line is `N passed, N failed`. Exit code 0: every group ran and nothing failed; 1: something did,
 * or a group crashed, hung or ran no test; 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "../supabase/local/process_alive.ts";
import { endWithLauncher } from "../supabase/local/launcher.ts";
import { type Stack, startStack } from "../supabase/local/stack.ts";
import type { TestStack } from "./stack.ts";
import { findTests, type Group, type GroupResult, runGroup } from "./runner/group.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A group and the stack it needs. */
interface StackedGroup extends Group {
  readonly stack: "none" | "quiet" | "full";
}

/**
 * What one lane runs after another; the lanes run side by side, one a core of a small machine. The faults are
 * beside the longest groups, because they wait for leases to run out more than they compute.
 */
const LANES: readonly (readonly StackedGroup[])[] = [
  [
    // First, beside the tests without stacks: it counts what a whole database holds.
    { name: "db", folders: ["tests/db"], permissions: ["-A"], timeoutMs: 900_000, stack: "quiet" },
    {
      // They kill what they test, so they start stacks of their own.
      name: "faults",
      folders: ["tests/faults"],
      permissions: ["-A"],
      timeoutMs: 900_000,
      stack: "none",
    },
    {
      name: "local",
      folders: ["tests/local"],
      permissions: ["-A"],
      timeoutMs: 900_000,
      stack: "none",
    },
  ],
  [
    {
      name: "unit",
      folders: ["tests/unit", "tests/functions"],
      // No network, no environment, no processes, no writing: what was not injected fails the run. Reading
      // the project is what a computed import of its modules takes. Two libraries look around when they are
      // imported: @supabase/middleware at the environment, which looks empty, ai at the machine's name.
      permissions: [
        `--allow-read=${
          ["shared", "supabase", "tests", ".env.example"].map((at) => join(ROOT, at))
        }`,
        "--ignore-env",
        "--allow-sys=hostname",
      ],
      timeoutMs: 300_000,
      stack: "none",
    },
    {
      name: "providers",
      folders: ["tests/providers", "tests/media"],
      permissions: ["-A"],
      timeoutMs: 600_000,
      stack: "none",
    },
    { name: "e2e", folders: ["tests/e2e"], permissions: ["-A"], timeoutMs: 900_000, stack: "full" },
  ],
];

/** A stack that is being started, and what its tests have to know. */
interface Started {
  readonly env: Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts one of the two stacks: quiet is a migrated database alone, full is everything. */
function start(kind: "quiet" | "full", dir: string): Started {
  const stack = startStack({
    dir: join(dir, kind),
    ports: { api: 0, postgres: 0, providers: 0 },
    ...(kind === "quiet" ? { cron: false, workers: 0, providers: false } : {}),
  });
  const env = stack.then(environmentOf);
  env.catch(() => {});
  return { env, stop: () => stack.then((running) => running.stop(), () => {}) };
}

function environmentOf(stack: Stack): Record<string, string> {
  const about: TestStack = {
    url: stack.url,
    databaseUrl: stack.databaseUrl,
    publishableKey: stack.keys.publishable,
    secretKey: stack.keys.secret,
    providersUrl: stack.providers.url,
    workerPids: stack.workers.pids(),
  };
  return { DATABASE_URL: stack.databaseUrl, TEST_STACK: JSON.stringify(about) };
}

/** Runs one lane. Groups without a matching file are left out when there is a filter. */
async function runLane(
  lane: readonly StackedGroup[],
  { filter, dir, signal }: { filter: string; dir: string; signal: AbortSignal },
): Promise<GroupResult[]> {
  const results: GroupResult[] = [];
  for (const group of lane) {
    if (signal.aborted) break;
    let stack: Started | undefined;
    let result: GroupResult;
    try {
      const files = await findTests(ROOT, group.folders, filter);
      if (files.length === 0 && filter !== "") continue;
      stack = group.stack === "none" ? undefined : start(group.stack, dir);
      const env = await stack?.env ?? {};
      result = await runGroup(group, { root: ROOT, files, env, reports: dir, signal });
    } catch (error) {
      const output = error instanceof Error ? error.message : String(error);
      const counts = { passed: 0, failed: 0, ignored: 0, seconds: 0 };
      result = { name: group.name, ...counts, trouble: "could not be started", output };
    } finally {
      await stack?.stop();
    }
    results.push(result);
    if (!signal.aborted) say(result);
  }
  return results;
}

function isGood(result: GroupResult): boolean {
  return result.trouble === "" && result.failed === 0;
}

function say(result: GroupResult): void {
  const { name, passed, failed, seconds, trouble, output } = result;
  console.log(
    `${isGood(result) ? "ok  " : "FAIL"} ${name}: ${passed} passed, ${failed} failed${
      trouble === "" ? "" : `, ${trouble}`
    } (${seconds.toFixed(1)} s)`,
  );
  if (!isGood(result)) console.log(`\n${output}\n`);
}

function formatTable(results: readonly GroupResult[]): string {
  const rows = [
    ["group", "passed", "failed", "ignored", "seconds"],
    ...results.map((result) => [
      result.name,
      ...[result.passed, result.failed, result.ignored].map(String),
      `${result.seconds.toFixed(1)}${result.trouble === "" ? "" : `  ${result.trouble}`}`,
    ]),
  ];
  return rows.map(([name = "", ...cells]) =>
    name.padEnd(12) + cells.map((cell, at) => at === 3 ? `  ${cell}` : cell.padStart(8)).join("")
  ).join("\n");
}

/** Test files that no group runs: they would rot unseen. */
async function findStrays(): Promise<string[]> {
  const folders = LANES.flat().flatMap((group) => group.folders);
  const files = await findTests(ROOT, ["tests"], "");
  return files.filter((file) => !folders.some((folder) => file.startsWith(`${folder}/`)));
}

/** Removes what a killed run left behind. */
async function sweep(local: string): Promise<void> {
  await Deno.mkdir(local, { recursive: true });
  for await (const { name } of Deno.readDir(local)) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    await Deno.remove(join(local, name), { recursive: true });
  }
}

/** Runs the command and gives its exit code. */
async function main(filter: string): Promise<number> {
  const started = performance.now();
  const stop = new AbortController();
  let stoppedBy: keyof typeof SIGNALS | undefined;
  const release = endWithLauncher();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => {
      // Processes of the stacks end with this one, so the impatient may leave at once.
      if (stoppedBy !== undefined) Deno.exit(SIGNALS[name]);
      stoppedBy = name;
      release();
      console.log("Stopping");
      stop.abort();
    });
  }
  const local = join(ROOT, ".local");
  await sweep(local);
  const dir = join(local, `test-${Deno.pid}`);
  await Deno.mkdir(dir);
  let results: GroupResult[];
  try {
    const lanes = LANES.map((lane) => runLane(lane, { filter, dir, signal: stop.signal }));
    results = (await Promise.all(lanes)).flat();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  if (stoppedBy !== undefined) return SIGNALS[stoppedBy];
  const strays = await findStrays();
  if (strays.length > 0) console.log(`\nFAIL: no group of tests/run.ts runs ${strays.join(", ")}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  // A group that crashed has no counts of its own, and must not look like nothing.
  const failed = results.reduce(
    (sum, result) => sum + result.failed + (result.trouble !== "" && result.failed === 0 ? 1 : 0),
    strays.length,
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (results.length === 0) console.log(`No test file's path contains "${filter}"`);
  console.log(`\n${formatTable(results)}\n\nin ${seconds} s`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? ""));
