import assert from "node:assert/strict";
import { detachedStream } from "../../../supabase/functions/_shared/director/detached_stream.ts";

/** A source that a test feeds. */
function source() {
  let controller: ReadableStreamDefaultController<string> | undefined;
  const stream = new ReadableStream<string>({
    start: (given) => {
      controller = given;
    },
  });
  return {
    stream,
    say: (text: string) => controller?.enqueue(text),
    end: () => controller?.close(),
    fail: (error: Error) => controller?.error(error),
  };
}

Deno.test("detachedStream() gives everything in order, then ends", async () => {
  const from = source();
  let leftCount = 0;
  const { stream, done } = detachedStream(from.stream, () => leftCount++);
  for (const text of ["a", "b"]) from.say(text);
  from.end();
  const heard = [];
  for await (const text of stream) heard.push(text);
  await done;
  assert.deepEqual([heard, leftCount], [["a", "b"], 0]);
});

Deno.test("detachedStream() reads on when its reader leaves, and says so once", async () => {
  const from = source();
  let leftCount = 0;
  const { stream, done } = detachedStream(from.stream, () => leftCount++);
  from.say("a");
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  from.say("b");
  from.end();
  await done;
  assert.equal(leftCount, 1);
});

Deno.test("detachedStream() hands a failure on to whoever reads, and is done", async () => {
  const from = source();
  const { stream, done } = detachedStream(from.stream, () => {});
  from.fail(new TypeError("broken"));
  await assert.rejects(() => stream.getReader().read(), TypeError);
  await done;
});
