/**
 * The simulated KIE's work: what becomes of a task between its create and its callback.
 * Source: docs.kie.ai and recorded traffic, August to September 2026.
 *
 * @module
 */
import { createHmac, randomBytes } from "node:crypto";
import { faultDelayMs, pause } from "./faults.ts";
import { fetchInputImage } from "./input_image.ts";
import type { KieWork } from "./kie_schema.ts";
import { isFileFault, type MediaStore } from "./media_store.ts";
import type { RenderPool } from "./render_pool.ts";
import type { Fault } from "./simulator.ts";
import {
  deliverWebhook,
  type LoggedDelivery,
  type Webhook,
  webhookTimestamp,
} from "./webhook_sender.ts";

/** Where a task is. */
export type KieState = "waiting" | "queuing" | "generating" | "success" | "fail";

/** A task. */
export interface KieTask {
  /** `taskId`. */
  readonly id: string;
  /** As created. */
  readonly model: string;
  /** JSON in a string in JSON, as on the wire. */
  readonly param: string;
  /** Milliseconds since 1970. */
  readonly createTime: number;
  /** What was to go wrong when it was created. */
  readonly fault: Fault | null;
  /** Where it is. */
  state: KieState;
  /** Milliseconds since 1970; null until it has ended. */
  completeTime: number | null;
  /** Empty until it has succeeded. */
  resultUrls: readonly string[];
  /** Null unless it has failed. */
  failure: { readonly code: string; readonly message: string } | null;
  /** Settled when the callback, if any, is delivered or given up. */
  delivered: Promise<void>;
}

/** What the work needs. */
export interface KieTaskOptions {
  /** Where results are put. */
  readonly media: MediaStore;
  /** Who films. */
  readonly renders: RenderPool;
  /** `webhookHmacKey` of the account; null leaves callbacks unsigned, as they are by default. */
  readonly webhookKey: string | null;
  /** How long rendering takes at least. */
  readonly renderMs: { readonly video: number };
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Called for each attempt at the callback. */
  recordDelivery(delivery: Omit<LoggedDelivery, "at" | "provider">): void;
  /** Called once when the task has succeeded: only then is it paid. */
  charge(credits: number): void;
}

/** About what Kling asks, at half a cent a credit. */
const CREDITS_PER_SECOND = 14;

/** Starts the work of an accepted create. */
export function startKieTask(
  create: {
    readonly model: string;
    readonly input: unknown;
    readonly work: KieWork;
    readonly callBackUrl: string | null;
    readonly fault: Fault | null;
  },
  options: KieTaskOptions,
): KieTask {
  const { model, input, callBackUrl, fault } = create;
  const task: KieTask = {
    id: randomBytes(16).toString("hex"),
    model,
    param: JSON.stringify({
      input: JSON.stringify(input),
      ...(callBackUrl === null ? {} : { callBackUrl }),
      model,
    }),
    createTime: Date.now(),
    fault,
    state: "waiting",
    completeTime: null,
    resultUrls: [],
    failure: null,
    delivered: Promise.resolve(),
  };
  task.delivered = run(task, create, options);
  return task;
}

/** Tells whether recordInfo shows a task yet: not for `delayMs` after its create under `late_record`. */
export function isVisible(task: KieTask): boolean {
  return task.fault?.kind !== "late_record" ||
    Date.now() - task.createTime >= faultDelayMs(task.fault);
}

/** `data` of recordInfo and of a callback. */
export function kieRecord(task: KieTask): Record<string, unknown> {
  const { state, completeTime, failure } = task;
  const ended = completeTime !== null;
  return {
    taskId: task.id,
    model: task.model,
    state,
    param: task.param,
    resultJson: state === "success" ? JSON.stringify({ resultUrls: task.resultUrls }) : "",
    failCode: failure?.code ?? null,
    failMsg: failure?.message ?? null,
    costTime: ended ? Math.round((completeTime - task.createTime) / 1000) : null,
    completeTime,
    createTime: task.createTime,
    updateTime: completeTime ?? Date.now(),
    creditsConsumed: state === "success" ? CREDITS_PER_SECOND : 0,
  };
}

