/**
 * Who is calling: a user by JWT, or our own cron by the secret key. Verified by `@supabase/server`, as
 * the platform does it: asymmetric signature against the project's JWKS, keys in constant time.
 *
 * @module
 */
import { type AuthConfig, createSupabaseContext, type SupabaseEnv } from "@supabase/server";
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Caller } from "../../../shared/contract/operation.ts";
import type { Database } from "../../../shared/database.types.ts";
import { AppError } from "./app_error.ts";

/** A caller that proved itself. */
export interface Identity {
  /** The verified `sub` of a user. Empty for cron and providers, who are nobody's tenant. */
  readonly userId: string;
  /** Acts with the caller's own rights: RLS applies. */
  readonly client: SupabaseClient<Database>;
  /** Acts as the service: no RLS. For the engine's functions and Storage alone. */
  readonly serviceClient: SupabaseClient<Database>;
}

/** What each caller shows, as `@supabase/server` names it. */
const MODES: Readonly<Record<Caller, AuthConfig>> = {
  user: "user",
  cron: "secret",
  user_or_service: ["user", "secret"],
  provider: "none",
};

/** Lets a caller in. Throws `UNAUTHENTICATED`. */
export type Authenticate = (request: Request, caller: Caller) => Promise<Identity>;

/**
 * Makes the real one. `env` overrides what the platform injects (for tests).
 *
 * Providers come without credentials: their token is checked by the operation itself.
 */
export function createAuthenticate(env?: Partial<SupabaseEnv>): Authenticate {
  return async (request, caller) => {
    const { data, error } = await createSupabaseContext<Database>(request, {
      auth: MODES[caller],
      ...(env === undefined ? {} : { env }),
    });
    if (error !== null) {
      if (error.status >= 500) throw new Error("Authentication is not set up", { cause: error });
      throw new AppError("UNAUTHENTICATED", refusal(caller), { cause: error });
    }
    const userId = data.userClaims?.id ?? "";
    const isService = data.authMode === "secret";
    if (caller !== "provider" && !isService && userId === "") {
      throw new AppError("UNAUTHENTICATED", refusal(caller));
    }
    return { userId, client: data.supabase, serviceClient: data.supabaseAdmin };
  };
}

function refusal(caller: Caller): string {
  return caller !== "cron"
    ? "Cannot tell who you are: send a valid access token as Authorization: Bearer <token>"
    : "Cannot tell who you are: send the secret key in the apikey header";
}
