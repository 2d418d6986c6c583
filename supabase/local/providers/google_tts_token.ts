/**
 * The OAuth 2 token endpoint of the simulated Google account: takes a signed assertion, gives an access
 * token that the simulated API accepts for an hour.
 *
 * Source: RFC 7523 and Google's "Using OAuth 2.0 for Server to Server Applications".
 *
 * @module
 */
import { errors, exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { type Answer, jsonAnswer } from "./google_rpc.ts";

const PROJECT_ID = "ai-studio-simulated";
const CLIENT_EMAIL = `narrator@${PROJECT_ID}.iam.gserviceaccount.com`;
const KEY_ID = "5f0c1e7d9a3b42c6a1d8e7f605b4c3d2e1f09a8b";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Longest life of an assertion. Source: the same page, claim `exp`. */
const MAX_ASSERTION_SECONDS = 3600;

/** What Google says a token lives; one second less than an hour, as on the wire. */
const TOKEN_SECONDS = 3599;

/** How far clocks may differ. */
const CLOCK_SKEW_SECONDS = 60;

/** Made at first use, once a process: an RSA key takes about 0.1 s. */
let keys: ReturnType<typeof generateKeyPair> | undefined;

function keyPair(): ReturnType<typeof generateKeyPair> {
  keys ??= generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  return keys;
}

/**
 * Gives the service account's key file as JSON text, for `GOOGLE_TTS_SERVICE_ACCOUNT_JSON`. Its
 * `token_uri` points at the simulator, its key is made anew in every process and opens nothing else.
 *
 * @param url The simulator's base URL.
 */
export async function serviceAccountJson(url: string): Promise<string> {
  const { privateKey } = await keyPair();
  return JSON.stringify({
    type: "service_account",
    project_id: PROJECT_ID,
    private_key_id: KEY_ID,
    private_key: `${(await exportPKCS8(privateKey)).trimEnd()}\n`,
    client_email: CLIENT_EMAIL,
    client_id: "100000000000000000001",
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: `${url}/token`,
    auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
    universe_domain: "googleapis.com",
  });
}

/** Issues and recognises access tokens. */
export interface TokenDesk {
  /** Answers `POST /token`. */
  exchange(body: string): Promise<Answer>;
  /** Tells whether a token was given out and has not expired. */
  isValid(token: string): boolean;
}

/** Makes a desk for the simulator at a base URL. `now` is in milliseconds. */
export function createTokenDesk(url: string, now: () => number = Date.now): TokenDesk {
  const expiries = new Map<string, number>();
  return {
    isValid: (token) => (expiries.get(token) ?? 0) > now(),
    async exchange(body) {
      const form = new URLSearchParams(body);
      if (form.get("grant_type") !== GRANT_TYPE) {
        return oauthError(
          "unsupported_grant_type",
          `Invalid grant_type: ${form.get("grant_type")}`,
        );
      }
      const refusal = await checkAssertion(form.get("assertion") ?? "", `${url}/token`, now());
      if (refusal) return refusal;
      const token = `ya29.sim-${crypto.randomUUID()}`;
      expiries.set(token, now() + TOKEN_SECONDS * 1000);
      return jsonAnswer({ access_token: token, expires_in: TOKEN_SECONDS, token_type: "Bearer" });
    },
  };
}

async function checkAssertion(
  assertion: string,
  audience: string,
  now: number,
): Promise<Answer | null> {
  const { publicKey } = await keyPair();
  try {
    const { payload } = await jwtVerify(assertion, publicKey, {
      algorithms: ["RS256"],
      audience,
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: new Date(now),
      requiredClaims: ["iss", "iat", "exp", "scope"],
    });
    if (payload.iss !== CLIENT_EMAIL) {
      return oauthError("invalid_grant", "Invalid grant: account not found");
    }
    const { iat = 0, exp = 0 } = payload;
    if (exp - iat > MAX_ASSERTION_SECONDS || iat > now / 1000 + CLOCK_SKEW_SECONDS) {
      return badWindow();
    }
    const scopes = typeof payload["scope"] === "string" ? payload["scope"].split(" ") : [];
    if (!scopes.includes(SCOPE)) {
      return oauthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }
    return null;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) return badWindow();
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      return oauthError("invalid_grant", "Invalid JWT Signature.");
    }
    return oauthError(
      "invalid_grant",
      "Invalid JWT: Failed audience check or malformed assertion.",
    );
  }
}

function badWindow(): Answer {
  return oauthError(
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
      "Check your iat and exp values in the JWT claim.",
  );
}

/** OAuth errors have their own shape, unlike the rest of Google's APIs. */
export function oauthError(error: string, description: string, status = 400): Answer {
  return jsonAnswer({ error, error_description: description }, status);
}
