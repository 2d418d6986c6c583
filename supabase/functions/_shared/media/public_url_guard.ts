/**
 * The guard before every fetch of a URL that somebody else chose: it must be https on the usual
 * port, by name, and the name must lead to public addresses only.
 *
 * `fetch` resolves the name again, so a name server that changes its answer in between is not
 * caught by the check itself. What is left to such a server is a TLS handshake: without a
 * certificate for its name nothing is sent and nothing is read, and metadata services do not speak
 * TLS.
 *
 * Source: OWASP Server-Side Request Forgery Prevention Cheat Sheet.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { isPublicAddress } from "./public_url_guard_address.ts";

/**
 * Gives all addresses of a name, IPv4 and IPv6; empty when there are none. Throws when it can't
 * tell.
 */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** What the check needs. */
export interface PublicUrlOptions {
  /** Defaults to the system's resolver. */
  readonly resolve?: ResolveHost;
}

/**
 * Names that never lead to a public server. Source: RFC 6761, RFC 6762, RFC 8375, ICANN 2024-07
 * (internal).
 */
const PRIVATE_SUFFIXES = [
  "localhost",
  "local",
  "internal",
  "intranet",
  "lan",
  "home.arpa",
  "onion",
  "invalid",
  "test",
  "example",
];

/** Long enough for any signed URL; some servers stop reading at 8 KB. */
const MAX_URL_LENGTH = 4096;

/**
 * Gives the parsed URL if it is safe to fetch; fetch that object, not the text. Costs two DNS
 * questions.
 *
 * Errors: `VALIDATION_FAILED` with `details.reason` (`malformed_url`, `forbidden_scheme`,
 * `forbidden_port`, `credentials_in_url`, `forbidden_address`, `unknown_host`);
 * `PROVIDER_UNAVAILABLE` when the name could not be looked up now.
 */
export async function assertPublicUrl(
  text: string,
  { resolve = resolveHost }: PublicUrlOptions = {},
): Promise<URL> {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw refuse("malformed_url", "the URL can't be read");
  if (url.protocol !== "https:") throw refuse("forbidden_scheme", "only https is allowed");
  if (url.port !== "") throw refuse("forbidden_port", "only port 443 is allowed");
  if (url.username !== "" || url.password !== "") {
    throw refuse("credentials_in_url", "the URL holds a user name or password");
  }
  const host = url.hostname.replace(/\.$/, "");
  const isAddress = host.startsWith("[") || /(^|\.)\d+$/.test(host);
  if (isAddress) throw refuse("forbidden_address", "the host is an address, not a name");
  const isPrivateName = !host.includes(".") ||
    PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  if (isPrivateName) throw refuse("forbidden_address", "the host is not on the public internet");

  let addresses: readonly string[];
  try {
    addresses = await resolve(host);
  } catch (cause) {
    throw new AppError(
      "PROVIDER_UNAVAILABLE",
      `Cannot fetch from "${host}": its name could not be looked up`,
      { cause },
    );
  }
  if (addresses.length === 0) throw refuse("unknown_host", `there is no host "${host}"`);
  // One private answer among public ones is enough to be led inside, so all must be public.
  if (!addresses.every(isPublicAddress)) {
    throw refuse("forbidden_address", `the host "${host}" leads to an address that is not public`);
  }
  return url;
}

function refuse(reason: string, why: string): AppError {
  return new AppError("VALIDATION_FAILED", `Cannot fetch the URL: ${why}`, { details: { reason } });
}

async function resolveHost(host: string): Promise<readonly string[]> {
  const answers = await Promise.all((["A", "AAAA"] as const).map(async (type) => {
    try {
      return await Deno.resolveDns(host, type);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return [];
      throw cause;
    }
  }));
  return answers.flat();
}
