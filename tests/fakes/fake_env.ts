/**
 * The environment as a test says it is: tests have no permission to read the real one.
 *
 * @module
 */

/** Runs with these variables and no others. Not for tests that run side by side. */
export async function withFakeEnv<T>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const read = Deno.env.get;
  Deno.env.get = (name) => variables[name];
  try {
    return await run();
  } finally {
    Deno.env.get = read;
  }
}

/** Every provider has its key. */
export const ALL_KEYS: Readonly<Record<string, string>> = {
  GEMINI_API_KEY: "test-gemini-key",
  FAL_KEY: "test-fal-id:test-fal-secret",
  // Well-formed; the key itself is read when a token is needed, which takes a network.
  GOOGLE_TTS_SERVICE_ACCOUNT_JSON: JSON.stringify({
    client_email: "test@test.iam.gserviceaccount.com",
    private_key: "-----BEGIN PRIVATE KEY-----\ntest\n-----END PRIVATE KEY-----\n",
  }),
  KIE_DONWON_API_KEY: "test-kie-key",
};
