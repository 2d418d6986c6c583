/**
 * A simulated OpenAI API. It writes films for real, with the pen of the simulated Gemini.
 *
 * Calls (operations): `create_response` (`POST /v1/responses`), `create_chat_completion`
 * (`POST /v1/chat/completions`), `create_moderation` (`POST /v1/moderations`, see
 * `openai_moderations.ts`), `list_models` (`GET /v1/models`). `/responses` streams conversations with tools, as
 * `scripts.ts` says or as a plausible director; chat completions do not stream. A caller who hangs up before
 * the end is in the log as `stream_hang_up`. Any key is good except those that begin with `invalid`.
 *
 * Faults, besides those of `faults.ts` (`slow`, `hang`, `drop`, each also with `_after_accept`):
 * `http_500`, `http_503`, `rate_limited` (429, retry in `delayMs`, 20 s), `no_credit` (429,
 * insufficient_quota), `bad_key` (401), `broken_envelope` (200 that is cut off), `failed` (200 with a status
 * of failed; 500 in chat), `empty` (nothing said), `refuse` (the model declines), `filtered`
 * (content_filter), `truncated` (the length limit, JSON cut off), `garbage` (text that is no JSON),
 * `wrong_shape`, `too_many_scenes`, `hostile_text` as in `gemini.ts`. At `create_moderation` besides the wire's:
 * `flag` (everything is found violent) and `wrong_shape`; `garbage` is the wire's there.
 *
 * @module
 */
import { answerWithFault } from "./faults.ts";
import { damageText } from "./gemini_damage.ts";
import { writeObject, writeProse } from "./gemini_writer.ts";
import { chatAnswer, failedResponse, responsesAnswer, type Written } from "./openai_answers.ts";
import { moderationAnswer } from "./openai_moderations.ts";
import {
  invalidKey,
  jsonBody,
  noCredit,
  type OpenAiAnswer,
  overloaded,
  rateLimited,
  refusal,
  serverError,
  unknownModel,
} from "./openai_errors.ts";
import { type OpenAiQuestion, readChat, readResponses } from "./openai_request.ts";
import { openAiTalkResponse, readOpenAiTalk } from "./openai_talk.ts";
import type { ScriptStep } from "./scripts.ts";
import type { CreateSimulator, Fault } from "./simulator.ts";

const DEFAULT_RETRY_MS = 20_000;

/** Models that write text. Source: developers.openai.com model pages, as of November 2026. */
const MODELS = [
  "gpt-6-astra",
  "gpt-6-luna",
  "gpt-6-sol",
  "gpt-5.6-luna",
  "gpt-5.5",
  "gpt-5.4",
  "gpt-5.4-mini",
];

const MODERATION = "create_moderation";

const OPERATIONS: Readonly<Record<string, string>> = {
  "POST /v1/responses": "create_response",
  "POST /v1/chat/completions": "create_chat_completion",
  "POST /v1/moderations": MODERATION,
  "GET /v1/models": "list_models",
};

/** Makes the simulator. */
export const createOpenAiSimulator: CreateSimulator = (context) => ({
  name: "openai",
  async handle(request, path) {
    const body = await request.text();
    const operation = OPERATIONS[`${request.method} ${path}`];
    if (operation === undefined) {
      const message = `Invalid URL (${request.method} ${path})`;
      return toResponse(refusal(404, { message, type: "invalid_request_error" }));
    }
    const fault = context.takeFault(operation, body);
    const record = (name: string, status: number, kind: string | null = null) =>
      context.record({
        operation: name,
        method: request.method,
        path,
        body: body.slice(0, 20_000),
        status,
        fault: kind,
        taskId: null,
      });
    const key = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    const signal = AbortSignal.any([context.signal, request.signal]);
    // Here `garbage` is the model's, not the wire's.
    const isWritten = fault?.kind === "garbage" && operation !== MODERATION;
    const response = await answerWithFault(isWritten ? null : fault, {
      signal,
      problem: () => {
        const problem = playFault(fault, { operation, key, body });
        return problem === null ? null : toResponse(problem);
      },
      work: async () => {
        if (operation === MODERATION && isGood(key)) {
          const flag = fault?.kind === "flag";
          return toResponse(await moderationAnswer(body, { flag, signal }));
        }
        return converse({ operation, key, body }, fault, {
          takeStep: () => context.takeStep(body),
          signal,
          onHangUp: () => record("stream_hang_up", 499),
        }) ?? toResponse(respond({ operation, key, body }, fault));
      },
    });
    record(operation, response.status, fault?.kind ?? null);
    return response;
  },
});

