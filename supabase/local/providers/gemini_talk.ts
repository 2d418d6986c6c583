/**
 * Conversations with tools on Gemini's wire: what is refused, and what a director says when no script tells it.
 *
 * @module
 */
import { z } from "zod";
import { type Answer, rpcError } from "./google_rpc.ts";
import type { ScriptStep } from "./scripts.ts";

const record = z.record(z.string(), z.unknown());

const talkPart = z.looseObject({
  text: z.string().optional(),
  thoughtSignature: z.string().optional(),
  functionCall: z.looseObject({ name: z.string(), args: record.default({}) }).optional(),
  functionResponse: z.looseObject({ name: z.string(), response: record.default({}) }).optional(),
});

const talk = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().default("user"), parts: z.array(talkPart) })),
  tools: z.array(z.looseObject({
    functionDeclarations: z.array(z.looseObject({ name: z.string() })).default([]),
  })),
});

/** A conversation that may use tools. */
export interface Talk {
  /** Names of the tools. */
  readonly tools: readonly string[];
  /** What the user said last. */
  readonly said: string;
  /** Results of the tools called since, oldest first. */
  readonly results: readonly Record<string, unknown>[];
  /** The first thing the user said: where a project's state is. */
  readonly state: string;
}

type Content = z.infer<typeof talk>["contents"][number];

/** Reads a request with tools; null when it has none. */
export function readTalk(body: string): Talk | { readonly refusal: Answer } | null {
  const parsed = talk.safeParse(JSON.parse(body));
  if (!parsed.success) return null;
  const { contents, tools } = parsed.data;
  const names = tools.flatMap(({ functionDeclarations }) =>
    functionDeclarations.map(({ name }) => name)
  );
  if (names.length === 0) return null;
  const bad = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/.test(name));
  if (bad !== undefined) return refuse(`Invalid function name "${bad}".`);
  const texts = contents.flatMap(({ role, parts }) =>
    role === "user" ? parts.flatMap(({ text }) => text === undefined ? [] : [text]) : []
  );
  const since = contents.slice(
    contents.findLastIndex(({ role, parts }) =>
      role === "user" && parts.some(({ text }) => text !== undefined)
    ) + 1,
  );
  return refuseTurns(since) ?? {
    tools: names,
    said: texts.at(-1) ?? "",
    state: texts[0] ?? "",
    results: since.flatMap(({ parts }) =>
      parts.flatMap(({ functionResponse }) =>
        functionResponse === undefined ? [] : [functionResponse.response]
      )
    ),
  };
}

/**
 * What the API refuses of the present turn: a step whose first call came without the signature it was given, and
 * calls without a response each. Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function refuseTurns(contents: readonly Content[]): { readonly refusal: Answer } | null {
  for (const [at, { role, parts }] of contents.entries()) {
    const calls = parts.filter(({ functionCall }) => functionCall !== undefined);
    if (role !== "model" || calls.length === 0) continue;
    const [first] = calls;
    if (first?.thoughtSignature === undefined) {
      return refuse(
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to " +
          "work correctly, and missing thought_signature may lead to degraded model performance. Additional " +
          `data, function call \`default_api:${first?.functionCall?.name}\`, position ${at + 1}.`,
      );
    }
    const responses = (contents[at + 1]?.parts ?? [])
      .filter(({ functionResponse }) => functionResponse !== undefined);
    if (responses.length !== calls.length) {
      return refuse(
        "Please ensure that the number of function response parts is equal to the number of function call " +
          "parts of the function call turn.",
      );
    }
  }
  return null;
}

function refuse(message: string): { readonly refusal: Answer } {
  return { refusal: rpcError("INVALID_ARGUMENT", message) };
}

/** What the user may ask for, and the call that a director makes of it. */
const REQUESTS: readonly (readonly [RegExp, string, (scene: number | undefined) => object])[] = [
  [/\bdelete scene (\d+)/i, "delete_scene", (scene) => ({ scene })],
  [/\b(?:why|fail)/i, "explain_failure", () => ({})],
  [/\b(?:cost|price|how much)\b/i, "estimate", () => ({ what: "clips" })],
  [/\b(?:cut|stitch) the film\b/i, "start", () => ({ what: "film" })],
  [/\bmake (?:the|my) film\b/i, "start", () => ({ what: "whole_film" })],
  [/\bconfirm the (?:cast|characters)\b/i, "confirm_characters", () => ({})],
  [
    /\b(?:draw|picture)\b.*?\bscene (\d+)/i,
    "start",
    (scene) => ({ what: "picture", scenes: [scene] }),
  ],
  [/\b(?:speak|narrat\w+|voice)\b/i, "start", () => ({ what: "narration" })],
  [
    /\b(?:render|animate|clips?|film it)\b(?:.*?\bscene (\d+))?/i,
    "start",
    (scene) => ({ what: "clips", ...(scene === undefined ? {} : { scenes: [scene] }) }),
  ],
];

/** What a plausible director does next: calls one tool, then tells what came of it; or just answers. */
export function directTalk({ tools, said, results, state }: Talk): ScriptStep {
  const last = results.at(-1);
  if (last !== undefined) return { text: pieces(tellResult(last)) };
  for (const [pattern, name, argsFor] of REQUESTS) {
    const match = pattern.exec(said);
    if (match === null || !tools.includes(name)) continue;
    const scene = match[1] === undefined ? undefined : Number(match[1]);
    return { text: ["Let me see. "], calls: [{ name, args: { ...argsFor(scene) } }] };
  }
  return { text: pieces(tellState(state)) };
}

function tellResult(response: Record<string, unknown>): string {
  const given = response["content"] ?? response["result"] ?? response["output"] ?? response;
  const result = record.safeParse(typeof given === "string" ? parse(given) : given).data ?? {};
  const error = record.safeParse(result["error"]).data;
  if (error?.["message"] !== undefined) return `That is not possible: ${error["message"]}.`;
  if (result["proposal_id"] !== undefined) {
    return `${result["title"]}: this costs ${result["credits"]} credits. Confirm it and it begins.`;
  }
  if (result["credits"] !== undefined) return `That would cost ${result["credits"]} credits.`;
  return "Here is what I found, as it stands in the project now.";
}

function tellState(text: string): string {
  const state = record.safeParse(parse(text.slice(text.indexOf("{")))).data ?? {};
  const title = record.safeParse(state["project"]).data?.["title"] ?? "Your project";
  const scenes = z.array(record).safeParse(state["scenes"]).data ?? [];
  const named = scenes.slice(0, 5).map((scene) => scene["title"] || `scene ${scene["scene"]}`);
  return `“${title}” has ${scenes.length} ${scenes.length === 1 ? "scene" : "scenes"}${
    named.length === 0 ? "" : `: ${named.join(", ")}`
  }. What shall we change?`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** As a model says it: some words at a time. */
function pieces(text: string): string[] {
  return text.match(/(?:\S+\s*){1,4}/g) ?? [text];
}
