/**
 * One worker of the render pool: takes jobs one after another.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { filmClip } from "../media/clip.ts";
import { drawPicture } from "../media/picture.ts";
import type { RenderAnswer, RenderJob } from "./render_pool.ts";

parentPort?.on("message", async (job: RenderJob) => {
  const answer = await render(job);
  parentPort?.postMessage(answer, "result" in answer ? [answer.result.bytes.buffer] : []);
});

async function render(job: RenderJob): Promise<RenderAnswer> {
  try {
    const result = job.kind === "picture" ? drawPicture(job.request) : await filmClip(job.request);
    return { id: job.id, result };
  } catch (error) {
    return { id: job.id, error: error instanceof Error ? error.message : String(error) };
  }
}
