/**
 * A simulated Gemini API. It writes films for real, each prompt its own, in the shape that is asked for.
 *
 * Calls (operations): `generate_content` (`POST /{version}/models/{model}:generateContent`),
 * `stream_generate_content` (`…:streamGenerateContent`), `count_tokens` (`…:countTokens`), `list_models`
 * (`GET /{version}/models`), with version `v1` or `v1beta`. Any key is good except those that begin with
 * `invalid`. Models that draw answer `generate_content` with a picture, see `gemini_pictures.ts`.
 *
 * A request with tools is a conversation: a plausible director answers, or the script that was set for it
 * (`scripts.ts`), streamed as it is written. A caller who hangs up before the end is in the log as
 * `stream_hang_up`.
 *
 * Requests with safety settings are blocked by the words of `flagged_words.ts`.
 *
 * Keys are told apart: the log holds each call's key hash, and a fault whose `matching` is a key's hash
 * plays for that key alone, so that one of several can be used up. Pictures that come with a request are in
 * the log by hash and size.
 *
 * Faults, besides those of `faults.ts` (`slow`, `hang`, `drop`, each also with `_after_accept`):
 * `http_500`, `http_503`, `rate_limited` (429, per minute, retry in `delayMs`, 37 s), `quota_day` (429,
 * per day), `quota_zero` (429, no quota at all), `bad_key` (400), `broken_envelope` (200 that is cut off), `empty` (no candidates), `refuse` (blockReason), `truncated` (MAX_TOKENS, JSON cut off),
 * `garbage` (text that is no JSON), `wrong_shape` (JSON of another schema), `too_many_scenes` (every
 * array longer than allowed), `hostile_text` (control characters, markup and 100,000 characters).
 *
 * @module
 */
import { keyHash } from "../../functions/_shared/providers/gemini_keys.ts";
import { drawPicture } from "../media/picture.ts";
import { answerWithFault, pause } from "./faults.ts";
import { damageText } from "./gemini_damage.ts";
import {
  internalError,
  invalidKey,
  missingKey,
  overloaded,
  quotaExceeded,
  retiredModel,
  unknownModel,
} from "./gemini_errors.ts";
import { findFlagged } from "./flagged_words.ts";
import { hideInlinePictures } from "./gemini_inline.ts";
import { findModel, listModels } from "./gemini_models.ts";
import { type DrawPicture, pictureAnswer } from "./gemini_pictures.ts";
import { type Question, readQuestion } from "./gemini_request.ts";
import {
  arrayAnswer,
  countTokens,
  streamedAnswer,
  wholeAnswer,
  type Writing,
} from "./gemini_response.ts";
import { writeObject, writeProse } from "./gemini_writer.ts";
import { talkResponse } from "./gemini_stream.ts";
import { directTalk, readTalk } from "./gemini_talk.ts";
import { type Answer, jsonAnswer, rpcError, toResponse } from "./google_rpc.ts";
import type { Fault, Simulator, SimulatorContext } from "./simulator.ts";

const DEFAULT_RETRY_MS = 36_906.528;

const OPERATIONS: Readonly<Record<string, string>> = {
  generateContent: "generate_content",
  streamGenerateContent: "stream_generate_content",
  countTokens: "count_tokens",
};

/** A request, as far as its path says. */
interface Call {
  readonly operation: string;
  readonly version: string;
  /** Model id; empty for lists. */
  readonly model: string;
  readonly query: URLSearchParams;
}

/** Makes the simulator. `draw` draws the pictures; default: in the simulator's own thread. */
export const createGeminiSimulator = (
  context: SimulatorContext,
  draw: DrawPicture = drawPicture,
): Simulator => ({
  name: "gemini",
  async handle(request, path) {
    const body = await request.text();
    const call = readCall(request, path);
    if (call === null) return toResponse(rpcError("NOT_FOUND", "Method not found."));
    const key = request.headers.get("x-goog-api-key") ?? call.query.get("key") ?? "";
    const hash = await keyHash(key);
    const fault = context.takeFault(call.operation, `${body}\n${hash}`);
    const record: RecordCall = (operation, status, kind = null) =>
      context.record({
        operation,
        method: request.method,
        // The query may hold the key.
        path: path.split("?")[0] ?? path,
        body: hideInlinePictures(body).slice(0, 20_000),
        status,
        fault: kind,
        taskId: null,
        keyHash: hash,
      });
    // Here `garbage` is the model's, not the wire's.
    const response = await answerWithFault(fault?.kind === "garbage" ? null : fault, {
      signal: AbortSignal.any([context.signal, request.signal]),
      problem: () => toResponseOrNull(playFault(fault, call)),
      work: async () => {
        const refusal = refuseKey(key);
        if (refusal !== null) return toResponse(refusal);
        return converse({ call, body, fault, context, signal: request.signal, record }) ??
          toResponse(await respond(call, body, { fault, draw, context }));
      },
    });
    record(call.operation, response.status, fault?.kind ?? null);
    return response;
  },
});

