/**
 * The keys of a project that exists in this process only, and tokens signed with them or with others.
 *
 * @module
 */
import type { SupabaseEnv } from "@supabase/server";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** As jose has it: projects with Node's types know two kinds of `CryptoKey`. */
type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

/** Claims of a token; defaults are those of a signed-in user's. */
export interface TokenOptions {
  /** The user. Absent: a new one. Null: no `sub` at all. */
  readonly sub?: string | null;
  /** Absent: `authenticated`. */
  readonly role?: string;
  /** Seconds from now until it ends. */
  readonly expiresInSeconds?: number;
  /** Seconds from now before which it is not valid yet. */
  readonly notBeforeSeconds?: number;
  /** Absent: the project's own key id. */
  readonly kid?: string;
}

/** A project's keys. */
export interface FakeKeys {
  /** What `createAuthenticate` takes instead of the platform's environment. */
  readonly env: Pick<SupabaseEnv, "url" | "jwks" | "publishableKeys" | "secretKeys">;
  /** What apps carry. */
  readonly publishable: string;
  /** What servers carry. */
  readonly secret: string;
  /** The public key, as anyone can read it. */
  readonly publicKey: JWK;
  /** Signs an access token with the project's key. */
  sign(options?: TokenOptions): Promise<string>;
  /** Signs one with a key that is not the project's, under the project's key id unless told otherwise. */
  forge(options?: TokenOptions): Promise<string>;
}

/** Base URL of the project. Nothing listens there, and no test has the permission to try. */
export const FAKE_URL = "https://studio.test";

/** Makes the keys. Everything is local: no network is needed to verify what they sign. */
export async function createFakeKeys(): Promise<FakeKeys> {
  const [own, other] = await Promise.all([
    generateKeyPair("ES256", { extractable: true }),
    generateKeyPair("ES256"),
  ]);
  const kid = crypto.randomUUID();
  const publicKey = { ...await exportJWK(own.publicKey), kid, alg: "ES256", use: "sig" };
  const publishable = "sb_publishable_ofTheFakeProject00_12345678";
  const secret = "sb_secret_ofTheFakeProject00_12345678";
  const signWith = async (key: SigningKey, options: TokenOptions = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const { sub = crypto.randomUUID(), role = "authenticated", expiresInSeconds = 3600 } = options;
    const token = new SignJWT({ role, ...(sub === null ? {} : { sub }) })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: options.kid ?? kid })
      .setIssuer(`${FAKE_URL}/auth/v1`).setAudience("authenticated")
      .setIssuedAt(now - 60).setExpirationTime(now + expiresInSeconds);
    if (options.notBeforeSeconds !== undefined) token.setNotBefore(now + options.notBeforeSeconds);
    return await token.sign(key);
  };
  return {
    env: {
      url: FAKE_URL,
      jwks: { keys: [publicKey] },
      publishableKeys: { default: publishable },
      secretKeys: { default: secret },
    },
    publishable,
    secret,
    publicKey,
    sign: (options) => signWith(own.privateKey, options),
    forge: (options) => signWith(other.privateKey, options),
  };
}
