import assert from "node:assert/strict";
import { countTests } from "../../runner/junit.ts";

const test = (name: string, body = "") =>
  `<testcase name="${name}" classname="./a_test.ts" time="0.1" line="1" col="6">${body}</testcase>`;
const report = (...cases: string[]) =>
  `<?xml version="1.0"?><testsuites name="deno test" tests="${cases.length}" failures="0">
    <testsuite name="./a_test.ts">${cases.join("\n")}</testsuite></testsuites>`;

Deno.test("countTests() counts tests, not their steps", () => {
  const text = report(
    test("a passes"),
    test("b &gt; c fails", '<failure message="no">no &lt;failure&gt;</failure>'),
    test("d is left out", "<skipped/>"),
    test("e has steps"),
    test("e has steps &gt; one"),
    test("e has steps &gt; two &gt; three", '<failure message="no">no</failure>'),
    test("f &gt; is no step of any test"),
  );
  assert.deepEqual(countTests(text), { passed: 3, failed: 1, ignored: 1 });
});

Deno.test("countTests() takes no report that is cut short, empty or something else", () => {
  for (const text of ["", "<html></html>", report(test("a"), test("b")).slice(0, -180)]) {
    assert.throws(() => countTests(text));
  }
  assert.deepEqual(countTests(report()), { passed: 0, failed: 0, ignored: 0 });
});
