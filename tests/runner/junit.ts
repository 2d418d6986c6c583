/**
 * Reads what `deno test --junit-path` writes.
 *
 * @module
 */

/** How many tests a run had. Steps are part of their test, as in Deno's own summary. */
export interface TestCounts {
  /** Ran and held. */
  readonly passed: number;
  /** Ran and did not. */
  readonly failed: number;
  /** Left out by `ignore`. */
  readonly ignored: number;
}

/** Counts the tests of a report. Throws when the text is no report, or says itself that it counted more. */
export function countTests(report: string): TestCounts {
  const declared = /<testsuites[^>]* tests="(\d+)"/.exec(report)?.[1];
  if (declared === undefined) throw new Error("The report of the run is not JUnit XML");
  const cases = [
    ...report.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"([^>]*)>(.*?)<\/testcase>/gs),
  ];
  if (cases.length !== Number(declared)) {
    throw new Error(`The report declares ${declared} tests and holds ${cases.length}`);
  }
  const names = new Set(cases.map(([, name, file]) => `${file} ${name}`));
  const counts = { passed: 0, failed: 0, ignored: 0 };
  for (const [, name = "", file, , body = ""] of cases) {
    if (isStep(name, (parent) => names.has(`${file} ${parent}`))) continue;
    if (/<(failure|error)[ >]/.test(body)) counts.failed += 1;
    else if (/<skipped\b/.test(body)) counts.ignored += 1;
    else counts.passed += 1;
  }
  return counts;
}

/** Steps are named `<test> > <step>`, with the `>` escaped. */
function isStep(name: string, isTest: (name: string) => boolean): boolean {
  const separator = " &gt; ";
  for (let at = name.indexOf(separator); at >= 0; at = name.indexOf(separator, at + 1)) {
    if (isTest(name.slice(0, at))) return true;
  }
  return false;
}
