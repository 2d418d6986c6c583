/**
 * What OpenAI's strict mode demands of a JSON Schema; a schema that does not keep to it is refused before
 * anything is written.
 *
 * Source: https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas".
 *
 * @module
 */

/** Keywords that strict mode does not know. */
const UNKNOWN = [
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "default",
  "minLength",
  "maxLength",
  "patternProperties",
  "propertyNames",
  "minProperties",
  "maxProperties",
  "uniqueItems",
  "contains",
] as const;

/** More nesting is refused. */
const MAX_DEPTH = 10;

/** Gives the first fault of a schema in the API's words, or null. */
export function strictFault(schema: unknown): string | null {
  if (!isRecord(schema) || schema["type"] !== "object") {
    return "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"" +
      `${isRecord(schema) ? String(schema["type"] ?? "None") : "None"}"'.`;
  }
  return faultAt(schema, [], 0);
}

function faultAt(node: unknown, path: readonly string[], depth: number): string | null {
  if (!isRecord(node)) return null;
  const context = `In context=(${path.map((step) => `'${step}'`).join(", ")}), `;
  if (depth > MAX_DEPTH) return `${context}the schema is nested too deeply.`;
  for (const keyword of UNKNOWN) {
    if (keyword in node) return `${context}'${keyword}' is not permitted.`;
  }
  const { properties, required, items, anyOf } = node;
  if (node["type"] === "object" || properties !== undefined) {
    if (node["additionalProperties"] !== false) {
      return `${context}'additionalProperties' is required to be supplied and to be false.`;
    }
    const names = isRecord(properties) ? Object.keys(properties) : [];
    const missing = names.find((name) => !Array.isArray(required) || !required.includes(name));
    if (missing !== undefined) {
      return `${context}'required' is required to be supplied and to be an array including every ` +
        `key in properties. Missing '${missing}'.`;
    }
  }
  const below: [string[], unknown][] = [
    ...Object.entries(isRecord(properties) ? properties : {})
      .map(([name, one]): [string[], unknown] => [["properties", name], one]),
    ...(items === undefined ? [] : [[["items"], items] satisfies [string[], unknown]]),
    ...(Array.isArray(anyOf) ? anyOf : [])
      .map((one, at): [string[], unknown] => [["anyOf", String(at)], one]),
  ];
  for (const [steps, one] of below) {
    const nested = steps[0] === "properties" ? depth + 1 : depth;
    const fault = faultAt(one, [...path, ...steps], nested);
    if (fault !== null) return fault;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
