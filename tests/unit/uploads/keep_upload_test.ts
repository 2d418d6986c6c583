import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../../shared/mod.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import { keepUpload } from "../../../supabase/functions/_shared/uploads/keep_upload.ts";
import { createFakeApi } from "../../fakes/fake_api.ts";
import { FAKE_URL } from "../../fakes/fake_keys.ts";
import { jpegOf } from "../../fixtures/media/uploads.ts";

/** Keeps a picture. Gives what was asked of the database and of Storage, in order. */
async function asksOf(projectId?: string): Promise<string[]> {
  const asks: string[] = [];
  const notes: unknown[] = [];
  const api = createFakeApi({
    find_upload: () => null,
    note_new_folder: ({ p_project_id }) => notes.push(p_project_id),
    add_upload: ({ p_project_id }) => {
      if (notes.length > 0) assert.deepEqual(notes, [p_project_id]);
      return { is_new: true };
    },
  });
  const client = createClient<Database>(FAKE_URL, "sb_secret_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => {
        const { pathname } = new URL(new Request(input, init).url);
        asks.push(pathname.startsWith("/storage/") ? "put" : pathname.split("/").at(-1) ?? "");
        return await api.fetch(input, init);
      },
    },
  });
  await keepUpload(jpegOf({ width: 96, height: 64 }), {
    userId: crypto.randomUUID(),
    projectId,
    client,
    service: client,
    supabaseUrl: FAKE_URL,
    bucket: "aiauto",
    log: createLog({}, () => {}),
  });
  return asks;
}

Deno.test("keepUpload() notes a new project's folder before anything is put there", async () => {
  assert.deepEqual(await asksOf(), ["find_upload", "note_new_folder", "put", "add_upload"]);
});

Deno.test("keepUpload() asks the database no more than twice for a project that is there", async () => {
  assert.deepEqual(await asksOf(crypto.randomUUID()), ["find_upload", "put", "add_upload"]);
});
