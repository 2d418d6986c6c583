/**
 * A simulated Google Cloud Text-to-Speech (REST v1) with its own token endpoint. It speaks for real.
 *
 * Calls (operations): `token` (`POST /token`), `list_voices` (`GET /v1/voices`), `synthesize`
 * (`POST /v1/text:synthesize`).
 *
 * Faults, besides those of `faults.ts` (`slow`, `hang`, `drop`, `garbage`, each also with
 * `_after_accept`): `http_500`, `http_503`, `rate_limited`, `wrong_shape` (200 without `audioContent`), `empty_file` (empty `audioContent`),
 * `truncated_file` (the MP3 ends inside a frame), `bad_token` (401; at `token`: 400 `invalid_grant`),
 * `disabled_api` (403 `SERVICE_DISABLED`).
 *
 * @module
 */
import { answerWithFault } from "./faults.ts";
import { type Answer, errorInfo, jsonAnswer, rpcError, toResponse } from "./google_rpc.ts";
import { audioAnswer, synthesize } from "./google_tts_synthesize.ts";
import { createTokenDesk, oauthError } from "./google_tts_token.ts";
import { SIMULATED_VOICES } from "./google_tts_voices.ts";
import type { CreateSimulator, Fault } from "./simulator.ts";

export { serviceAccountJson } from "./google_tts_token.ts";

const SERVICE = "texttospeech.googleapis.com";
/** A request, as far as routing needs it. */
interface Call {
  readonly operation: string;
  answer(fault: Fault | null): Promise<Answer> | Answer;
}

/** Makes the simulator. Its Google account is the process's own: see {@link serviceAccountJson}. */
export const createGoogleTtsSimulator: CreateSimulator = (context) => {
  const desk = createTokenDesk(context.url);

  const route = (request: Request, path: string, body: string): Call | null => {
    switch (`${request.method} ${path.split("?")[0]}`) {
      case "POST /token":
        return { operation: "token", answer: () => desk.exchange(body) };
      case "GET /v1/voices":
        return authorised(request, "list_voices", () => listVoices(request));
      case "POST /v1/text:synthesize":
        return authorised(request, "synthesize", async (fault) => {
          const spoken = await synthesize(body, context.signal);
          if ("refusal" in spoken) return spoken.refusal;
          return audioAnswer(damage(spoken.audio, fault));
        });
      default:
        return null;
    }
  };

  const authorised = (request: Request, operation: string, answer: Call["answer"]): Call => ({
    operation,
    answer(fault) {
      const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
      if (token === undefined) return missingCredentials();
      return desk.isValid(token) ? answer(fault) : invalidCredentials();
    },
  });

  return {
    name: "google_tts",
    async handle(request, path) {
      const body = await request.text();
      const call = route(request, path, body);
      if (call === null) return toResponse(rpcError("NOT_FOUND", "Method not found."));
      const fault = context.takeFault(call.operation, body);
      const response = await answerWithFault(fault, {
        signal: AbortSignal.any([context.signal, request.signal]),
        problem: (kind) => {
          const answer = playFault(kind, call.operation);
          return answer === null ? null : toResponse(answer);
        },
        work: async () => toResponse(await call.answer(fault)),
      });
      context.record({
        operation: call.operation,
        method: request.method,
        path,
        // The assertion is a credential, if only a simulated one.
        body: call.operation === "token" ? "" : body.slice(0, 20_000),
        status: response.status,
        fault: fault?.kind ?? null,
        taskId: null,
      });
      return response;
    },
  };
};

/** What a fault answers instead of the usual; null when it does not replace the answer. */
function playFault(kind: string, operation: string): Answer | null {
  const atToken = operation === "token";
  switch (kind) {
    case "http_500":
      return atToken
        ? oauthError("internal_failure", "Internal error encountered.", 500)
        : rpcError("INTERNAL", "Internal error encountered.");
    case "http_503":
      return rpcError("UNAVAILABLE", "The service is currently unavailable.");
    case "rate_limited":
      return rpcError("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).");
    case "wrong_shape":
      return jsonAnswer({ audio: { content: "//NExAAR" } });
    case "empty_file":
      return atToken ? null : jsonAnswer({ audioContent: "" });
    case "bad_token":
      return atToken ? oauthError("invalid_grant", "Invalid JWT Signature.") : invalidCredentials();
    case "disabled_api":
      return rpcError(
        "PERMISSION_DENIED",
        "Cloud Text-to-Speech API has not been used in project 100000000001 before or it is " +
          "disabled. Enable it by visiting " +
          `https://console.developers.google.com/apis/api/${SERVICE}/overview?project=100000000001 ` +
          "then retry. If you enabled this API recently, wait a few minutes for the action to " +
          "propagate to our systems and retry.",
        [errorInfo("SERVICE_DISABLED", { service: SERVICE, consumer: "projects/100000000001" })],
      );
    default:
      return null;
  }
}

function damage(audio: Uint8Array, fault: Fault | null): Uint8Array {
  // 37 is no multiple of any frame's length at 32 kbit/s, so the cut falls inside a frame.
  if (fault?.kind !== "truncated_file") return audio;
  return audio.subarray(0, Math.floor(audio.byteLength / 2) - (audio.byteLength % 2) - 37);
}

function listVoices(request: Request): Answer {
  const wanted = new URL(request.url).searchParams.get("languageCode");
  const voices = SIMULATED_VOICES
    .filter((one) => !wanted || one.languageCode.startsWith(wanted))
    .map((one) => ({
      languageCodes: [one.languageCode],
      name: one.name,
      ssmlGender: one.ssmlGender,
      naturalSampleRateHertz: 24_000,
    }));
  return jsonAnswer({ voices });
}

function missingCredentials(): Answer {
  return rpcError(
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use " +
      "API Key or other form of API consumer identity to call this API.",
  );
}

function invalidCredentials(): Answer {
  return rpcError(
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or " +
      "other valid authentication credential. See " +
      "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    [errorInfo("ACCESS_TOKEN_INVALID", { service: SERVICE })],
  );
}
