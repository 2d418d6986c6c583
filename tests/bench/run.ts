/**
 * `deno task bench [--only <name>]`: measures, prints a table a subject, and writes `.local/bench.json`.
 *
 * Exit code 0: every promised bound was kept; 1: one was broken, or a subject could not be measured;
 * 2: no such subject.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { directorFirstToken } from "./director_first_token.ts";
import { fairness } from "./fairness.ts";
import { filmWallTime } from "./film_wall_time.ts";
import { historyCost } from "./history_cost.ts";
import { openLab } from "./lab.ts";
import { pickUp } from "./pick_up.ts";
import { formatReport, isKept, type Report } from "./report.ts";
import { roundTrips } from "./round_trips.ts";
import { openStudio } from "./studio.ts";
import type { Subject } from "./subject.ts";
import { webhookToReady } from "./webhook_to_ready.ts";

const LOCAL = fileURLToPath(new URL("../../.local", import.meta.url));

/** The stack first: it is the smaller load, and the server's subjects leave gigabytes to be written out. */
const SUBJECTS: readonly Subject[] = [
  roundTrips,
  directorFirstToken,
  webhookToReady,
  pickUp,
  fairness,
  historyCost,
  filmWallTime,
];

/** What came of a subject. */
interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly report?: Report;
  readonly trouble?: string;
}

/** Runs subjects on what they need, one after another. */
async function runAll(subjects: readonly Subject[], dir: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const runOne = async (subject: Subject, run: () => Promise<Report>) => {
    const started = performance.now();
    const about = { name: subject.name, title: subject.title };
    const seconds = () => Math.round((performance.now() - started) / 1000);
    try {
      const report = await run();
      outcomes.push({ ...about, seconds: seconds(), report });
      console.log(formatReport(subject.title, report));
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      outcomes.push({ ...about, seconds: seconds(), trouble });
      console.log(`### ${subject.title}\n\nnot measured: ${trouble}\n`);
    }
  };
  if (subjects.some((subject) => subject.needs === "stack")) {
    const studio = await openStudio(join(dir, "stack"));
    try {
      for (const subject of subjects) {
        if (subject.needs === "stack") await runOne(subject, () => subject.run(studio));
      }
    } finally {
      await studio.stop();
    }
  }
  if (subjects.some((subject) => subject.needs === "server")) {
    const lab = await openLab(join(dir, "server"));
    try {
      for (const subject of subjects) {
        if (subject.needs === "server") await runOne(subject, () => subject.run(lab));
      }
    } finally {
      await lab.stop();
    }
  }
  return outcomes;
}

/** Runs the command and gives its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const only = args[0] === "--only" ? args[1] : undefined;
  const subjects = SUBJECTS.filter((subject) => only === undefined || subject.name === only);
  if (subjects.length === 0 || (args.length > 0 && only === undefined)) {
    console.log(
      `Usage: deno task bench [--only ${SUBJECTS.map((subject) => subject.name).join("|")}]`,
    );
    return 2;
  }
  const started = performance.now();
  const dir = join(LOCAL, `bench-${Deno.pid}`);
  await Deno.mkdir(dir, { recursive: true });
  let outcomes: Outcome[];
  try {
    outcomes = await runAll(subjects, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  await Deno.writeTextFile(
    join(LOCAL, "bench.json"),
    `${JSON.stringify({ at: new Date().toISOString(), outcomes }, null, 2)}\n`,
  );
  const checks = outcomes.flatMap((outcome) => outcome.report?.checks ?? []);
  const broken = checks.filter((check) => !isKept(check)).length;
  const failed = outcomes.filter((outcome) => outcome.report === undefined).length;
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${
      checks.length - broken
    } bounds kept, ${broken} broken, ${failed} subjects not measured, in ${seconds} s`,
  );
  return broken + failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
