/**
 * The simulated Runway's work: tasks wait THROTTLED until the account's concurrency lets them run.
 * Source: docs.dev.runwayml.com and types of @runwayml/sdk 4.20.1, September 2026.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Buffer } from "node:buffer";
import { pause } from "./faults.ts";
import { fetchInputImage } from "./input_image.ts";
import { isFileFault, type MediaStore } from "./media_store.ts";
import type { RenderPool } from "./render_pool.ts";
import type { RunwayWork } from "./runway_schema.ts";
import type { Fault } from "./simulator.ts";

/** Why a task failed. */
export interface RunwayFailure {
  /** `failureCode`; null when Runway gives none. */
  readonly code: string | null;
  /** `failure`, for people. */
  readonly message: string;
}

/** A task. */
export interface RunwayTask {
  /** A UUID. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** What it is for, and what it costs. */
  readonly work: RunwayWork;
  /** What was to go wrong when it was created. */
  readonly fault: Fault | null;
  /** Where it is. */
  status: "PENDING" | "THROTTLED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  /** 0 to 1. */
  progress: number;
  /** The file host's URL of the clip; signed anew for each look. */
  fileUrl: string | null;
  /** Null unless it has failed. */
  failure: RunwayFailure | null;
  /** Looks at it since it succeeded. */
  lookCount: number;
  /** Aborted by a cancel. */
  readonly cancelled: AbortController;
}

/** What the work needs. */
export interface RunwayTaskOptions {
  /** Where results are put. */
  readonly media: MediaStore;
  /** Who films. */
  readonly renders: RenderPool;
  /** How long rendering takes at least. */
  readonly renderMs: { readonly video: number };
  /** Takes a turn when the account may run one more task; its function gives the turn back. */
  readonly slots: RunwaySlots;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Called once when the task has succeeded: only then is it paid here. */
  charge(credits: number): void;
}

/** The account's concurrency. */
export interface RunwaySlots {
  /** Tells whether a task would have to wait. */
  readonly isFull: boolean;
  /** Waits for a turn, first come first served, and gives the function that ends it. */
  take(signal: AbortSignal): Promise<() => void>;
}

/** Makes slots for so many tasks at once. */
export function createRunwaySlots(limit: () => number): RunwaySlots {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    get isFull() {
      return running >= limit();
    },
    take: async (signal) => {
      while (running >= limit() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      running++;
      return () => {
        running--;
        // All of them look again: one that was cancelled must not swallow the turn.
        for (const wake of waiting.splice(0)) wake();
      };
    },
  };
}

/** Starts the work of an accepted create. */
export function startRunwayTask(
  create: { readonly work: RunwayWork; readonly fault: Fault | null },
  options: RunwayTaskOptions,
): RunwayTask {
  const task: RunwayTask = {
    id: randomUUID(),
    createdAt: Date.now(),
    work: create.work,
    fault: create.fault,
    status: options.slots.isFull ? "THROTTLED" : "PENDING",
    progress: 0,
    fileUrl: null,
    failure: null,
    lookCount: 0,
    cancelled: new AbortController(),
  };
  void run(task, options);
  return task;
}

async function run(task: RunwayTask, options: RunwayTaskOptions): Promise<void> {
  const { renderMs, slots } = options;
  const signal = AbortSignal.any([options.signal, task.cancelled.signal]);
  const free = await slots.take(signal);
  try {
    if (!signal.aborted) task.status = "PENDING";
    const started = performance.now();
    await pause(renderMs.video * 0.1, signal);
    if (signal.aborted) return;
    task.status = "RUNNING";
    const watch = setInterval(() => {
      task.progress = Math.min(0.95, (performance.now() - started) / (renderMs.video || 1000));
    }, 50);
    try {
      await render(task, options, signal);
      await pause(renderMs.video - (performance.now() - started), signal);
    } finally {
      clearInterval(watch);
    }
    if (signal.aborted) return;
    task.status = task.failure === null ? "SUCCEEDED" : "FAILED";
    if (task.failure === null) options.charge(task.work.credits);
  } finally {
    if (task.cancelled.signal.aborted) task.status = "CANCELLED";
    free();
  }
}

/** Failures by kind of fault. */
const FAILURES: Readonly<Record<string, RunwayFailure>> = {
  fail: { code: "INTERNAL", message: "An unexpected error occurred." },
  fail_runner: { code: "THIRD_PARTY.UNAVAILABLE", message: "A third-party model is unavailable." },
  fail_no_code: { code: null, message: "An unexpected error occurred." },
  fail_preprocessing: {
    code: "INPUT_PREPROCESSING.INTERNAL",
    message: "An unexpected error occurred while the inputs were prepared.",
  },
  bad_output: {
    code: "INTERNAL.BAD_OUTPUT.CODE01",
    message: "The model gave an output of bad quality.",
  },
  refuse: {
    code: "SAFETY.INPUT.TEXT",
    message: "The prompt was refused by content moderation.",
  },
  refuse_image: {
    code: "INPUT_PREPROCESSING.SAFETY.IMAGE",
    message: "The image was refused by content moderation.",
  },
  nsfw: {
    code: "SAFETY.OUTPUT.VIDEO",
    message: "The output was refused by content moderation.",
  },
};

async function render(
  task: RunwayTask,
  { media, renders }: RunwayTaskOptions,
  signal: AbortSignal,
): Promise<void> {
  const kind = task.fault?.kind ?? "";
  if (kind === "endless") await pause(Number.POSITIVE_INFINITY, signal);
  task.failure = Object.hasOwn(FAILURES, kind) ? FAILURES[kind] ?? null : null;
  if (task.failure !== null || signal.aborted) return;
  const { imageUrl, lastImageUrl, prompt, durationSeconds, aspectRatio } = task.work;
  try {
    const image = await readImage(imageUrl, signal);
    // Read like the real one does, but the simulated camera does not travel to it.
    if (lastImageUrl !== undefined) await readImage(lastImageUrl, signal);
    const clip = await renders.clip({ image, prompt, durationSeconds, aspectRatio });
    task.fileUrl = media.put(clip, { fault: isFileFault(kind) ? kind : null });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    task.failure = { code: "ASSET.INVALID", message: `The image is not usable: ${reason}` };
  }
}

/** Reads the first frame as Runway does: HEAD first, and no redirects. */
async function readImage(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const inline = /^data:image\/[a-z]+;base64,(.+)$/.exec(url)?.[1];
  if (inline !== undefined) return new Uint8Array(Buffer.from(inline, "base64"));
  if (!/^https?:/.test(url)) throw new Error("there is no such upload");
  const head = await fetch(url, { method: "HEAD", redirect: "manual", signal });
  await head.body?.cancel();
  if (!head.ok) throw new Error(`HEAD was answered with HTTP status ${head.status}`);
  return await fetchInputImage(url, signal);
}
