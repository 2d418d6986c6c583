/**
 * Reading a request's body: bounded before it is believed.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "./app_error.ts";

/** Reads at most `maxBytes`. Throws `PAYLOAD_TOO_LARGE`, without waiting for the rest. */
export async function readBytes(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () =>
    new AppError("PAYLOAD_TOO_LARGE", `Cannot read the body: it is larger than ${maxBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await request.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Reads bytes as one JSON object. Throws `BAD_JSON`: not UTF-8, not JSON, or not an object. */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError("BAD_JSON", "Cannot read the body: it is not JSON in UTF-8", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("BAD_JSON", "Cannot read the body: it is not a JSON object");
  }
  return Object.fromEntries(Object.entries(value));
}

/** Checks a body against its schema. Throws `VALIDATION_FAILED` with zod's issues, less the values. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: Record<string, unknown>,
): z.output<Schema> {
  // Postgres can't store these in text: better refused here, by name, than there.
  if (!isStorable(body)) {
    throw new AppError(
      "VALIDATION_FAILED",
      "Cannot accept the body: a text contains U+0000 or half of a surrogate pair",
    );
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 20).map(({ path, code, message }) => ({
    path: path.map(String),
    code,
    message,
  }));
  const at = issues[0];
  throw new AppError(
    "VALIDATION_FAILED",
    `Cannot accept the body: ${at?.path.join(".") || "it"}: ${at?.message ?? "invalid"}`,
    { details: { issues } },
  );
}

/** Walks without recursion: a body may be nested deeper than the stack is. */
function isStorable(body: unknown): boolean {
  const left = [body];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === "string" && (value.includes("\u0000") || !value.isWellFormed())) {
      return false;
    }
    if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) left.push(inner);
    }
  }
  return true;
}
