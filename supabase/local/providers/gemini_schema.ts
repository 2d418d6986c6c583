/**
 * Writes a JSON value that satisfies a schema, in JSON Schema or in the OpenAPI subset with upper-case
 * types. What stands in the strings, numbers and arrays is asked of a {@link ValueWriter}.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";
import { fitText, textForFormat, textForPattern } from "./gemini_schema_text.ts";

/** An array around a value. */
export interface Around {
  /** The array's property name; empty at the root. */
  readonly name: string;
  /** Which item, from 0. */
  readonly index: number;
  /** How many items. */
  readonly count: number;
}

/** Where a value stands. */
export interface Spot {
  /** Its property name; that of the array for an array's items; empty at the root. */
  readonly name: string;
  /** What the schema says about it; may be empty. */
  readonly description: string;
  /** The arrays around it, outermost first. */
  readonly around: readonly Around[];
  /** Names of the other properties of its object. */
  readonly siblings: readonly string[];
}

/** Knows what to write. `null` leaves it to the schema. */
export interface ValueWriter {
  /** Chooses where nothing is known. */
  readonly chooser: Chooser;
  /** The text of a string; it is brought between its limits. */
  text(spot: Spot): string | null;
  /** A number; it is brought between its limits. */
  number(spot: Spot): number | null;
  /** How many items an array should have; it is brought between its limits. */
  count(spot: Spot): number | null;
}

type Schema = Readonly<Record<string, unknown>>;

/** Below this depth only what is required is written: recursive schemas must end. */
const FULL_DEPTH = 6;

/** Writes a value for the schema. Keywords that are not understood are ignored, as the API does. */
export function writeValue(schema: unknown, writer: ValueWriter): unknown {
  const root = isRecord(schema) ? schema : {};
  const spot: Spot = { name: "", description: "", around: [], siblings: [] };
  return write(root, spot, 0);

  function write(given: Schema, at: Spot, depth: number): unknown {
    const node = resolve(given, root, writer.chooser, depth);
    if ("const" in node) return node["const"];
    const choices = list(node["enum"]).filter((choice) => choice !== null);
    if (choices.length > 0) return writer.chooser.pick(choices);
    const spot = { ...at, description: string(node["description"]) ?? at.description };
    switch (typeOf(node)) {
      case "object":
        return writeObject(node, spot, depth);
      case "array":
        return writeArray(node, spot, depth);
      case "number":
      case "integer":
        return writeNumber(node, spot);
      case "boolean":
        return writer.chooser.next() < 0.5;
      case "null":
        return null;
      default:
        return writeText(node, spot);
    }
  }

  function writeObject(node: Schema, spot: Spot, depth: number): Record<string, unknown> {
    const properties = isRecord(node["properties"]) ? node["properties"] : {};
    const required = list(node["required"]);
    const names = Object.keys(properties)
      .filter((name) => depth < FULL_DEPTH || required.includes(name));
    const written = names.map((name) => {
      const siblings = names.filter((other) => other !== name);
      const inner = { ...spot, name, siblings, description: "" };
      return [name, write(record(properties[name]), inner, depth + 1)] as const;
    });
    const more = node["additionalProperties"];
    if (isRecord(more) && names.length === 0 && depth < FULL_DEPTH) {
      const keys = list(record(node["propertyNames"])["enum"]).map(String);
      for (const name of keys.length > 0 ? keys : ["first", "second"]) {
        written.push([name, write(more, { ...spot, name, siblings: [] }, depth + 1)]);
      }
    }
    return Object.fromEntries(written);
  }

  function writeArray(node: Schema, spot: Spot, depth: number): unknown[] {
    // Tuples: `prefixItems`, or a list in `items` before JSON Schema 2020-12.
    const prefix = [...list(node["prefixItems"]), ...list(node["items"])];
    const min = Math.max(number(node["minItems"]) ?? 0, prefix.length);
    const max = number(node["maxItems"]) ?? Infinity;
    const wanted = depth < FULL_DEPTH ? writer.count(spot) ?? 3 : 0;
    const count = isRecord(node["items"]) ? Math.min(max, Math.max(min, wanted)) : min;
    return Array.from({ length: count }, (_, index) => {
      const around = [...spot.around, { name: spot.name, index, count }];
      return write(record(prefix[index] ?? node["items"]), { ...spot, around }, depth + 1);
    });
  }

  function writeNumber(node: Schema, spot: Spot): number {
    const whole = typeOf(node) === "integer";
    const step = number(node["multipleOf"]) ?? (whole ? 1 : 0.1);
    const above = number(node["exclusiveMinimum"]);
    const below = number(node["exclusiveMaximum"]);
    const min = above === undefined ? number(node["minimum"]) ?? -Infinity : above + step;
    const max = below === undefined ? number(node["maximum"]) ?? Infinity : below - step;
    // Between limits closer than a step there is only their middle.
    if (min > max) return ((above ?? min) + (below ?? max)) / 2;
    const guess = writer.number(spot) ?? writer.chooser.between(1, 9);
    const inside = Math.min(max, Math.max(min, guess));
    const near = Math.round(inside / step) * step;
    const stepped = near < min
      ? Math.ceil(min / step) * step
      : near > max
      ? Math.floor(max / step) * step
      : near;
    return stepped >= min && stepped <= max ? Number(stepped.toPrecision(12)) : inside;
  }

  function writeText(node: Schema, spot: Spot): string {
    const format = textForFormat(string(node["format"]), writer.chooser);
    if (format !== null) return format;
    const limits = { min: number(node["minLength"]) ?? 0, max: number(node["maxLength"]) };
    const text = fitText(writer.text(spot) ?? "", limits);
    const pattern = string(node["pattern"]);
    return pattern === undefined ? text : textForPattern(pattern, text);
  }
}