function toResponseOrNull(answer: Answer | null): Response | null {
  return answer === null ? null : toResponse(answer);
}

function readCall(request: Request, path: string): Call | null {
  const query = new URL(request.url).searchParams;
  const [, version = "", model = "", method] =
    /^\/(v1|v1beta)\/models(?:\/([^/:?]+):(\w+))?(?:\?.*)?$/.exec(path) ?? [];
  if (version === "") return null;
  if (method === undefined) {
    return request.method === "GET" ? { operation: "list_models", version, model, query } : null;
  }
  const operation = OPERATIONS[method];
  return operation === undefined || request.method !== "POST"
    ? null
    : { operation, version, model: decodeURIComponent(model), query };
}

/** What a fault answers instead of the usual; null when it does not replace the whole answer. */
function playFault(fault: Fault | null, call: Call): Answer | null {
  switch (fault?.kind.replace(/_after_accept$/, "")) {
    case "http_500":
      return internalError();
    case "http_503":
      return overloaded();
    case "rate_limited":
      return quotaExceeded("minute", call.model, (fault.delayMs ?? DEFAULT_RETRY_MS) / 1000);
    case "quota_day":
      return quotaExceeded("day", call.model, DEFAULT_RETRY_MS / 1000);
    case "quota_zero":
      return quotaExceeded("zero", call.model, DEFAULT_RETRY_MS / 1000);
    case "bad_key":
      return invalidKey();
    case "broken_envelope":
      return { status: 200, body: '{\n  "candidates": [\n    {\n      "content": {\n        "par' };
    default:
      return null;
  }
}

function refuseKey(key: string): Answer | null {
  if (key === "") return missingKey();
  return key.startsWith("invalid") ? invalidKey() : null;
}

/** Writes the call into the log. */
type RecordCall = (operation: string, status: number, fault?: string | null) => void;

interface Conversation {
  readonly call: Call;
  readonly body: string;
  readonly fault: Fault | null;
  readonly context: SimulatorContext;
  readonly signal: AbortSignal;
  readonly record: RecordCall;
}

/** Answers a request with tools; null when it is none, or a fault is for the usual answer to play. */
function converse(
  { call, body, fault, context, signal, record }: Conversation,
): Response | null {
  const model = findModel(call.model);
  const isStream = call.operation === "stream_generate_content" && call.query.get("alt") === "sse";
  if (fault !== null || !isStream || model === undefined || model.retired) return null;
  const read = readQuestion(body);
  if ("refusal" in read) return toResponse(read.refusal);
  const talk = readTalk(body);
  if (talk === null) return null;
  if ("refusal" in talk) return toResponse(talk.refusal);
  return talkResponse({
    modelVersion: model.routedTo ?? model.id,
    question: read.question.everything,
    step: context.takeStep(body) ?? directTalk(talk),
    signal: AbortSignal.any([context.signal, signal]),
    onHangUp: () => record("stream_hang_up", 499),
  });
}

interface Play {
  readonly fault: Fault | null;
  readonly draw: DrawPicture;
  readonly context: SimulatorContext;
}

async function respond(call: Call, body: string, { fault, draw, context }: Play): Promise<Answer> {
  if (call.operation === "list_models") return jsonAnswer(listModels());
  const model = findModel(call.model);
  if (model === undefined) return unknownModel(call.model, call.version);
  if (model.retired) return retiredModel(model.id);
  const read = readQuestion(body);
  if ("refusal" in read) return read.refusal;
  if (call.operation === "count_tokens") {
    return jsonAnswer({ totalTokens: countTokens(read.question.everything) });
  }
  if (model.draws) {
    if (read.question.json) {
      return rpcError("INVALID_ARGUMENT", "JSON mode is not enabled for this model");
    }
    await pause(context.renderMs.image, context.signal);
    return await pictureAnswer(read, { model: model.id, fault, draw });
  }
  const writing: Writing = {
    model: model.id,
    modelVersion: model.routedTo ?? model.id,
    question: read.question.everything,
    ...write(read.question, fault),
  };
  if (call.operation === "generate_content") return wholeAnswer(writing);
  return call.query.get("alt") === "sse" ? streamedAnswer(writing) : arrayAnswer(writing);
}

function write(
  question: Question,
  fault: Fault | null,
): Pick<Writing, "text" | "finishReason" | "blockReason" | "blockedFor"> {
  if (fault?.kind === "refuse") {
    return { text: null, finishReason: "STOP", blockReason: "PROHIBITED_CONTENT" };
  }
  const [flagged] = question.guarded ? findFlagged(question.everything) : [];
  if (flagged !== undefined) {
    return { text: null, finishReason: "STOP", blockReason: "SAFETY", blockedFor: flagged.gemini };
  }
  if (fault?.kind === "empty") return { text: null, finishReason: "STOP" };
  if (!question.json) {
    return damageText(writeProse(question), fault);
  }
  return damageText(JSON.stringify(writeObject(question), null, 2), fault);
}
