/**
 * The key file of a Google service account, in each of the ways an environment may hold it.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";

const serviceAccountSchema = z.object({
  client_email: z.string().min(1),
  private_key: z.string().includes("PRIVATE KEY"),
  private_key_id: z.string().optional(),
  token_uri: z.url().default("https://oauth2.googleapis.com/token"),
});

/** The fields of a service account's key file that are needed. `private_key` is a secret. */
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

/**
 * Reads a service account's key file, given as its JSON, as base64 of it, or as a path to it (where there are
 * files: not on hosted Edge Functions); a private key whose line breaks became the two characters `\n` on
 * the way through an environment is mended.
 *
 * Errors: `PROVIDER_NOT_CONFIGURED`, never quoting the value.
 */
export function parseServiceAccount(text: string): ServiceAccount {
  const given = isPath(text) ? readKeyFile(text.trim()) : text;
  try {
    const json = given.trimStart().startsWith("{") ? given : decodeBase64(given);
    const account = serviceAccountSchema.parse(JSON.parse(json));
    return { ...account, private_key: account.private_key.replaceAll("\\n", "\n") };
  } catch {
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      "Cannot read GOOGLE_TTS_SERVICE_ACCOUNT_JSON: it is not the key file of a service account, " +
        "as JSON, base64 of JSON, or a path to it",
    );
  }
}

/** Base64 of a JSON object begins with "e" and has no dots, so that it is never taken for a path. */
function isPath(text: string): boolean {
  return /^(?:\.{0,2}\/|[A-Za-z]:[\\/])[^{}\n]+$|^[^{}\n]+\.json$/.test(text.trim());
}

function readKeyFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      "Cannot read GOOGLE_TTS_SERVICE_ACCOUNT_JSON: it looks like a path, and there is no such file here",
      { hint: "Hosted Edge Functions have no such file: set the JSON itself, or base64 of it" },
    );
  }
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}
