/**
 * The simulated fal's work: what becomes of a request between its submit and its webhook.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { pause } from "./faults.ts";
import { type FalFault, type FalWork, findFalEndpoint } from "./fal_endpoints.ts";
import type { FalSigner } from "./fal_webhooks.ts";
import { fetchInputImage } from "./input_image.ts";
import { type FileFault, isFileFault, type MediaStore } from "./media_store.ts";
import type { RenderPool } from "./render_pool.ts";
import type { Fault } from "./simulator.ts";
import { deliverWebhook, type LoggedDelivery } from "./webhook_sender.ts";

/** How a request ended: the result's HTTP answer. */
export interface FalResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Record<string, unknown>;
}

/** A request in fal's queue. */
export interface FalTask {
  readonly id: string;
  /** `{owner}/{app}`: all that follow-ups name. */
  readonly app: string;
  readonly startedAt: number;
  readonly fault: Fault | null;
  state: "IN_QUEUE" | "IN_PROGRESS" | "COMPLETED";
  /** Set when COMPLETED. */
  result: FalResult | null;
  /** Aborted by a cancel. */
  readonly cancelled: AbortController;
  /** Settled when the webhook, if any, is delivered or given up. */
  delivered: Promise<void>;
}

/** What the work needs. */
export interface FalTaskOptions {
  readonly media: MediaStore;
  readonly renders: RenderPool;
  readonly signer: FalSigner;
  readonly renderMs: { readonly image: number; readonly video: number };
  readonly signal: AbortSignal;
  recordDelivery(delivery: Omit<LoggedDelivery, "at" | "provider">): void;
}

/** fal documents ten attempts over two hours; these are the first of them. */
const RETRY_DELAYS_MS = [2_000, 10_000, 60_000];

/** Starts the work of an accepted submit. */
export function startFalTask(
  submit: {
    readonly endpoint: string;
    readonly input: unknown;
    readonly webhookUrl: string | null;
    readonly fault: Fault | null;
  },
  options: FalTaskOptions,
): FalTask {
  const task: FalTask = {
    id: randomUUID(),
    app: submit.endpoint.split("/").slice(0, 2).join("/"),
    startedAt: Date.now(),
    fault: submit.fault,
    state: "IN_QUEUE",
    result: null,
    cancelled: new AbortController(),
    delivered: Promise.resolve(),
  };
  task.delivered = run(task, submit, options);
  return task;
}

async function run(
  task: FalTask,
  submit: {
    readonly endpoint: string;
    readonly input: unknown;
    readonly webhookUrl: string | null;
  },
  options: FalTaskOptions,
): Promise<void> {
  const { webhookUrl } = submit;
  const signal = AbortSignal.any([options.signal, task.cancelled.signal]);
  const deliver = (
    content: { requestId: string; body: Record<string, unknown>; forged?: boolean },
  ) =>
    webhookUrl === null ? Promise.resolve() : deliverWebhook(
      options.signer.webhook({ url: webhookUrl, fault: task.fault?.kind ?? null, ...content }),
      {
        provider: "fal",
        taskId: task.id,
        fault: task.fault,
        retryDelaysMs: RETRY_DELAYS_MS,
        signal: options.signal,
        record: options.recordDelivery,
      },
    );

  if (task.fault?.kind === "forged_webhook") {
    const images = [{ url: "https://v3b.fal.media.attacker.example/x.jpg", width: 1, height: 1 }];
    void deliver({
      requestId: task.id,
      body: { ...webhookEnvelope(task.id), status: "OK", payload: { images } },
      forged: true,
    });
  }
  const made = await work(task, submit, options, signal);
  if (options.signal.aborted || made === null) return;
  task.result = made;
  task.state = "COMPLETED";
  const requestId = task.fault?.kind === "wrong_task_webhook" ? randomUUID() : task.id;
  await deliver({
    requestId,
    body: {
      ...webhookEnvelope(requestId),
      status: made.status === 200 ? "OK" : "ERROR",
      payload: made.body,
      ...(made.status === 200 ? {} : { error: `Invalid status code: ${made.status}` }),
    },
  });
}

