/**
 * `POST /v1/moderations` of the simulated OpenAI: flags the words of `flagged_words.ts` in texts and in the
 * addresses of pictures, which it fetches as the API does.
 *
 * Source: resources/moderations of openai 7.55.0; the refusal of a second picture as in
 * antiwork/gumroad#4709.
 *
 * @module
 */
import { z } from "zod";
import { findFlagged } from "./flagged_words.ts";
import { fetchInputImage } from "./input_image.ts";
import { invalid, jsonBody, type OpenAiAnswer, unknownModel } from "./openai_errors.ts";

/** The alias answers by the name of what it stands for. */
const MODELS: Readonly<Record<string, string>> = {
  "omni-moderation-latest": "omni-moderation-2024-09-26",
  "omni-moderation-2024-09-26": "omni-moderation-2024-09-26",
};

/** Every category, and whether it is looked for in pictures too. */
const CATEGORIES: Readonly<Record<string, boolean>> = {
  "harassment": false,
  "harassment/threatening": false,
  "sexual": true,
  "hate": false,
  "hate/threatening": false,
  "illicit": false,
  "illicit/violent": false,
  "self-harm/intent": true,
  "self-harm/instructions": true,
  "self-harm": true,
  "sexual/minors": false,
  "violence": true,
  "violence/graphic": true,
};

const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({ type: z.literal("image_url"), image_url: z.strictObject({ url: z.string() }) }),
]);

const requestSchema = z.strictObject({
  model: z.string().default("omni-moderation-latest"),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
});

/** Answers one request body. `flag`: everything is found violent, whatever it says. */
export async function moderationAnswer(
  body: string,
  { flag, signal }: { readonly flag: boolean; readonly signal: AbortSignal },
): Promise<OpenAiAnswer> {
  const parsed = parse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.code === "unrecognized_keys"
      ? issue.keys[0] ?? null
      : issue?.path[0]?.toString() ?? null;
    return invalid(`Invalid value for '${param}'.`, param);
  }
  const { model, input } = parsed.data;
  const answering = MODELS[model];
  if (answering === undefined) return unknownModel(model);
  const parts = typeof input === "string" ? [] : input.filter((one) => typeof one !== "string");
  const pictures = parts.flatMap((one) => one.type === "image_url" ? [one.image_url.url] : []);
  if (pictures.length > 1) {
    const message = `Number of images (${pictures.length}) exceeds maximum of 1`;
    return invalid(message, "input", "too_many_images");
  }
  for (const url of pictures) {
    try {
      if (!url.startsWith("data:")) await fetchInputImage(url, signal);
    } catch (cause) {
      return invalid(cause instanceof Error ? cause.message : "", "input", "invalid_image_url");
    }
  }
  const said = parts.map((one) => one.type === "text" ? one.text : one.image_url.url);
  // Texts have a result each; parts of several kinds are one thing.
  const subjects = typeof input === "string"
    ? [input]
    : parts.length > 0
    ? [said.join("\n")]
    : input.map(String);
  return jsonBody({
    id: `modr-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`,
    model: answering,
    results: subjects.map((text) => result(text, { flag, types: typesOf(parts) })),
  });
}

function typesOf(parts: readonly z.infer<typeof part>[]): ReadonlySet<"text" | "image"> {
  const types = parts.map(({ type }) => type === "text" ? "text" as const : "image" as const);
  return new Set(types.length === 0 ? ["text"] : types);
}

function result(
  text: string,
  { flag, types }: { readonly flag: boolean; readonly types: ReadonlySet<"text" | "image"> },
) {
  const found = new Set(findFlagged(text).flatMap(({ openai }) => openai));
  if (flag) found.add("violence");
  const each = <Value>(value: (name: string) => Value) =>
    Object.fromEntries(Object.keys(CATEGORIES).map((name) => [name, value(name)]));
  return {
    flagged: found.size > 0,
    categories: each((name) => found.has(name)),
    category_scores: each((name) => found.has(name) ? 0.97 : 0.000011),
    category_applied_input_types: each((name) =>
      [...types].filter((type) => type === "text" || CATEGORIES[name])
    ),
  };
}

function parse(body: string) {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return requestSchema.safeParse(json);
}
