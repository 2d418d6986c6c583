/**
 * A user as the app makes one: signed up through Auth, with the starting credits everybody gets.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import { StudioClient } from "../../../shared/client/studio_client.ts";
import type { Database } from "../../../shared/database.types.ts";

/** A signed-in studio client and its user. */
export interface DemoUser {
  /** Acts with this user's rights. */
  readonly studio: StudioClient;
  /** What it signed up with. */
  readonly email: string;
  /** Secret, as far as a user of one machine is one: what was begun can be gone on with. */
  readonly password: string;
}

/** Signs a new user up on the stack at `url`. Errors: a plain `Error` with Auth's reason. */
export async function signUpDemoUser(
  stack: { readonly url: string; readonly publishable: string },
): Promise<DemoUser> {
  // A film with real providers may outlast the token's hour.
  const supabase = createClient<Database>(stack.url, stack.publishable, {
    auth: { persistSession: false, autoRefreshToken: true },
  });
  const email = `film-${crypto.randomUUID()}@example.com`;
  const password = crypto.randomUUID();
  const { data, error } = await supabase.auth.signUp({ email, password });
  if (error !== null || data.session === null) {
    throw new Error(`Cannot sign up: ${error?.message ?? "Auth gave no session"}`, {
      cause: error,
    });
  }
  return {
    studio: new StudioClient({ supabase, url: stack.url, publishableKey: stack.publishable }),
    email,
    password,
  };
}
