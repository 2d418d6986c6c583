import assert from "node:assert/strict";
import {
  textSource,
  type ZipEntry,
  zipStream,
} from "../../../supabase/functions/_shared/film/zip_stream.ts";
import { unzip } from "../../fixtures/unzip.ts";

const modifiedAt = new Date("2026-11-21T09:00:00Z");

/** A file of `count` pieces of 64 KB, and what was done with it. */
function pieces(path: string, count: number, failAt = Infinity) {
  const seen = { opened: 0, read: 0, cancelled: 0 };
  const entry: ZipEntry = {
    path,
    modifiedAt,
    open: () => {
      seen.opened += 1;
      return Promise.resolve({
        read: () => {
          if (seen.read === failAt) return Promise.reject(new TypeError("connection reset"));
          if (seen.read === count) return Promise.resolve(null);
          seen.read += 1;
          return Promise.resolve(new Uint8Array(65536).fill(seen.read));
        },
        cancel: () => {
          seen.cancelled += 1;
          return Promise.resolve();
        },
      });
    },
  };
  return { entry, seen };
}

const text = (path: string, content: string): ZipEntry => ({
  path,
  modifiedAt,
  open: () => Promise.resolve(textSource(content)),
});

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
}

Deno.test("zipStream() makes a zip that another program unpacks, with folders, empty files and none", async () => {
  const { entry } = pieces("a/film.mp4", 20);
  const files = await unzip(
    await bytesOf(zipStream([text("a/script.txt", "Dusk \u{1f3ee}"), entry, text("empty", "")])),
  );
  assert.deepEqual([...files.keys()], ["a/script.txt", "a/film.mp4", "empty"]);
  assert.equal(new TextDecoder().decode(files.get("a/script.txt")), "Dusk \u{1f3ee}");
  const film = files.get("a/film.mp4");
  assert.equal(film?.byteLength, 20 * 65536);
  assert.deepEqual([film?.at(0), film?.at(-1)], [1, 20]);
  assert.equal(files.get("empty")?.byteLength, 0);
  assert.equal((await unzip(await bytesOf(zipStream([])))).size, 0);
});

Deno.test("zipStream() reads no further than it is read, and opens files in their turn", async () => {
  const [first, second] = [pieces("1", 1000), pieces("2", 1000)];
  const reader = zipStream([first.entry, second.entry]).getReader();
  for (let at = 0; at < 10; at++) await reader.read();
  assert.ok(first.seen.read <= 11, `${first.seen.read} pieces`);
  assert.equal(second.seen.opened, 0);
  await reader.cancel();
  assert.deepEqual([first.seen.cancelled, second.seen.opened], [1, 0]);
});

Deno.test("zipStream() breaks off where a file does, and lets go of it", async () => {
  const { entry, seen } = pieces("1", 1000, 5);
  const causes: unknown[] = [];
  const zip = zipStream([text("a", "b"), entry], { onBroken: (cause) => causes.push(cause) });
  await assert.rejects(bytesOf(zip), /connection reset/);
  assert.equal(seen.cancelled, 1);
  assert.match(String(causes), /^TypeError: connection reset$/);
});
