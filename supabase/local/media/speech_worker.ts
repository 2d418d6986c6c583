/**
 * The thread that speaks one long text and ends.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { narrateHere, type NarrationAnswer, type NarrationOrder } from "./speech_narrate.ts";

const order: NarrationOrder = workerData;

async function answer(): Promise<NarrationAnswer> {
  try {
    return { audio: await narrateHere(order) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const done = await answer();
parentPort?.postMessage(done, "audio" in done ? [done.audio.buffer] : []);
