import assert from "node:assert/strict";
import type { Voice } from "../../supabase/functions/_shared/providers/speech.ts";
import { findVoices } from "../../supabase/functions/_shared/voice_list.ts";
import { modelOf } from "../factories.ts";

const voiceOf = (voiceId: string, ...languages: string[]): Voice => ({
  voiceId,
  languages,
  gender: "male",
  sampleRateHz: 24_000,
});

const VOICES = [
  voiceOf("ko-KR-Neural2-A", "ko-KR"),
  voiceOf("en-US-Chirp3-HD-Kore", "en-US"),
  voiceOf("en-GB-Neural2-A", "en-GB"),
  voiceOf("en-US-News-K", "en-US"),
  // Providers list voices by another sort of name too.
  voiceOf("Kore", "en-US"),
];

const speech = (id: string, limits: Record<string, string[] | boolean>, more = {}) =>
  modelOf({ id, kind: "speech", provider: "google_tts", limits, ...more });

const MODELS = [
  speech("neural2", { voice_families: ["Neural2"] }),
  speech("chirp", { voice_families: ["Chirp3-HD"], takes_ssml: false, takes_pitch: false }),
  speech("news", { voice_families: ["News"] }, { retired_at: "2026-01-01T00:00:00Z" }),
];

const idsFor = (request: { language?: string; provider?: "google_tts" }) =>
  findVoices(VOICES, MODELS, request).map((voice) => voice.voice_id);

Deno.test("findVoices() gives the voices that can be bought, by id, with what each can do", () => {
  const voices = findVoices(VOICES, MODELS, {});
  assert.deepEqual(voices.map((voice) => voice.voice_id), [
    "en-GB-Neural2-A",
    "en-US-Chirp3-HD-Kore",
    "ko-KR-Neural2-A",
  ]);
  assert.deepEqual(voices[1], {
    voice_id: "en-US-Chirp3-HD-Kore",
    provider: "google_tts",
    model_id: "chirp",
    languages: ["en-US"],
    gender: "male",
    sample_rate_hz: 24_000,
    family: "Chirp3-HD",
    takes_ssml: false,
    takes_pitch: false,
  });
});

Deno.test("findVoices() finds a language in all its regions, and a region by itself", () => {
  assert.deepEqual(idsFor({ language: "EN" }), ["en-GB-Neural2-A", "en-US-Chirp3-HD-Kore"]);
  assert.deepEqual(idsFor({ language: "en-us" }), ["en-US-Chirp3-HD-Kore"]);
  assert.deepEqual(idsFor({ language: "e" }), []);
  assert.deepEqual(idsFor({ language: "fr" }), []);
  assert.equal(idsFor({ provider: "google_tts" }).length, 3);
});
