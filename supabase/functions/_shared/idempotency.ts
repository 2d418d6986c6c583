/**
 * The `Idempotency-Key` header: its form, and the fingerprint that ties it to one request.
 *
 * @module
 */
import { IDEMPOTENCY_KEY_FORM } from "../../../shared/contract/limits.ts";
import { AppError } from "./app_error.ts";

/** A click: what the client named it, and what it asked for. */
export interface Idempotency {
  /** As the client named it, without quotes. */
  readonly key: string;
  /** Hex SHA-256 of operation and validated body. */
  readonly fingerprint: string;
}

/**
 * Reads the header, bare or as a quoted structured-field string.
 * Errors: `IDEMPOTENCY_KEY_MISSING`, `IDEMPOTENCY_KEY_INVALID` (also when sent twice).
 * Source: draft-ietf-httpapi-idempotency-key-header-06, section 2.1.
 */
export function parseIdempotencyKey(headers: Headers): string {
  const value = headers.get("idempotency-key")?.trim();
  if (value === undefined || value === "") {
    throw new AppError(
      "IDEMPOTENCY_KEY_MISSING",
      "Cannot spend credits: Idempotency-Key is missing",
      {
        hint: "Send a fresh UUID as Idempotency-Key, and the same one when trying again",
      },
    );
  }
  const key = /^"(.*)"$/.exec(value)?.[1] ?? value;
  if (!IDEMPOTENCY_KEY_FORM.test(key)) {
    throw new AppError(
      "IDEMPOTENCY_KEY_INVALID",
      "Cannot use Idempotency-Key: it must be 16 to 255 characters of A-Z a-z 0-9 _ - : .",
    );
  }
  return key;
}

/** Hex SHA-256 of an operation and its validated body, the same for any order of the body's fields. */
export async function fingerprint(operation: string, body: unknown): Promise<string> {
  return await sha256Hex(`${operation}\n${JSON.stringify(sorted(body))}`);
}

/** Hex SHA-256 of bytes, or of a text's UTF-8 bytes. */
export async function sha256Hex(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map((
      [key, of],
    ) => [key, sorted(of)]),
  );
}
