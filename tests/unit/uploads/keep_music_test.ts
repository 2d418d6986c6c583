import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../../shared/mod.ts";
import { sha256Hex } from "../../../supabase/functions/_shared/idempotency.ts";
import { keepMusic } from "../../../supabase/functions/_shared/uploads/keep_music.ts";
import { createFakeApi, FakeSqlError, type RpcHandler } from "../../fakes/fake_api.ts";
import { FAKE_URL } from "../../fakes/fake_keys.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const TUNE = await makeTone({ seconds: 2, sampleRate: 44100, channels: 2 });

/** Keeps a track where Storage has some already. Gives what was asked, in order. */
function keep(there: readonly string[], grant: RpcHandler) {
  const asks: string[] = [];
  const api = createFakeApi({ grant_upload: grant });
  const client = createClient<Database>(FAKE_URL, "sb_secret_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => {
        const { pathname } = new URL(new Request(input, init).url);
        if (pathname.includes("/object/list/")) {
          return Response.json(there.map((name) => ({ name })));
        }
        asks.push(pathname.startsWith("/storage/") ? "put" : pathname.split("/").at(-1) ?? "");
        return await api.fetch(input, init);
      },
    },
  });
  const kept = keepMusic(TUNE, {
    userId: "00000000-0000-4000-8000-000000000001",
    projectId: crypto.randomUUID(),
    client,
    service: client,
    supabaseUrl: FAKE_URL,
    bucket: "aiauto",
  });
  return { asks, kept };
}

Deno.test("keepMusic() counts a new track of a user before it is put, and none that is there", async () => {
  const granted: unknown[] = [];
  const grant: RpcHandler = ({ p_user_id, p_kind }) => {
    granted.push([p_user_id, p_kind]);
    return null;
  };
  const first = keep([], grant);
  await first.kept;
  assert.deepEqual(first.asks, ["grant_upload", "put"]);
  assert.deepEqual(granted, [["00000000-0000-4000-8000-000000000001", "track"]]);
  const again = keep([`${await sha256Hex(TUNE)}.mp3`], grant);
  await again.kept;
  assert.deepEqual(again.asks, []);
});

Deno.test("keepMusic() puts nothing when the user's tracks of a day are used up", async () => {
  const detail = JSON.stringify({ uploads: 100, window_sec: 86400, retry_after_sec: 7 });
  const { asks, kept } = keep([], () => {
    throw new FakeSqlError("PT429", "RATE_LIMITED", detail);
  });
  await assert.rejects(kept, {
    code: "RATE_LIMITED",
    message: "Cannot take another upload: 100 in 86400 seconds are allowed",
    retryAfterSeconds: 7,
  });
  assert.deepEqual(asks, ["grant_upload"]);
});
