/**
 * A catalogue as films need it: grids of lengths, prices with fractions, and models that draw after pictures.
 *
 * @module
 */
import { modelOf } from "../../factories.ts";

/** One default model of each kind, and others to choose from. */
export const FILM_MODELS = [
  modelOf({ id: "writer", kind: "script", provider: "gemini", unit: "script" }),
  modelOf({ id: "painter", kind: "image", provider: "fal", unit: "image", typical_sec: 3 }),
  modelOf({
    id: "portraitist",
    kind: "image",
    provider: "gemini",
    unit: "image",
    price: 4,
    is_default: false,
    limits: { max_references: 4, max_prompt_chars: 8000 },
  }),
  modelOf({
    id: "master",
    kind: "image",
    provider: "gemini",
    unit: "image",
    price: 14,
    is_default: false,
    limits: { max_references: 4, max_prompt_chars: 8000 },
  }),
  modelOf({
    id: "narrator",
    kind: "speech",
    provider: "google_tts",
    unit: "thousand_characters",
    price: 2,
  }),
  modelOf({
    id: "camera",
    kind: "video",
    unit: "second",
    price: 4,
    limits: { durations_sec: [5, 10], aspect_ratios: ["16:9", "9:16", "1:1"] },
  }),
  modelOf({
    id: "cheap-camera",
    kind: "video",
    unit: "second",
    price: 2.5,
    is_default: false,
    limits: { durations_sec: [4, 8, 12] },
  }),
  modelOf({
    id: "fine-camera",
    kind: "video",
    unit: "second",
    price: 11.2,
    is_default: false,
    limits: { durations_sec: [10, 9, 8, 7, 6, 5, 4, 3, 2], aspect_ratios: ["16:9"] },
  }),
  modelOf({
    id: "two-picture-camera",
    kind: "video",
    price: 1,
    is_default: false,
    limits: { durations_sec: [5, 10], last_frame: true, last_frame_required: true },
  }),
  modelOf({
    id: "old-camera",
    kind: "video",
    is_default: false,
    retired_at: "2026-01-01T00:00:00+00:00",
    replaced_by: "camera",
  }),
  modelOf({
    id: "scissors",
    kind: "film",
    provider: "studio",
    unit: "film",
    limits: { max_clips: 60 },
  }),
];
