/**
 * How the simulated KIE judges the input of a create, by the model's documented fields. It shares the
 * documentation's tables with the product, not the code that fills them in.
 *
 * @module
 */
import { KIE_MODELS, type KieField } from "../../functions/_shared/providers/kie_models.ts";

/** A refusal as KIE words it. */
export interface KieRefusal {
  /** The body's `code`. */
  readonly code: number;
  /** The body's `msg`. */
  readonly msg: string;
}

/** What a create asks for. */
export interface KieWork {
  /** What the clip shows. */
  readonly prompt: string;
  /** The first frame. */
  readonly imageUrl: string;
  /** The last frame, when one is given. */
  readonly lastImageUrl: string | undefined;
  /** Whole seconds. */
  readonly durationSeconds: number;
  /** Absent when the model has no such field. */
  readonly aspectRatio: string | undefined;
}

/** Fields in which a model takes the first frame. */
const IMAGE_FIELDS = [
  "first_frame_url",
  "first_frame_image_url",
  "image_url",
  "image_urls",
  "input_urls",
];

/** Fields in which a model takes the last frame. */
const LAST_FIELDS = [
  "last_frame_url",
  "last_frame_image_url",
  "end_image_url",
  "tail_image_url",
];

/** What models without a duration render. */
const FIXED_SECONDS = 5;

/** Judges a create's model and input. A wrong parameter is code 500, a missing one 422, as on the wire. */
export function judgeKieInput(model: unknown, input: unknown): KieWork | KieRefusal {
  if (typeof model !== "string" || model === "") return { code: 422, msg: "Please enter model." };
  if (model.startsWith("sora-2")) {
    return { code: 500, msg: "This interface is temporarily paused, please use another model." };
  }
  const fields = Object.hasOwn(KIE_MODELS, model) ? KIE_MODELS[model] : undefined;
  if (fields === undefined) {
    return { code: 422, msg: `The model name you specified is not supported: ${model}` };
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return { code: 422, msg: "Please enter input." };
  }
  const values = new Map<string, unknown>(Object.entries(input));
  const stranger = [...values.keys()].find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) return { code: 500, msg: `${stranger} is not a parameter` };
  for (const [name, field] of Object.entries(fields)) {
    const value = values.get(name);
    if (value === undefined || value === null || value === "") {
      if (field.required) return { code: 422, msg: `Please enter ${name}.` };
      continue;
    }
    const fault = faultOf(name, field, value);
    if (fault !== null) return { code: 500, msg: fault };
  }
  const [imageUrl, second] = IMAGE_FIELDS.map((name) => values.get(name))
    .map((value) => Array.isArray(value) ? value : [value])
    .find(([value]) => typeof value === "string") ?? [];
  if (imageUrl === undefined) return { code: 422, msg: "Please enter image." };
  // Further pictures of a list are read too, whatever the model makes of them.
  const lastImageUrl = LAST_FIELDS.map((name) => values.get(name))
    .find((value) => value !== undefined) ?? second;
  if (!isUrl(imageUrl) || (lastImageUrl !== undefined && !isUrl(lastImageUrl))) {
    return { code: 422, msg: "url is wrong" };
  }
  const ratio = values.get("aspect_ratio");
  const duration = Number(values.get("duration") ?? fields.duration?.default ?? FIXED_SECONDS);
  return {
    prompt: String(values.get("prompt") ?? ""),
    imageUrl,
    lastImageUrl,
    durationSeconds: duration >= 1 ? Math.round(duration) : FIXED_SECONDS,
    aspectRatio: typeof ratio === "string" ? ratio : undefined,
  };
}

/** Tells a refusal from work. */
export function isKieRefusal(judged: KieWork | KieRefusal): judged is KieRefusal {
  return "code" in judged;
}

function isUrl(value: unknown): value is string {
  return typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value);
}

function faultOf(name: string, field: KieField, value: unknown): string | null {
  const type = Array.isArray(value) ? "array" : typeof value;
  const wanted = field.type === "integer" ? "number" : field.type;
  if (type !== wanted || (field.type === "integer" && !Number.isInteger(value))) {
    return `${name} must be a ${field.type}`;
  }
  if (field.values !== undefined && !field.values.some((allowed) => allowed === value)) {
    return `${name} is not within the range of allowed options`;
  }
  if (typeof value === "number") {
    const { minimum, maximum } = field;
    if ((minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum)) {
      return `${name} must be between ${minimum} and ${maximum}`;
    }
  }
  if (typeof value === "string" && [...value].length > (field.maxLength ?? Infinity)) {
    return `The ${name} length cannot exceed ${field.maxLength} characters`;
  }
  if (Array.isArray(value) && value.length > (field.maxItems ?? Infinity)) {
    return `${name} accepts at most ${field.maxItems} items`;
  }
  return null;
}
