/**
 * A stack of its own for the tests of the stack: the fixture project, any free ports, a directory that is
 * removed afterwards, no simulators.
 *
 * @module
 */
import { join } from "node:path";
import { isAlive } from "../../supabase/local/process_alive.ts";
export { isAlive };
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Stack, type StackOptions, startStack } from "../../supabase/local/stack.ts";

/** The project with the functions, tables and buckets the tests use. */
export const FIXTURE_PROJECT: string = join(
  import.meta.dirname ?? "",
  "..",
  "fixtures",
  "project",
);

/** Any free ports, so that tests run beside a stack of the developer's. */
export const ANY_PORTS = { api: 0, postgres: 0, providers: 0 } as const;

/** Starts one; `dispose` also removes its directory. */
export async function startFixtureStack(
  options: StackOptions = {},
): Promise<Stack & { dispose(): Promise<void> }> {
  const dir = await Deno.makeTempDir({ prefix: "stack-" });
  const stack = await startStack({
    dir,
    projectDir: FIXTURE_PROJECT,
    ports: ANY_PORTS,
    providers: false,
    cron: false,
    ...options,
  });
  return Object.assign(stack, {
    async dispose() {
      await stack.stop();
      await Deno.remove(dir, { recursive: true });
    },
  });
}

/** A client as an app makes it, without a session of its own. */
export function clientOf(stack: Stack, key: string = stack.keys.publishable): SupabaseClient {
  return createClient(stack.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** Signs a new user up and gives their client and token. */
export async function signUp(
  stack: Stack,
): Promise<{ client: SupabaseClient; id: string; token: string; refreshToken: string }> {
  const client = clientOf(stack);
  const { data, error } = await client.auth.signUp({
    email: `${crypto.randomUUID()}@example.com`,
    password: "correct horse battery staple",
  });
  if (error) throw error;
  if (data.user === null || data.session === null) throw new Error("Sign-up gave no session");
  const { access_token: token, refresh_token: refreshToken } = data.session;
  return { client, id: data.user.id, token, refreshToken };
}

/** Runs with a directory that is removed afterwards. */
export async function withDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "stack-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Waits until something holds. The limit is for a loaded machine; nothing here takes that long. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain until ${what}`);
}
