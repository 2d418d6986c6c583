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
import type { ServiceAccount } from "./google_account.ts";

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** The longest life Google allows an assertion. */
const ASSERTION_SECONDS = 3600;

/** A token is renewed this long before it expires, so that it outlives the call it is used for. */
const RENEW_EARLY_SECONDS = 60;

/** The exchange takes some 100 ms; ten seconds is a lost connection. */
const TIMEOUT_MS = 10_000;

const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().default(3600),
});

const oauthErrorSchema = z.object({
  error: z.string(),
  error_description: z.string().default(""),
});

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
  /** Where tokens are kept; default: nowhere else. */
  readonly states?: TokenStates;
}

/** Tokens by account. Adapters are made anew for every job: what they share lives here. */
export type TokenStates = Map<string, TokenState>;

/** The token of one account. */
export interface TokenState {
  /** Absent: none yet, or it was forgotten. `renewAt` is milliseconds since 1970. */
  current?: { readonly token: string; readonly renewAt: number } | undefined;
  /** The exchange that callers at the same time wait for. */
  underWay?: Promise<string> | undefined;
}

/** The isolate's own: a token serves every job for an hour. */
export const isolateTokens: TokenStates = new Map();

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

/** Makes the source of tokens of one account. Does nothing until the first `get`. */
export function createGoogleToken(config: GoogleTokenConfig): GoogleToken {
  const now = config.now ?? Date.now;
  const state = stateOf(config.account, config.states ?? new Map());

  const renew = async () => {
    const askedAt = now();
    const { access_token, expires_in } = await exchange(config, askedAt);
    state.current = {
      token: access_token,
      renewAt: askedAt + (expires_in - RENEW_EARLY_SECONDS) * 1000,
    };
    return access_token;
  };

  return {
    get() {
      const { current } = state;
      if (current !== undefined && now() < current.renewAt) return Promise.resolve(current.token);
      state.underWay ??= renew().finally(() => state.underWay = undefined);
      return state.underWay;
    },
    forget(token) {
      if (state.current?.token === token) state.current = undefined;
    },
  };
}

/** By everything a token depends on but the key itself: a new key comes with a new id. */
function stateOf(account: ServiceAccount, states: TokenStates): TokenState {
  const name = [account.token_uri, account.client_email, account.private_key_id].join("\n");
  const known = states.get(name);
  if (known !== undefined) return known;
  const state: TokenState = {};
  states.set(name, state);
  return state;
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
    {
      cause: error_description,
      ...(error === "invalid_grant"
        ? { hint: "The service account or its key is gone, or this machine's clock is wrong" }
        : {}),
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
