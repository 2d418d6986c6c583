import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { type Database } from "../../../shared/mod.ts";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { emptyFolder } from "../../../supabase/functions/_shared/media/empty_folder.ts";
import { FAKE_URL } from "../../fakes/fake_keys.ts";

const PREFIX = "projects/3e6a7c4b-9e2d-4a3f-8d84-9c6f6a5b4d04";

/** Storage's wire for listing and removing, over names in memory. `onRemove` may change what a removal does. */
function storage(names: Iterable<string>, onRemove?: (asked: string[]) => Response | undefined) {
  const objects = new Set(names);
  const calls: string[] = [];
  const client = createClient<Database>(FAKE_URL, "sb_secret_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const body = await request.json();
        calls.push(request.method);
        if (request.method === "DELETE") {
          const answer = onRemove?.(body.prefixes);
          if (answer !== undefined) return answer;
          assert.ok(body.prefixes.length <= 1000, "Storage refuses more");
          const gone = body.prefixes.filter((name: string) => objects.delete(name));
          return Response.json(gone.map((name: string) => ({ name })));
        }
        assert.match(request.url, /\/storage\/v1\/object\/list\/aiauto$/);
        return Response.json(list(objects, body));
      },
    },
  });
  return { client, objects, calls };
}

/** One folder's entries: files with an id, folders without, by name. */
function list(
  objects: Iterable<string>,
  { prefix, limit, offset }: { prefix: string; limit: number; offset: number },
) {
  const entries = new Map<string, string | null>();
  for (const name of objects) {
    if (!name.startsWith(`${prefix}/`)) continue;
    const [first = "", ...rest] = name.slice(prefix.length + 1).split("/");
    entries.set(first, rest.length === 0 ? name : null);
  }
  return [...entries].sort(([a], [b]) => a < b ? -1 : 1).slice(offset, offset + limit)
    .map(([name, id]) => ({ name, id }));
}

const later = () => performance.now() + 60_000;

Deno.test("emptyFolder() removes what is in a folder and below it, page by page, and nothing beside it", async () => {
  const inside = [
    ...Array.from({ length: 2_300 }, (_, at) => `${PREFIX}/videos/${at}.mp4`),
    ...Array.from({ length: 1_100 }, (_, at) => `${PREFIX}/scenes/${at}/images/a.jpg`),
    `${PREFIX}/cover.jpg`,
  ];
  const { client, objects } = storage([...inside, `${PREFIX}0/videos/other.mp4`]);
  const pass = await emptyFolder(client, { bucket: "aiauto", prefix: PREFIX, until: later() });
  assert.deepEqual(pass, { removedCount: inside.length, isEmpty: true });
  assert.deepEqual([...objects], [`${PREFIX}0/videos/other.mp4`]);
  const again = await emptyFolder(client, { bucket: "aiauto", prefix: PREFIX, until: later() });
  assert.deepEqual(again, { removedCount: 0, isEmpty: true });
});

Deno.test("emptyFolder() begins nothing when its time is up, and says that it did not see everything", async () => {
  const { client, objects, calls } = storage([`${PREFIX}/a/x.jpg`]);
  const pass = await emptyFolder(client, { bucket: "aiauto", prefix: PREFIX, until: 0 });
  assert.deepEqual(pass, { removedCount: 0, isEmpty: false });
  assert.deepEqual([objects.size, calls.length], [1, 0]);
});

Deno.test("emptyFolder() fails when Storage refuses, or says yes and removes nothing", async () => {
  for (
    const answer of [
      () => Response.json({ message: "down", statusCode: "503" }, { status: 503 }),
      () => Response.json([]),
    ]
  ) {
    const { client } = storage([`${PREFIX}/a.jpg`], answer);
    await assert.rejects(
      emptyFolder(client, { bucket: "aiauto", prefix: PREFIX, until: later() }),
      (error: unknown) => error instanceof AppError && error.code === "PROVIDER_UNAVAILABLE",
    );
  }
});
