/**
 * One worker of the render pool: takes jobs one after another.
 *
 * @module
 */
import { filmClip } from "../media/clip.ts";
import { drawPicture } from "../media/picture.ts";
import type { RenderAnswer, RenderJob } from "./render_pool.ts";

/** The worker's side of the channel, which TypeScript's window types do not know. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<RenderJob>) => void) | null;
  postMessage(message: RenderAnswer, transfer: Transferable[]): void;
}

const scope: WorkerScope = globalThis;

scope.onmessage = async ({ data: job }) => {
  try {
    const result = job.kind === "picture" ? drawPicture(job.request) : await filmClip(job.request);
    scope.postMessage({ id: job.id, result }, [result.bytes.buffer]);
  } catch (error) {
    scope.postMessage({ id: job.id, error: error instanceof Error ? error.message : String(error) }, []);
  }
};
