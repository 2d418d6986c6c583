/**
 * JSON Schema as OpenAI's strict mode takes it: every object closed, every property required, no lengths of
 * strings. What the dialect can't say is put in words, and checked by our own schema afterwards.
 *
 * Source: https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas".
 *
 * @module
 */
import type { SchemaDialect, WireSchema } from "./object_generation.ts";

/** Keywords that strict mode refuses, and what is said instead; null: nothing. */
const SPOKEN: Readonly<Record<string, ((value: unknown) => string) | null>> = {
  maxLength: (value) => `At most ${value} characters.`,
  // Nobody writes too little for want of being told.
  minLength: null,
  default: null,
  propertyNames: null,
  minProperties: null,
  maxProperties: null,
  uniqueItems: null,
};

/** Makes strict schemas, and takes the nulls away again that stand for what is optional. */
export const strictDialect: SchemaDialect = {
  toWire: (schema) => strict(schema),
  fromWire: (value, schema) => withoutNulls(value, schema),
};

function strict(schema: WireSchema): WireSchema {
  const said: string[] = [];
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const speak = Object.hasOwn(SPOKEN, keyword) ? SPOKEN[keyword] : undefined;
    if (speak === undefined) kept[keyword] = deep(keyword, value);
    else if (speak !== null) said.push(speak(value));
  }
  // The dialect knows only anyOf.
  if ("oneOf" in kept) {
    kept["anyOf"] = kept["oneOf"];
    delete kept["oneOf"];
  }
  const description = [schema.description?.replace(/(?<![.!?])$/, "."), ...said].filter(Boolean);
  if (said.length > 0) kept["description"] = description.join(" ");
  if (isRecord(kept["properties"])) {
    const required = new Set(schema.required);
    kept["properties"] = Object.fromEntries(
      Object.entries(kept["properties"]).map(([name, property]) => [
        name,
        required.has(name) ? property : { anyOf: [property, { type: "null" }] },
      ]),
    );
    kept["required"] = Object.keys(schema.properties ?? {});
    kept["additionalProperties"] = false;
  }
  return kept;
}

/** Schemas below a keyword. */
function deep(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case "items":
      return isRecord(value) ? strict(value) : value;
    case "anyOf":
    case "oneOf":
      return Array.isArray(value) ? value.map((one) => isRecord(one) ? strict(one) : one) : value;
    case "properties":
    case "$defs":
    case "definitions":
      if (!isRecord(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, isRecord(one) ? strict(one) : one]),
      );
    default:
      return value;
  }
}

/** A null where our schema has an optional property is a property that is not there. Unions stay as they are. */
function withoutNulls(value: unknown, schema: WireSchema): unknown {
  const { properties, required = [], items } = schema;
  if (Array.isArray(value)) {
    return isRecord(items) ? value.map((one) => withoutNulls(one, items)) : value;
  }
  if (!isRecord(value) || properties === undefined) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== null || required.includes(name))
      .map(([name, one]) => {
        const below = properties[name];
        return [name, isRecord(below) ? withoutNulls(one, below) : one];
      }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
