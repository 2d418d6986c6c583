/**
 * Access tokens at the border. Clients and functions see ES256 tokens that verify against the published key;
 * the API behind the gateway issues and reads HS256. Nothing else may pass: a token signed with the inner
 * secret is as forged, seen from outside, as one signed with any other key.
 *
 * @module
 */
import { decodeJwt, errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { StackKeys } from "./keys.ts";

/** What an access token from outside is worth. */
export type TokenVerdict = "valid" | "expired" | "invalid";

/** Translates access tokens between outside and inside. */
export interface TokenTranslator {
  /** Judges a token by signature, `kid`, algorithm and time. */
  verify(token: string): Promise<TokenVerdict>;
  /**
   * The inner token for an outer one, and what that was worth. An invalid token becomes one that the API
   * refuses in its own words, and an expired one stays expired, so every service keeps its own error shape
   * and status.
   */
  inward(token: string): Promise<{ readonly verdict: TokenVerdict; readonly inner: string }>;
  /** The outer token for one the API has just issued: same claims, our `iss`, our signature. */
  outward(token: string): Promise<string>;
}

/** Has the three parts of a JWT, and no key ever made its signature. */
const NEVER_VALID = "e30.e30.AAAA";

/** Verified tokens are kept, because a client sends the same one with every call of its hour. */
const CACHE_SIZE = 1000;

/** Makes the translator for a stack reached at `url` (no trailing slash). */
export async function createTokenTranslator(
  keys: StackKeys,
  url: string,
): Promise<TokenTranslator> {
  const { d: _private, ...publicJwk } = keys.signingKey;
  const publicKey = await importJWK({ ...publicJwk }, "ES256");
  const privateKey = await importJWK({ ...keys.signingKey }, "ES256");
  const kid = keys.signingKey.kid ?? "";
  const inner = new TextEncoder().encode(keys.innerSecret);
  const cache = new Map<string, { inner: string; expiresAtMs: number }>();

  const check = async (token: string): Promise<[TokenVerdict, JWTPayload]> => {
    try {
      const { payload } = await jwtVerify(token, (header) => {
        if (header.kid !== kid) throw new errors.JWKSNoMatchingKey();
        return publicKey;
      }, { algorithms: ["ES256"], requiredClaims: ["exp"] });
      return ["valid", payload];
    } catch (cause) {
      return cause instanceof errors.JWTExpired ? ["expired", cause.payload] : ["invalid", {}];
    }
  };
  const signInner = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(inner);

  return {
    verify: async (token) => (await check(token))[0],
    async inward(token) {
      const known = cache.get(token);
      if (known !== undefined && known.expiresAtMs > Date.now()) {
        return { verdict: "valid", inner: known.inner };
      }
      const [verdict, claims] = await check(token);
      if (verdict === "invalid") return { verdict, inner: NEVER_VALID };
      const translated = await signInner(claims);
      if (verdict === "valid") {
        const oldest = cache.keys().next();
        if (cache.size >= CACHE_SIZE && !oldest.done) cache.delete(oldest.value);
        cache.set(token, { inner: translated, expiresAtMs: (claims.exp ?? 0) * 1000 });
      }
      return { verdict, inner: translated };
    },
    outward: (token) =>
      new SignJWT({ ...decodeJwt(token), iss: `${url}/auth/v1` })
        .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
        .sign(privateKey),
  };
}
