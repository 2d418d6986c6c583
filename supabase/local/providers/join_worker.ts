/**
 * Joins the clips of one film and ends with it: ffmpeg's memory goes with the worker.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { joinClips, type JoinClipsRequest } from "../media/join_clips.ts";
import type { JoinAnswer } from "./join_pool.ts";

parentPort?.once("message", async (request: JoinClipsRequest) => {
  let answer: JoinAnswer;
  try {
    answer = { result: await joinClips(request) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
