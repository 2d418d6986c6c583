/**
 * The secrets of one local stack: made once, kept in its directory, never committed. They have the shape of
 * the platform's own (`sb_publishable_…`, `sb_secret_…`, an ES256 signing key with a `kid`), so nothing in
 * the functions or the client knows that it runs locally.
 *
 * @module
 */
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { StackError } from "./say.ts";

/** Secrets of a stack. Every field but {@link StackKeys.publishable} is a secret. */
export interface StackKeys {
  /** For browsers and apps: the role `anon`, or the user of the JWT beside it. */
  readonly publishable: string;
  /** For servers: the role `service_role`. */
  readonly secret: string;
  /** Private ES256 key that signs access tokens, with `kid`. */
  readonly signingKey: JWK;
  /** HS256 secret spoken between the gateway and the API behind it; no client ever sees a token of it. */
  readonly innerSecret: string;
}

/** Makes new keys. */
export async function createKeys(): Promise<StackKeys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signingKey = {
    ...await exportJWK(privateKey),
    kid: crypto.randomUUID(),
    alg: "ES256",
    use: "sig",
  };
  return {
    publishable: await createApiKey("publishable"),
    secret: await createApiKey("secret"),
    signingKey,
    innerSecret: base64url(crypto.getRandomValues(new Uint8Array(48))),
  };
}

/**
 * Reads the keys of the stack in `dir`, making them at the first start. The file is readable by its owner only.
 *
 * Errors: {@link StackError} when the file is there but is not a complete set of keys.
 */
export async function loadKeys(dir: string): Promise<StackKeys> {
  const path = join(dir, "keys.json");
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text !== undefined) {
    const keys = parseKeys(text);
    if (keys === undefined) {
      throw new StackError(`Cannot use "${path}": it is damaged; start again with --reset`);
    }
    return keys;
  }
  const keys = await createKeys();
  // Written beside and renamed: a start that is killed half-way leaves no half file.
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
  return keys;
}

/** The public half of the signing key, as the platform publishes it. */
export function publicKeySet(keys: StackKeys): { keys: JWK[] } {
  const { d: _private, ...publicKey } = keys.signingKey;
  return { keys: [{ ...publicKey, key_ops: ["verify"] }] };
}

function parseKeys(text: string): StackKeys | undefined {
  try {
    const keys: Partial<StackKeys> = JSON.parse(text);
    const { publishable, secret, signingKey, innerSecret } = keys;
    if (!publishable?.startsWith("sb_publishable_") || !secret?.startsWith("sb_secret_")) return;
    if (!signingKey?.kid || !signingKey.d || !innerSecret) return;
    return { publishable, secret, signingKey, innerSecret };
  } catch {
    return undefined;
  }
}

/** `sb_<kind>_<22 random characters>_<8 characters of checksum>`, the form of the platform's keys. */
async function createApiKey(kind: "publishable" | "secret"): Promise<string> {
  const random = base64url(crypto.getRandomValues(new Uint8Array(17))).slice(0, 22);
  const body = `sb_${kind}_${random}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return `${body}_${base64url(new Uint8Array(digest)).slice(0, 8)}`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}
