/**
 * A page's tools as the AI SDK runs them: bounded, and with failures that a model can read.
 *
 * @module
 */
import { asSchema, type Schema, tool as sdkTool, type ToolSet } from "ai";
import type { DirectorPage } from "../../../../shared/contract/director.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { cleanText } from "../providers/clean_text.ts";
import { assertMayWrite } from "./film_guard.ts";
import { toolsOf } from "./pages.ts";
import type { Tool, ToolScope } from "./tool.ts";
import {
  MAX_CALLS,
  MAX_PROPOSALS,
  MAX_RESULT_CHARS,
  MAX_TURN_RESULT_CHARS,
} from "./turn_limits.ts";

/** Makes the tools of a page for one turn. A tool that fails answers `{ error: { code, message } }`. */
export function createToolSet(page: DirectorPage, scope: ToolScope): ToolSet {
  let calls = 0;
  let proposals = 0;
  let leftChars = MAX_TURN_RESULT_CHARS;
  const run = async (tool: Tool, input: unknown): Promise<Json> => {
    calls += 1;
    if (calls > MAX_CALLS) {
      throw new AppError("RATE_LIMITED", `${MAX_CALLS} tool calls a turn are allowed`);
    }
    if (tool.effect === "proposes" && ++proposals > MAX_PROPOSALS) {
      throw new AppError("RATE_LIMITED", `${MAX_PROPOSALS} proposals a turn are allowed`);
    }
    if (tool.effect === "writes") await assertMayWrite(scope, tool);
    const result = await tool.run(scope, cleanText(input));
    const text = JSON.stringify(result);
    if (text.length > MAX_RESULT_CHARS) {
      return { error: { code: "RESULT_INVALID", message: "The result is too long to be read" } };
    }
    const start = text.slice(0, Math.max(0, leftChars)).toWellFormed();
    leftChars -= text.length;
    return leftChars >= 0 ? result : { note: CUT, start };
  };
  return Object.fromEntries(
    toolsOf(page).map((tool) => [
      tool.name,
      sdkTool({
        description: tool.description,
        inputSchema: schemaOf(tool),
        execute: async (input: unknown): Promise<Json> => {
          try {
            const result = await run(tool, input);
            scope.log.info("director_tool", { tool: tool.name, outcome: "done" });
            return result;
          } catch (error) {
            return failureOf(error, tool, scope);
          }
        },
      }),
    ]),
  );
}

/** Every later call of the turn reads all results again. */
const CUT = "The tool has run, but what is left of its result is its start: a turn has room for " +
  `${MAX_TURN_RESULT_CHARS} characters of results. Answer with what you know`;

/** Made once an isolate: a page's schemas take milliseconds, and the first word waits for them. */
const schemas = new Map<string, Schema<unknown>>();

function schemaOf({ name, input }: Tool): Schema<unknown> {
  const made = schemas.get(name) ?? asSchema(input);
  schemas.set(name, made);
  return made;
}

/** What would be allowed or fit instead, where the failure says so. */
function detailsOf({ details }: AppError): Json | undefined {
  const shown = Object.entries(details ?? {})
    .filter(([name]) => name === "allowed" || name === "options");
  return shown.length === 0 ? undefined : JSON.parse(JSON.stringify(Object.fromEntries(shown)));
}

/** The code of a failure we foresaw; a database's refusal and our own bugs alike say nothing of themselves. */
function failureOf(error: unknown, { name }: Tool, { log }: ToolScope): Json {
  if (error instanceof AppError) {
    log.info("director_tool", { tool: name, outcome: error.code });
    const { code, message } = error;
    const details = detailsOf(error);
    return { error: { code, message, ...(details === undefined ? {} : { details }) } };
  }
  log.error("director_tool", { tool: name, outcome: "INTERNAL" }, error);
  return { error: { code: "INTERNAL", message: "The tool failed by a fault of ours" } };
}
