import { createGoogleTts } from "../../../supabase/functions/_shared/providers/google_tts.ts";
import { conformSpeechSynthesizer } from "./speech_synthesizer.ts";

conformSpeechSynthesizer({
  provider: "google_tts",
  create: (providers, log) =>
    createGoogleTts({
      serviceAccountJson: providers.env("GOOGLE_TTS_SERVICE_ACCOUNT_JSON"),
      baseUrl: providers.env("GOOGLE_TTS_BASE_URL"),
      log,
    }),
  request: { text: "A small fox.", voiceId: "en-US-Neural2-C" },
  calls: {
    synthesize: {
      slow: "audio 1",
      hang: "PROVIDER_UNAVAILABLE 1",
      drop: "PROVIDER_UNAVAILABLE 1",
      garbage: "PROVIDER_BAD_RESPONSE 1",
      http_500: "PROVIDER_UNAVAILABLE 1",
      http_503: "PROVIDER_UNAVAILABLE 1",
      rate_limited: "PROVIDER_RATE_LIMITED 1",
      wrong_shape: "PROVIDER_BAD_RESPONSE 1",
      // A token may be revoked before it expires: it is replaced once.
      bad_token: "PROVIDER_REJECTED 2",
      disabled_api: "PROVIDER_REJECTED 1",
      empty_file: "RESULT_INVALID 1",
      truncated_file: "RESULT_INVALID 1",
    },
    token: {
      slow: "audio 1",
      // The token is every caller's: one of them giving up does not end the call, its own time-out does.
      hang: "PROVIDER_TIMEOUT 1",
      drop: "PROVIDER_UNAVAILABLE 1",
      garbage: "PROVIDER_BAD_RESPONSE 1",
      http_500: "PROVIDER_UNAVAILABLE 1",
      http_503: "PROVIDER_UNAVAILABLE 1",
      rate_limited: "PROVIDER_RATE_LIMITED 1",
      wrong_shape: "PROVIDER_BAD_RESPONSE 1",
      bad_token: "PROVIDER_REJECTED 1",
      disabled_api: "PROVIDER_REJECTED 1",
      // Faults of the audio, which a token is not.
      empty_file: "audio 1",
      truncated_file: "audio 1",
    },
  },
});
