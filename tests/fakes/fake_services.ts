/**
 * What the request pipeline stands on, in memory: real verification of real tokens, the official client on
 * an API without a network, and logs and background work that a test can look at.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import { createAuthenticate } from "../../supabase/functions/_shared/authenticate.ts";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import type { Services } from "../../supabase/functions/_shared/services.ts";
import { createFakeApi, type FakeApi } from "./fake_api.ts";
import { FAKE_URL, type FakeKeys } from "./fake_keys.ts";

/** Services and what became of them. */
export interface FakeServices {
  /** What `createHandler` takes. */
  readonly services: () => Services;
  /** Every line that was logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Settles when the work that was left for after the answer is done. */
  background(): Promise<void>;
}

/** Makes them. Without an API, every call of the database fails as a lost connection does. */
export function createFakeServices(keys: FakeKeys, api: FakeApi = createFakeApi({})): FakeServices {
  const lines: Record<string, unknown>[] = [];
  const works: Promise<unknown>[] = [];
  const authenticate = createAuthenticate(keys.env);
  const client = createClient<Database>(FAKE_URL, keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: api.fetch },
  });
  const services: Services = {
    log: createLog({}, (line) => lines.push(JSON.parse(line))),
    authenticate: async (request, caller) => {
      const identity = await authenticate(request, caller);
      return { ...identity, client, serviceClient: client };
    },
    supabaseUrl: FAKE_URL,
    storageBucket: "aiauto",
    waitUntil: (work) => works.push(work),
  };
  return {
    services: () => services,
    lines,
    async background() {
      await Promise.all(works);
    },
  };
}
