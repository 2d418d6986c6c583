/**
 * Draws pictures and films clips in workers, so that a simulator keeps answering meanwhile.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { Clip, ClipRequest } from "../media/clip.ts";
import type { Picture, PictureRequest } from "../media/picture.ts";

/** What a worker is asked. */
export type RenderJob =
  | { readonly id: number; readonly kind: "picture"; readonly request: PictureRequest }
  | { readonly id: number; readonly kind: "clip"; readonly request: ClipRequest };

/** What a worker answers. */
export type RenderAnswer =
  | { readonly id: number; readonly result: Picture | Clip }
  | { readonly id: number; readonly error: string };

/** Draws and films. Work beyond the number of workers waits its turn. */
export interface RenderPool {
  /** See `drawPicture`. Rejects with `Error` when it can't be drawn or the pool was stopped. */
  picture(request: PictureRequest): Promise<Picture>;
  /** See `filmClip`. Rejects with `Error` when it can't be filmed or the pool was stopped. */
  clip(request: ClipRequest): Promise<Clip>;
  /** Ends the workers; what is unfinished is rejected. */
  stop(): Promise<void>;
}

// A film's clips come together: as many cores as there are shorten it, more than four would take the
// machine from the database and the functions.
const MAX_WORKERS = 4;

interface Pending {
  readonly worker: Worker;
  resolve(result: Picture | Clip): void;
  reject(error: Error): void;
}

/** Makes a pool. Workers start with their first job (about 0.2 s each) and live until `stop`. */
export function createRenderPool(
  size: number = Math.min(MAX_WORKERS, navigator.hardwareConcurrency),
): RenderPool {
  const idle: Worker[] = [];
  const workers = new Set<Worker>();
  const pending = new Map<number, Pending>();
  const waiting: (() => void)[] = [];
  let lastId = 0;
  let stopped = false;

  const startWorker = () => {
    const worker = new Worker(new URL("./render_worker.ts", import.meta.url));
    workers.add(worker);
    worker.on("message", (answer: RenderAnswer) => {
      const job = pending.get(answer.id);
      pending.delete(answer.id);
      idle.push(worker);
      if ("error" in answer) job?.reject(new Error(answer.error));
      else job?.resolve(answer.result);
      waiting.shift()?.();
    });
    worker.on("error", (cause) => {
      workers.delete(worker);
      for (const [id, job] of pending) {
        if (job.worker !== worker) continue;
        pending.delete(id);
        job.reject(new Error("Cannot render: the worker died", { cause }));
      }
      waiting.shift()?.();
    });
    return worker;
  };

  const run = async (job: DistributedOmit<RenderJob, "id">): Promise<Picture | Clip> => {
    while (idle.length === 0 && workers.size >= size && !stopped) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    if (stopped) throw new Error("Cannot render: the pool was stopped");
    const worker = idle.pop() ?? startWorker();
    const id = ++lastId;
    return await new Promise((resolve, reject) => {
      pending.set(id, { worker, resolve, reject });
      worker.postMessage({ id, ...job });
    });
  };

  return {
    picture: async (request) => expectType(await run({ kind: "picture", request }), isPicture),
    clip: async (request) => expectType(await run({ kind: "clip", request }), isClip),
    stop: async () => {
      stopped = true;
      for (const job of pending.values()) {
        job.reject(new Error("Cannot render: the pool was stopped"));
      }
      pending.clear();
      for (const wake of waiting.splice(0)) wake();
      await Promise.all([...workers].map((worker) => worker.terminate()));
    },
  };
}

/** `Omit` on each member of a union. */
type DistributedOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key>
  : never;

function isPicture(result: Picture | Clip): result is Picture {
  return result.contentType !== "video/mp4";
}

function isClip(result: Picture | Clip): result is Clip {
  return result.contentType === "video/mp4";
}

function expectType<Wanted extends Picture | Clip>(
  result: Picture | Clip,
  isWanted: (result: Picture | Clip) => result is Wanted,
): Wanted {
  if (!isWanted(result)) throw new TypeError(`Cannot use a "${result.contentType}" here`);
  return result;
}
