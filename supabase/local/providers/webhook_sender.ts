/**
 * Sends the simulated providers' webhooks, on time or as a fault wants them.
 *
 * @module
 */
import { faultDelayMs, pause } from "./faults.ts";
import type { Fault } from "./simulator.ts";

/** Both fal and KIE give a receiver about 15 s (their docs, read August 2026). */
const TIMEOUT_MS = 15_000;

/** One webhook. */
export interface Webhook {
  /** Where it goes. */
  readonly url: string;
  /** JSON, as it is signed. */
  readonly body: string;
  /** Made anew for each attempt: the signature covers the time. */
  headers(): Promise<Record<string, string>>;
}

/** One attempt at a delivery, for tests to read. */
export interface LoggedDelivery {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Which simulator. */
  readonly provider: string;
  /** The task that has ended. */
  readonly taskId: string;
  /** Where it goes. */
  readonly url: string;
  /** The fault it came from, or null for the usual one. */
  readonly fault: string | null;
  /** The receiver's HTTP status, or null when it could not be reached. */
  readonly status: number | null;
}

/** The time a webhook is signed with, in Unix seconds: now, or ten minutes ago for `stale_webhook`. */
export function webhookTimestamp(fault: string | null): string {
  return String(Math.floor(Date.now() / 1000) - (fault === "stale_webhook" ? 600 : 0));
}

/** How a task's webhook is delivered. */
export interface DeliveryOptions {
  /** Which simulator. */
  readonly provider: string;
  /** The task that has ended. */
  readonly taskId: string;
  /** The task's fault. */
  readonly fault: Fault | null;
  /** Waits before the second and further attempts; none means a single attempt. */
  readonly retryDelaysMs: readonly number[];
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Called for each attempt. */
  record(delivery: Omit<LoggedDelivery, "at" | "provider">): void;
}

/**
 * Delivers the webhook of an ended task. Resolves when it was taken (any 2xx), given up, or the server
 * stops; never rejects. Faults: `no_webhook`, `duplicate_webhook` (three times at once), `late_webhook`
 * (after `delayMs`).
 */
export async function deliverWebhook(webhook: Webhook, options: DeliveryOptions): Promise<void> {
  const kind = options.fault?.kind ?? null;
  if (kind === "no_webhook") return;
  if (kind === "late_webhook") await pause(faultDelayMs(options.fault), options.signal);
  const copies = kind === "duplicate_webhook" ? 3 : 1;
  await Promise.all(Array.from({ length: copies }, () => deliverOne(webhook, options)));
}

async function deliverOne(webhook: Webhook, options: DeliveryOptions): Promise<void> {
  for (const delayMs of [0, ...options.retryDelaysMs]) {
    await pause(delayMs, options.signal);
    if (options.signal.aborted) return;
    const status = await post(webhook, options.signal);
    options.record({
      taskId: options.taskId,
      url: webhook.url,
      fault: options.fault?.kind ?? null,
      status,
    });
    if (status !== null && status >= 200 && status < 300) return;
  }
}

async function post(webhook: Webhook, signal: AbortSignal): Promise<number | null> {
  try {
    const response = await fetch(webhook.url, {
      method: "POST",
      body: webhook.body,
      headers: { "content-type": "application/json", ...await webhook.headers() },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