interface Call {
  readonly operation: string;
  readonly key: string;
  readonly body: string;
}

/** Streams a conversation; null when none is asked for, or a fault is for the usual answer to play. */
function converse(
  { operation, key, body }: Call,
  fault: Fault | null,
  { takeStep, ...answer }: {
    readonly takeStep: () => ScriptStep | null;
    readonly signal: AbortSignal;
    onHangUp(): void;
  },
): Response | null {
  if (fault !== null || operation !== "create_response") return null;
  if (key === "" || key.startsWith("invalid")) return null;
  const talk = readOpenAiTalk(body);
  if (talk === null) return null;
  if ("refusal" in talk) return toResponse(talk.refusal);
  if (!MODELS.includes(talk.model)) return toResponse(unknownModel(talk.model));
  return openAiTalkResponse(talk, { ...answer, step: takeStep() ?? talk.usual });
}

/** What a fault answers instead of the usual; null when it does not replace the whole answer. */
function playFault(fault: Fault | null, { operation, key, body }: Call): OpenAiAnswer | null {
  const model = /"model"\s*:\s*"([^"]+)"/.exec(body)?.[1] ?? "";
  switch (fault?.kind.replace(/_after_accept$/, "")) {
    case "http_500":
      return serverError();
    case "http_503":
      return overloaded();
    case "rate_limited":
      return rateLimited(model, fault.delayMs ?? DEFAULT_RETRY_MS);
    case "no_credit":
      return noCredit();
    case "bad_key":
      return invalidKey(key);
    case "failed":
      return operation === "create_response" ? failedResponse(model) : serverError();
    case "wrong_shape":
      return operation === MODERATION ? jsonBody({ id: "modr-1", results: {} }) : null;
    case "broken_envelope":
      return { status: 200, body: '{\n  "id": "resp_68a1",\n  "object": "respon' };
    default:
      return null;
  }
}

function isGood(key: string): boolean {
  return key !== "" && !key.startsWith("invalid");
}

function respond({ operation, key, body }: Call, fault: Fault | null): OpenAiAnswer {
  if (!isGood(key)) return invalidKey(key);
  if (operation === "list_models") {
    const data = MODELS.map((id) => ({ id, object: "model", created: 0, owned_by: "openai" }));
    return jsonBody({ object: "list", data });
  }
  const isChat = operation === "create_chat_completion";
  const parsed = isChat ? readChat(body) : readResponses(body);
  if ("refusal" in parsed) return parsed.refusal;
  const { model, question } = parsed.read;
  if (!MODELS.includes(model)) return unknownModel(model);
  const written = { model, question: question.everything, ...write(parsed.read, fault) };
  return isChat ? chatAnswer(written) : responsesAnswer(written);
}

function write({ question }: OpenAiQuestion, fault: Fault | null): Pick<Written, "text" | "end"> {
  switch (fault?.kind) {
    case "refuse":
      return { text: "I'm sorry, but I can't help with that request.", end: "refusal" };
    case "filtered":
      return { text: "", end: "content_filter" };
    case "empty":
      return { text: "", end: "stop" };
  }
  const whole = question.json ? JSON.stringify(writeObject(question)) : writeProse(question);
  const { text, finishReason } = damageText(whole, fault);
  return { text: text ?? "", end: finishReason === "MAX_TOKENS" ? "length" : "stop" };
}

function toResponse({ status, body, headers }: OpenAiAnswer): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/json",
      "x-request-id": `req_${crypto.randomUUID().replaceAll("-", "")}`,
      ...headers,
    },
  });
}