/** Follows references and takes one branch of a choice, never the null one if there is another. */
function resolve(node: Schema, root: Schema, chooser: Chooser, depth: number): Schema {
  const { $ref, anyOf, oneOf, allOf, ...own } = node;
  const branches = [...list(anyOf), ...list(oneOf)].filter(isRecord);
  const chosen = branches.find((branch) => typeOf(branch) !== "null") ?? branches[0];
  const parts = [
    ...(typeof $ref === "string" ? [lookUp($ref, root)] : []),
    ...(chosen === undefined ? [] : [chosen]),
    ...list(allOf).filter(isRecord),
  ];
  if (parts.length === 0 || depth > 4 * FULL_DEPTH) return own;
  return parts
    .map((part) => resolve(part, root, chooser, depth + 1))
    .reduce<Schema>((merged, part) => ({
      ...merged,
      ...part,
      properties: { ...record(merged["properties"]), ...record(part["properties"]) },
      required: [...list(merged["required"]), ...list(part["required"])],
    }), own);
}

/** A JSON pointer within the schema, `#/$defs/scene`. */
function lookUp(reference: string, root: Schema): Schema {
  return reference.replace(/^#\/?/, "").split("/").filter(Boolean)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<Schema>((at, step) => record(at[step]), root);
}

function typeOf(node: Schema): string {
  const types = list(node["type"]).length > 0 ? list(node["type"]) : [node["type"]];
  const named = types.map((type) => String(type ?? "").toLowerCase())
    .filter((type) => type !== "" && type !== "type_unspecified");
  const type = named.find((one) => one !== "null") ?? named[0];
  if (type !== undefined) return type;
  if (isRecord(node["properties"]) && Object.keys(node["properties"]).length > 0) return "object";
  return isRecord(node["items"]) ? "array" : "string";
}

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function record(value: unknown): Schema {
  return isRecord(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The OpenAPI dialect of Google writes 64-bit limits as text. */
function number(value: unknown): number | undefined {
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : undefined;
}
