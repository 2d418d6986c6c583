/**
 * Joins clips in a worker made for the purpose: ffmpeg, a download of 20 MB, is loaded when the first film
 * needs it and never before.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { JoinClipsRequest, JoinedClips } from "../media/join_clips.ts";

/** What the worker answers. */
export type JoinAnswer = { readonly result: JoinedClips } | { readonly error: string };

/** Each film takes 300 MB: the next one waits. */
let last: Promise<unknown> = Promise.resolve();

/** Joins clips, one film after another. Rejects with `Error` when they can't be joined, or when called off. */
export function joinInWorker(
  request: JoinClipsRequest,
  signal: AbortSignal,
): Promise<JoinedClips> {
  const run = last.then(() => join(request, signal));
  last = run.catch(() => {});
  return run;
}

async function join(request: JoinClipsRequest, signal: AbortSignal): Promise<JoinedClips> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./join_worker.ts", import.meta.url));
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("The work was called off")));
      worker.on("error", (cause) => reject(new Error("The worker died", { cause })));
      worker.on("message", (answer: JoinAnswer) => {
        if ("result" in answer) resolve(answer.result);
        else reject(new Error(answer.error));
      });
      worker.postMessage(request);
    });
  } finally {
    await worker.terminate();
  }
}
