/**
 * What something is made from, as one number: the same is not bought twice.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Hex SHA-256 of a model and the request it gets. Requests are built in one order of fields. */
export function inputHash(modelId: string, request: unknown): string {
  return createHash("sha256").update(`${modelId}\n${JSON.stringify(request)}`).digest("hex");
}
