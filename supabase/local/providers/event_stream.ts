/**
 * Server-sent events as a model sends them: one after another, until it is done, or the caller hangs up.
 *
 * @module
 */
import { pause } from "./faults.ts";
import type { ScriptStep } from "./scripts.ts";

/** What is sent, and how. */
export interface EventStream {
  /** With their ends. */
  readonly events: readonly string[];
  /** Says how fast, and how it ends. */
  readonly step: Pick<ScriptStep, "delayMs" | "end">;
  /** Aborted when the caller hangs up or the server stops. */
  readonly signal: AbortSignal;
  /** Told when the caller hung up before the end. */
  onHangUp(): void;
}

/** Makes the answer. */
export function eventResponse({ events, step, signal, onHangUp }: EventStream): Response {
  const encoder = new TextEncoder();
  const left = [...events];
  let isOver = false;
  const hungUp = () => {
    if (isOver) return;
    isOver = true;
    onHangUp();
  };
  signal.addEventListener("abort", hungUp);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const event = left.shift();
      if (event !== undefined) {
        await pause(step.delayMs ?? 0, signal);
        if (!signal.aborted) controller.enqueue(encoder.encode(event));
        return;
      }
      if (step.end === "hang") return await pause(Number.POSITIVE_INFINITY, signal);
      isOver = true;
      signal.removeEventListener("abort", hungUp);
      if (step.end === "cut") controller.error(new Error("The connection is cut"));
      else controller.close();
    },
    cancel: hungUp,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
