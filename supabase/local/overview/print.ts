/**
 * The overview of the providers as text for a terminal.
 *
 * @module
 */
import Table from "cli-table3";
import type { ProviderFacts } from "./facts.ts";
import type { ProbeResult } from "./probes.ts";

/** One table, then the models by provider. */
export function formatFacts(facts: readonly ProviderFacts[]): string {
  const table = new Table({
    head: ["provider", "makes", "is", "address", "models", "health"],
    style: { head: [], border: [] },
  });
  for (const { name, makes, state, missing, baseUrl, models, health } of facts) {
    const is = missing === undefined ? state : `${state}, ${missing} is not set`;
    table.push([name, makes, is, baseUrl || "-", String(models.length), health || "-"]);
  }
  const models = facts.map(({ name, models }) =>
    `${name}: ${models.map(({ id }) => id).join(", ") || "-"}`
  );
  return [table.toString(), "", "Models", ...models.map((line) => `  ${line}`)].join("\n");
}

/** One line a call. */
export function formatProbes(
  results: readonly (readonly [name: string, result: ProbeResult])[],
): string {
  if (results.length === 0) return "No provider is real here: there is nothing to call";
  return results.map(([name, result]) =>
    `${result.ok ? "ok     " : "DIFFERS"} ${name}: ${result.ok ? result.says : result.differs}`
  ).join("\n");
}
