/**
 * Access tokens of a Google service account: a signed assertion is exchanged for a token, which is kept
 * until shortly before it expires.
 *
 * The official library is not used because it signs for and calls one fixed address, whatever
 * `token_uri` says, so nothing could stand in for Google.
 *
 * Source: RFC 7523; Google's "Using OAuth 2.0 for Server to Server Applications".
 *
 * @module
 */
import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** The longest life Google allows an assertion. */
const ASSERTION_SECONDS = 3600;

/** A token is renewed this long before it expires, so that it outlives the call it is used for. */
const RENEW_EARLY_SECONDS = 60;

/** The exchange takes some 100 ms; ten seconds is a lost connection. */
const TIMEOUT_MS = 10_000;

const serviceAccountSchema = z.object({
  client_email: z.string().min(1),
  private_key: z.string().includes("PRIVATE KEY"),
  private_key_id: z.string().optional(),
  token_uri: z.url().default("https://oauth2.googleapis.com/token"),
});

const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().default(3600),
});

const oauthErrorSchema = z.object({
  error: z.string(),
  error_description: z.string().default(""),
});

/** The fields of a service account's key file that are needed. `private_key` is a secret. */
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

/** What {@link createGoogleToken} needs. */
export interface GoogleTokenConfig {
  /** Whose tokens. */
  readonly account: ServiceAccount;
  /** One line an exchange. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
}

/** Gives access tokens. */
export interface GoogleToken {
  /**
   * Gives a token good for at least another minute. Callers at the same time share one exchange, which
   * therefore takes no abort signal.
   *
   * Errors: `PROVIDER_REJECTED` when Google refuses the account, `PROVIDER_UNAVAILABLE`,
   * `PROVIDER_TIMEOUT`, `PROVIDER_RATE_LIMITED`, `PROVIDER_BAD_RESPONSE`.
   */
  get(): Promise<string>;
  /** Forgets a token the API refused, so that the next `get` makes another. */
  forget(token: string): void;
}

/**
 * Reads a service account's key file, given as its JSON or as base64 of it; a private key whose line
 * breaks became the two characters `\n` on the way through an environment is mended.
 *
 * Errors: `PROVIDER_NOT_CONFIGURED`, never quoting the value.
 */
export function parseServiceAccount(text: string): ServiceAccount {
  try {
    const json = text.trimStart().startsWith("{") ? text : decodeBase64(text);
    const account = serviceAccountSchema.parse(JSON.parse(json));
    return { ...account, private_key: account.private_key.replaceAll("\\n", "\n") };
  } catch {
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      "Cannot read GOOGLE_TTS_SERVICE_ACCOUNT_JSON: it is not the key file of a service account, " +
        "as JSON or base64 of JSON",
    );
  }
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

/** Makes the source of tokens of one account. Does nothing until the first `get`. */
export function createGoogleToken(config: GoogleTokenConfig): GoogleToken {
  const now = config.now ?? Date.now;
  let current: { readonly token: string; readonly renewAt: number } | undefined;
  let underWay: Promise<string> | undefined;

  const renew = async () => {
    const askedAt = now();
    const { access_token, expires_in } = await exchange(config, askedAt);
    current = {
      token: access_token,
      renewAt: askedAt + (expires_in - RENEW_EARLY_SECONDS) * 1000,
    };
    return access_token;
  };

  return {
    get() {
      if (current !== undefined && now() < current.renewAt) return Promise.resolve(current.token);
      underWay ??= renew().finally(() => underWay = undefined);
      return underWay;
    },
    forget(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

async function exchange(
  config: GoogleTokenConfig,
  now: number,
): Promise<z.infer<typeof tokenSchema>> {
  const answer = await callProvider(config.account.token_uri, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: GRANT_TYPE,
      assertion: await signAssertion(config.account, Math.floor(now / 1000)),
    }),
  }, {
    provider: "google_tts",
    operation: "token",
    timeoutMs: TIMEOUT_MS,
    log: config.log,
    ...(config.fetch ? { fetch: config.fetch } : {}),
  });
  const json = parseJson(answer.text);
  if (answer.status !== 200) throw tokenError(answer.status, json);
  const token = tokenSchema.safeParse(json);
  if (token.success) return token.data;
  throw new AppError(
    "PROVIDER_BAD_RESPONSE",
    "Cannot token at google_tts: the answer has no access token",
    { cause: z.prettifyError(token.error) },
  );
}

async function signAssertion(account: ServiceAccount, nowSeconds: number): Promise<string> {
  const key = await importPKCS8(account.private_key, "RS256").catch(() => {
    // Without the cause: what reports a bad key may quote it.
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      "Cannot use GOOGLE_TTS_SERVICE_ACCOUNT_JSON: private_key is not a PKCS #8 RSA key",
    );
  });
  return await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({
      alg: "RS256",
      typ: "JWT",
      ...(account.private_key_id ? { kid: account.private_key_id } : {}),
    })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + ASSERTION_SECONDS)
    .sign(key);
}

/** OAuth's errors have their own shape, and 400 is about the account, not about the caller's text. */
function tokenError(status: number, json: unknown): AppError {
  const { error, error_description } = oauthErrorSchema.catch({ error: "", error_description: "" })
    .parse(json);
  const code = status === 429
    ? "PROVIDER_RATE_LIMITED"
    : status >= 500
    ? "PROVIDER_UNAVAILABLE"
    : "PROVIDER_REJECTED";
  return new AppError(
    code,
    `Cannot token at google_tts: the answer is ${[status, error].filter(Boolean).join(" ")}`,
    { cause: error_description },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
