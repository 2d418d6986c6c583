/**
 * The fault switch: which faults are set, which call each one applies to, and how those are played that
 * look the same at every provider.
 *
 * @module
 */
import { AFTER_ACCEPT, FAULT_KINDS, isFaultKind } from "./fault_kinds.ts";
import type { Fault } from "./simulator.ts";

/**
 * Faults of the work or its result rather than of one answer. Without an operation they apply to the
 * call that makes the work, which is also the one whose body `matching` can find the prompt in.
 */
const WORK_FAULTS = new Set(Object.values(FAULT_KINDS).flatMap(({ work }) => work));

/** Calls that only look: none of them makes work. */
const LOOKS = new Set([
  "record_info",
  "credit",
  "download_url",
  "upload_picture",
  "organization",
  "status",
  "status_stream",
  "result",
  "cancel",
  "jwks",
  "token",
  "list_voices",
  "list_models",
  "count_tokens",
  "create_moderation",
]);

/** How long `slow` and other faults that take time take when they do not say. */
const DEFAULT_DELAY_MS = 3_000;

/** The faults that are set. */
export interface FaultBook {
  /** Sets a fault, behind those that are set. Throws `RangeError` for one that nobody plays. */
  add(fault: Fault): void;
  /** Forgets all of them. */
  clear(): void;
  /** Takes the first fault that applies to a call, counting it down; null when there is none. */
  take(provider: string, operation: string, body: string): Fault | null;
  /** The faults left, with the `times` they still apply. */
  list(): readonly Fault[];
}

/** Makes an empty book. */
export function createFaultBook(): FaultBook {
  let faults: Fault[] = [];
  const applies = (fault: Fault, provider: string, operation: string, body: string) =>
    fault.provider === provider &&
    (fault.operation === undefined
      ? !(WORK_FAULTS.has(fault.kind) && LOOKS.has(operation)) &&
        !(fault.kind === "unknown_task" && !LOOKS.has(operation))
      : fault.operation === operation) &&
    (fault.matching === undefined || body.includes(fault.matching));
  return {
    add: (fault) => {
      if (!isFaultKind(fault.provider, fault.kind)) {
        throw new RangeError(
          `Cannot play "${fault.kind}" at ${fault.provider}: see fault_kinds.ts`,
        );
      }
      if (fault.times !== 0) faults.push(fault);
    },
    clear: () => {
      faults = [];
    },
    take: (provider, operation, body) => {
      const at = faults.findIndex((fault) => applies(fault, provider, operation, body));
      const fault = faults[at];
      if (fault === undefined) return null;
      if (fault.times === undefined) return fault;
      if (fault.times <= 1) faults.splice(at, 1);
      else faults[at] = { ...fault, times: fault.times - 1 };
      return fault;
    },
    list: () => [...faults],
  };
}

const hangUps = new WeakSet<Response>();

/** Makes the non-answer: the listener closes the connection without a byte. */
export function hangUp(): Response {
  const response = new Response(null);
  hangUps.add(response);
  return response;
}

/** Tells whether a response is one of {@link hangUp}. */
export function isHangUp(response: Response): boolean {
  return hangUps.has(response);
}

/** How a provider answers a call, with or without a fault. */
export interface FaultyAnswer {
  /** Aborted when the caller hangs up or the server stops. */
  readonly signal: AbortSignal;
  /** Does the work and gives the usual answer. */
  work(): Promise<Response>;
  /** The provider's own answer for a kind such as `bad_key`; null when the kind is not of this sort. */
  problem(kind: string): Response | null;
}

/**
 * Answers a call, playing a fault on top of it or instead of it: `hang`, `slow`, `drop`, `garbage`, and
 * whatever `problem` knows (`http_500`, `http_503`, `rate_limited`, `bad_key`, `no_credit`,
 * `wrong_shape`, …). Any of them with the suffix `_after_accept` is played when the work is already
 * done, so that `drop_after_accept` leaves a task behind. Other kinds change the work, not this answer.
 */
export async function answerWithFault(
  fault: Fault | null,
  answer: FaultyAnswer,
): Promise<Response> {
  if (fault === null) return await answer.work();
  const late = fault.kind.endsWith(AFTER_ACCEPT);
  const kind = late ? fault.kind.slice(0, -AFTER_ACCEPT.length) : fault.kind;
  if (late) await answer.work();
  switch (kind) {
    case "slow":
      await pause(fault.delayMs ?? DEFAULT_DELAY_MS, answer.signal);
      return await answer.work();
    case "hang":
      await pause(fault.delayMs ?? Number.POSITIVE_INFINITY, answer.signal);
      return hangUp();
    case "drop":
      return hangUp();
    case "garbage":
      // What a proxy in the way answers; the type is the lie.
      return new Response('{"code":200,"msg":"suc<html><body>502 Bad Gat', {
        headers: { "content-type": "application/json" },
      });
    default:
      return answer.problem(kind) ?? await answer.work();
  }
}

/** How long a fault takes. */
export function faultDelayMs(fault: Fault | null): number {
  return fault?.delayMs ?? DEFAULT_DELAY_MS;
}

/** Waits, but not longer than until the signal is aborted; an infinite wait is for the signal alone. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || delayMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = Number.isFinite(delayMs) ? setTimeout(finish, delayMs) : undefined;
    signal.addEventListener("abort", finish);
  });
}
