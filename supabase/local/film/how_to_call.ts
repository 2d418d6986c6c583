/**
 * How to go on with a film after the command has ended: an operation, called as its user from any shell.
 *
 * @module
 */

/** Whose film it is, and where. */
export interface Access {
  /** Base URL of the stack. */
  readonly url: string;
  /** The key for clients. */
  readonly publishable: string;
  /** The command that brings the stack back; null when it goes on. */
  readonly startAgain: string | null;
  /** What the film's user signs in with. */
  readonly email: string;
  /** What the film's user signs in with. */
  readonly password: string;
}

/** The commands that call an operation, a line each. */
export function howToCall(
  operation: string,
  body: Readonly<Record<string, string>>,
  { url, publishable, startAgain, email, password }: Access,
): string {
  const headers = `-H 'apikey: ${publishable}' -H 'Content-Type: application/json'`;
  const signIn = JSON.stringify({ email, password });
  return [
    ...(startAgain === null ? [] : [`  ${startAgain}   (in another terminal)`]),
    `  TOKEN=$(curl -s '${url}/auth/v1/token?grant_type=password' ${headers} -d '${signIn}' | ` +
    `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl '${url}/functions/v1/${operation}' ${headers} -H "Authorization: Bearer $TOKEN" ` +
    `-H "Idempotency-Key: $(date +%s)" -d '${JSON.stringify(body)}'`,
  ].join("\n");
}