async function run(
  task: KieTask,
  { work, callBackUrl }: { readonly work: KieWork; readonly callBackUrl: string | null },
  options: KieTaskOptions,
): Promise<void> {
  const { signal } = options;
  const deliver = (webhook: Webhook | null) =>
    webhook === null ? Promise.resolve() : deliverWebhook(webhook, {
      provider: "kie",
      taskId: task.id,
      fault: task.fault,
      // KIE documents no retries.
      retryDelaysMs: [],
      signal,
      record: options.recordDelivery,
    });
  if (task.fault?.kind === "forged_webhook") {
    const forged = { ...kieRecord(task), state: "success", resultJson: FORGED_RESULT };
    void deliver(
      callback(callBackUrl, {
        taskId: task.id,
        data: forged,
        key: randomBytes(24).toString("hex"),
        fault: null,
      }),
    );
  }
  await render(task, work, options);
  if (signal.aborted) return;
  const taskId = task.fault?.kind === "wrong_task_webhook"
    ? randomBytes(16).toString("hex")
    : task.id;
  const data = {
    ...kieRecord(task),
    taskId,
    // Under a valid signature: it does not cover the body.
    ...(task.fault?.kind === "altered_webhook"
      ? { state: "success", resultJson: FORGED_RESULT }
      : {}),
  };
  const key = task.fault?.kind === "unsigned_webhook" ? null : options.webhookKey;
  await deliver(callback(callBackUrl, { taskId, data, key, fault: task.fault }));
}

const FORGED_RESULT = JSON.stringify({ resultUrls: ["https://attacker.example/clip.mp4"] });

async function render(task: KieTask, work: KieWork, options: KieTaskOptions): Promise<void> {
  const { signal, renderMs } = options;
  const started = performance.now();
  const clip = task.fault?.kind === "endless" ? null : makeClip(task, work, options);
  // Its rejection is looked at below, after the stages.
  clip?.catch(() => {});
  await pause(renderMs.video * 0.05, signal);
  task.state = "queuing";
  await pause(renderMs.video * 0.1, signal);
  task.state = "generating";
  if (clip === null) await pause(Number.POSITIVE_INFINITY, signal);
  try {
    task.resultUrls = [await clip ?? ""];
  } catch (error) {
    task.failure = error instanceof KieFailure
      ? error
      : { code: "400", message: error instanceof Error ? error.message : String(error) };
  }
  await pause(renderMs.video - (performance.now() - started), signal);
  if (signal.aborted) return;
  task.completeTime = Date.now();
  task.state = task.failure === null ? "success" : "fail";
  if (task.failure === null) options.charge(CREDITS_PER_SECOND * work.durationSeconds);
}

/** Gives the result's URL. */
async function makeClip(task: KieTask, work: KieWork, options: KieTaskOptions): Promise<string> {
  const kind = task.fault?.kind;
  if (kind === "fail") throw new KieFailure("500", "Internal Error, Please try again later.");
  if (kind === "refuse") {
    throw new KieFailure(
      "400",
      "Your prompt was flagged by Website as violating content policies.",
    );
  }
  const image = await fetchInputImage(work.imageUrl, options.signal);
  // Read like the real one does, but the simulated camera does not travel to it.
  if (work.lastImageUrl !== undefined) await fetchInputImage(work.lastImageUrl, options.signal);
  const { prompt, durationSeconds, aspectRatio } = work;
  const clip = await options.renders.clip({ image, prompt, durationSeconds, aspectRatio });
  return options.media.put(clip, { fault: isFileFault(kind) ? kind : null });
}

class KieFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function callback(
  url: string | null,
  content: {
    readonly taskId: string;
    readonly data: Record<string, unknown>;
    readonly key: string | null;
    readonly fault: Fault | null;
  },
): Webhook | null {
  if (url === null) return null;
  const { taskId, data, key, fault } = content;
  const succeeded = data.state === "success";
  return {
    url,
    body: JSON.stringify({
      code: succeeded ? 200 : 501,
      msg: succeeded ? "Playground task completed successfully." : "Playground task failed.",
      data,
    }),
    headers: () => {
      if (key === null) return Promise.resolve({});
      const timestamp = webhookTimestamp(fault?.kind ?? null);
      return Promise.resolve({
        "x-webhook-timestamp": timestamp,
        "x-webhook-signature": createHmac("sha256", key).update(`${taskId}.${timestamp}`)
          .digest("base64"),
      });
    },
  };
}
