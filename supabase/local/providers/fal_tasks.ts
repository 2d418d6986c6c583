/**
 * The simulated fal's work: what becomes of a request between its submit and its webhook.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { pause } from "./faults.ts";
import { findFalEndpoint } from "./fal_endpoints.ts";
import type { FalSigner } from "./fal_webhooks.ts";
import { type FalMakers, type FalResult, makeFalResult, requestProblem } from "./fal_work.ts";
import type { Fault } from "./simulator.ts";
import { deliverWebhook, type LoggedDelivery } from "./webhook_sender.ts";

/** A request in fal's queue. */
export interface FalTask {
  /** `request_id`. */
  readonly id: string;
  /** `{owner}/{app}`: all that follow-ups name. */
  readonly app: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What was to go wrong when it was submitted. */
  readonly fault: Fault | null;
  /** There is no FAILED: the result tells. */
  state: "IN_QUEUE" | "IN_PROGRESS" | "COMPLETED";
  /** Set when COMPLETED. */
  result: FalResult | null;
  /** Aborted by a cancel. */
  readonly cancelled: AbortController;
  /** Settled when the webhook, if any, is delivered or given up. */
  delivered: Promise<void>;
}

/** What the work needs. */
export interface FalTaskOptions extends FalMakers {
  /** Signs the webhook. */
  readonly signer: FalSigner;
  /** How long rendering takes at least. */
  readonly renderMs: { readonly image: number; readonly video: number };
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Called for each attempt at the webhook. */
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
  const video = "kind" in judged && judged.kind !== "image";
  const renderMs = video ? options.renderMs.video : options.renderMs.image;
  const started = performance.now();
  await pause(renderMs * 0.2, signal);
  if (!signal.aborted) task.state = "IN_PROGRESS";
  if (task.fault?.kind === "endless") {
    await pause(Number.POSITIVE_INFINITY, signal);
  }
  const made = signal.aborted
    ? null
    : await makeFalResult(judged, options, { kind: task.fault?.kind, signal });
  await pause(renderMs - (performance.now() - started), signal);
  if (options.signal.aborted) return null;
  return task.cancelled.signal.aborted
    ? requestProblem(499, "client_cancelled", "Request was cancelled")
    : made;
}

function webhookEnvelope(requestId: string): Record<string, string> {
  return { request_id: requestId, gateway_request_id: requestId };
}
