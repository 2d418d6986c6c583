// Every documented failure of Google Text-to-Speech, as recorded.
import { equal } from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import { serviceAccountJson } from "../../supabase/local/providers/google_tts.ts";
import { type Recorded, replay } from "./recorded.ts";
import { HELP, info, rpc } from "./recorded_asks.ts";
import { memoryLog } from "./support.ts";

const { log } = memoryLog();

const TTS_REFUSALS: readonly (readonly [name: string, Recorded, code: string])[] = [
  [
    "a text that is too long",
    rpc(
      400,
      "INVALID_ARGUMENT",
      "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is " +
        "different from quotas.",
    ),
    "PROVIDER_REJECTED",
  ],
  [
    "a sentence that is too long",
    rpc(400, "INVALID_ARGUMENT", "This request contains sentences that are too long."),
    "PROVIDER_REJECTED",
  ],
  [
    "a pitch for a voice that has none",
    rpc(400, "INVALID_ARGUMENT", "This voice does not support pitch parameters at this time."),
    "PROVIDER_REJECTED",
  ],
  [
    "a voice it does not have",
    rpc(400, "INVALID_ARGUMENT", "Voice 'en-US-Nobody-A' does not exist. Is it misspelled?"),
    "PROVIDER_REJECTED",
  ],
  [
    "an API that is not enabled",
    rpc(
      403,
      "PERMISSION_DENIED",
      "Cloud Text-to-Speech API has not been used in project 1 before",
      [
        HELP,
        info("SERVICE_DISABLED"),
      ],
    ),
    "PROVIDER_REJECTED",
  ],
  [
    "a token it does not take",
    rpc(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", [
      info("ACCESS_TOKEN_EXPIRED"),
    ]),
    "PROVIDER_REJECTED",
  ],
  [
    "a quota",
    rpc(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "PROVIDER_RATE_LIMITED",
  ],
  [
    "a fault of its own",
    rpc(500, "INTERNAL", "Internal error encountered."),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "an outage",
    rpc(503, "UNAVAILABLE", "The service is currently unavailable."),
    "PROVIDER_UNAVAILABLE",
  ],
];

for (const [name, answer, code] of TTS_REFUSALS) {
  Deno.test(`google_tts: ${name} is ${code}`, async () => {
    const { fetch, counted } = replay(({ pathname }) =>
      pathname === "/token"
        ? { body: { access_token: "ya29.x", expires_in: 3599, token_type: "Bearer" } }
        : answer
    );
    const tts = createGoogleTts({
      serviceAccountJson: await serviceAccountJson("https://oauth2.googleapis.com"),
      baseUrl: "https://texttospeech.googleapis.com",
      log,
      fetch,
    });
    let seen = "audio";
    try {
      await tts.synthesize({ text: "A fox.", voiceId: "en-US-Neural2-C" });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      seen = error.code;
    }
    equal(seen, code);
    // A token may have been revoked: it is replaced once.
    equal(counted.posts, answer.status === 401 ? 2 : 1);
  });
}
