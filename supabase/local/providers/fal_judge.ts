/**
 * How the simulated fal judges an endpoint's input: as FastAPI does, with one item per fault.
 * Source: fal.ai/docs error reference.
 *
 * @module
 */
import type { z } from "zod";

/** One item of a 422's `detail`. */
export interface FalFault {
  /** Where: `body`, then the field. */
  readonly loc: readonly (string | number)[];
  /** What, for people. */
  readonly msg: string;
  /** What, for programs: pydantic's and fal's own names. */
  readonly type: string;
  /** Where it is explained. */
  readonly url?: string;
  /** The limits. */
  readonly ctx?: Record<string, unknown>;
  /** What was given. */
  readonly input?: unknown;
}

/** What is to be made, once the input is judged. */
export type FalWork =
  | {
    readonly kind: "image";
    readonly prompt: string;
    readonly width: number;
    readonly height: number;
    readonly count: number;
    readonly seed: number;
    readonly format: "jpeg" | "png";
  }
  | {
    readonly kind: "video";
    readonly prompt: string;
    readonly imageUrl: string;
    readonly lastImageUrl: string | undefined;
    readonly durationSeconds: number;
    readonly aspectRatio: string | undefined;
    /** What the output holds besides the file. */
    readonly output: Readonly<Record<string, unknown>>;
  }
  | {
    readonly kind: "join";
    readonly clipUrls: readonly string[];
    readonly width: number | undefined;
    readonly height: number | undefined;
    readonly framesPerSecond: number | undefined;
  };

/** Judges an input: what is to be made, or the faults. */
export type Judge = (input: unknown) => FalWork | readonly FalFault[];

/** Makes the judge of an endpoint from its schema, and from what becomes of a right input. */
export function judge<Input>(schema: z.ZodType<Input>, work: (input: Input) => FalWork): Judge {
  return (input) => {
    const parsed = schema.safeParse(input);
    return parsed.success
      ? work(parsed.data)
      : parsed.error.issues.map((issue) => toFault(issue, input));
  };
}

/** Says a fault the way pydantic does. */
function toFault(issue: z.core.$ZodIssue, input: unknown): FalFault {
  const loc = ["body", ...issue.path.map((part) => typeof part === "number" ? part : String(part))];
  const field = issue.path[0];
  const value = typeof input === "object" && input !== null && field !== undefined
    ? Reflect.get(input, field)
    : input;
  if (value === undefined) return { loc, msg: "Field required", type: "missing", input };
  switch (issue.code) {
    case "too_big":
      return {
        loc,
        msg: `Input should be less than or equal to ${issue.maximum}`,
        type: "less_than_equal",
        ctx: { le: Number(issue.maximum) },
        input: value,
      };
    case "too_small":
      return {
        loc,
        msg: `Input should be greater than or equal to ${issue.minimum}`,
        type: "greater_than_equal",
        ctx: { ge: Number(issue.minimum) },
        input: value,
      };
    case "invalid_value":
      return {
        loc,
        msg: `Input should be ${issue.values.map((one) => `'${String(one)}'`).join(" or ")}`,
        type: "literal_error",
        ctx: { expected: issue.values.map(String).join(", ") },
        input: value,
      };
    default:
      return { loc, msg: issue.message, type: "value_error", input: value };
  }
}
