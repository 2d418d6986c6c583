/**
 * The models the simulated Gemini API knows.
 *
 * Source: ai.google.dev models, deprecations and changelog pages, as of November 2026.
 *
 * @module
 */

/** One model. */
export interface SimulatedModel {
  /** Id without `models/`. */
  readonly id: string;
  /** The name for people. */
  readonly displayName: string;
  /** The model that answers instead, and names itself in `modelVersion`; absent when it does itself. */
  readonly routedTo?: string;
  /** True when the API answers 404 to any use. */
  readonly retired?: boolean;
  /** True when it answers with pictures. */
  readonly draws?: boolean;
}

const MODELS: readonly SimulatedModel[] = [
  { id: "gemini-4-argon", displayName: "Gemini 4 Argon" },
  { id: "gemini-3.8-flash", displayName: "Gemini 3.8 Flash" },
  { id: "gemini-3.7-flash", displayName: "Gemini 3.7 Flash", routedTo: "gemini-3.8-flash" },
  { id: "gemini-3.6-flash", displayName: "Gemini 3.6 Flash" },
  { id: "gemini-3.5-flash", displayName: "Gemini 3.5 Flash", routedTo: "gemini-3.6-flash" },
  { id: "gemini-3.5-flash-lite", displayName: "Gemini 3.5 Flash-Lite" },
  { id: "gemini-3.1-pro-preview", displayName: "Gemini 3.1 Pro Preview" },
  { id: "gemini-3.1-flash-lite", displayName: "Gemini 3.1 Flash-Lite" },
  { id: "gemini-2.5-flash-lite", displayName: "Gemini 2.5 Flash-Lite" },
  { id: "gemini-flash-latest", displayName: "Gemini Flash Latest", routedTo: "gemini-3.8-flash" },
  {
    id: "gemini-flash-lite-latest",
    displayName: "Gemini Flash-Lite Latest",
    routedTo: "gemini-3.5-flash-lite",
  },
  {
    id: "gemini-pro-latest",
    displayName: "Gemini Pro Latest",
    routedTo: "gemini-3.1-pro-preview",
  },
  { id: "gemini-nano-banana-2.1", displayName: "Nano Banana 2.1", draws: true },
  { id: "gemini-3-pro-image", displayName: "Gemini 3 Pro Image", draws: true },
  {
    id: "gemini-3.1-flash-lite-image",
    displayName: "Gemini 3.1 Flash-Lite Image",
    draws: true,
  },
  { id: "gemini-2.5-flash-image", displayName: "Gemini 2.5 Flash Image", retired: true },
  { id: "gemini-2.5-flash", displayName: "Gemini 2.5 Flash", retired: true },
  { id: "gemini-2.5-pro", displayName: "Gemini 2.5 Pro", retired: true },
  { id: "gemini-2.0-flash", displayName: "Gemini 2.0 Flash", retired: true },
  { id: "gemini-3-pro-preview", displayName: "Gemini 3 Pro Preview", retired: true },
];

/** Finds a model by its id without `models/`. */
export function findModel(id: string): SimulatedModel | undefined {
  return MODELS.find((model) => model.id === id);
}

/** The body of `GET /{version}/models`. */
export function listModels(): Record<string, unknown> {
  return {
    models: MODELS.filter((model) => !model.retired).map((model) => ({
      name: `models/${model.id}`,
      version: "001",
      displayName: model.displayName,
      description: `${model.displayName}, simulated`,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ["generateContent", "countTokens"],
      thinking: true,
    })),
  };
}