/** Does the work in its time. Null when it never ends. */
async function work(
  task: FalTask,
  { endpoint, input }: { readonly endpoint: string; readonly input: unknown },
  options: FalTaskOptions,
  signal: AbortSignal,
): Promise<FalResult | null> {
  const judged = findFalEndpoint(endpoint)?.(input) ?? [];
  const video = "kind" in judged && judged.kind === "video";
  const renderMs = video ? options.renderMs.video : options.renderMs.image;
  const started = performance.now();
  await pause(renderMs * 0.2, signal);
  if (!signal.aborted) task.state = "IN_PROGRESS";
  if (task.fault?.kind === "endless") {
    await pause(Number.POSITIVE_INFINITY, signal);
  }
  const made = signal.aborted ? null : await outcome(task, judged, options, signal);
  await pause(renderMs - (performance.now() - started), signal);
  if (options.signal.aborted) return null;
  return task.cancelled.signal.aborted
    ? requestProblem(499, "client_cancelled", "Request was cancelled")
    : made;
}

async function outcome(
  task: FalTask,
  judged: FalWork | readonly FalFault[],
  options: FalTaskOptions,
  signal: AbortSignal,
): Promise<FalResult> {
  switch (task.fault?.kind) {
    case "fail":
      return modelProblem(500, "internal_server_error", "Internal server error");
    case "fail_runner":
      return requestProblem(503, "runner_disconnected", "Runner disconnected");
    case "refuse":
      return modelProblem(
        422,
        "content_policy_violation",
        "The content could not be processed because it contained material flagged by a content checker.",
        ["body", "prompt"],
      );
  }
  if (!("kind" in judged)) {
    return { status: 422, headers: { "x-fal-retryable": "false" }, body: { detail: judged } };
  }
  const fault = isFileFault(task.fault?.kind) ? task.fault.kind : null;
  try {
    return judged.kind === "image"
      ? await makeImages(judged, task, options, fault)
      : await makeVideo(judged, options, { fault, signal });
  } catch (error) {
    return modelProblem(422, "image_load_error", error instanceof Error ? error.message : "?", [
      "body",
      "image_url",
    ]);
  }
}

async function makeImages(
  request: FalWork & { kind: "image" },
  task: FalTask,
  { media, renders }: FalTaskOptions,
  fault: FileFault | null,
): Promise<FalResult> {
  const started = performance.now();
  const { prompt, width, height, count, seed, format } = request;
  const isUnsafe = task.fault?.kind === "nsfw";
  const images = await Promise.all(Array.from({ length: count }, async (_, at) => {
    const picture = await renders.picture({
      // fal blackens what its checker does not pass.
      prompt: isUnsafe ? "night" : prompt,
      width,
      height,
      seed: seed + at,
      format,
      ...(isUnsafe ? { caption: "" } : {}),
    });
    return {
      url: media.put(picture, { fault }),
      width,
      height,
      content_type: picture.contentType,
    };
  }));
  return {
    status: 200,
    headers: {},
    body: {
      images,
      timings: { inference: (performance.now() - started) / 1000 },
      seed,
      has_nsfw_concepts: images.map(() => isUnsafe),
      prompt,
    },
  };
}

async function makeVideo(
  request: FalWork & { kind: "video" },
  { media, renders }: FalTaskOptions,
  { fault, signal }: { readonly fault: FileFault | null; readonly signal: AbortSignal },
): Promise<FalResult> {
  const { prompt, durationSeconds, aspectRatio } = request;
  const image = await fetchInputImage(request.imageUrl, signal);
  const clip = await renders.clip({ image, prompt, durationSeconds, aspectRatio });
  const file = {
    url: media.put(clip, { fault }),
    content_type: clip.contentType,
    file_name: "output.mp4",
    file_size: clip.bytes.length,
  };
  return { status: 200, headers: {}, body: { video: file } };
}

function modelProblem(
  status: number,
  type: string,
  msg: string,
  loc: readonly string[] = ["body"],
): FalResult {
  return {
    status,
    headers: { "x-fal-retryable": String(status >= 500) },
    body: { detail: [{ loc, msg, type, url: `https://docs.fal.ai/errors#${type}` }] },
  };
}

function requestProblem(status: number, type: string, detail: string): FalResult {
  return {
    status,
    headers: { "x-fal-error-type": type },
    body: { detail, error_type: type },
  };
}

function webhookEnvelope(requestId: string): Record<string, string> {
  return { request_id: requestId, gateway_request_id: requestId };
}
