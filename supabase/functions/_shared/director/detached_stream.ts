/**
 * A stream that knows whether anybody still reads it.
 *
 * @module
 */

/**
 * Gives what `source` gives. When the reader goes away, `onLeave` is called, once, and the source is still read
 * to its end, so that whoever writes it can finish: that what was said so far is kept does not depend on the
 * reader. `done` settles when the source has ended; it never rejects.
 */
export function detachedStream<Chunk>(
  source: ReadableStream<Chunk>,
  onLeave: () => void,
): { readonly stream: ReadableStream<Chunk>; readonly done: Promise<void> } {
  let reader: ReadableStreamDefaultController<Chunk> | undefined;
  const stream = new ReadableStream<Chunk>({
    start(controller) {
      reader = controller;
    },
    cancel() {
      reader = undefined;
      onLeave();
    },
  });
  const pump = async () => {
    try {
      for await (const chunk of source) reader?.enqueue(chunk);
      reader?.close();
    } catch (error) {
      reader?.error(error);
    }
  };
  return { stream, done: pump() };
}
