/**
 * What happens in a round, made from a seed: one click of one user, what the provider does wrong, and whom
 * the bench shoots.
 *
 * @module
 */
import { FILE_FAULTS, WEBHOOK_FAULTS } from "../../supabase/local/providers/fault_kinds.ts";
import type { Fault } from "../../supabase/local/providers/simulator.ts";
import { createRandom, type Random } from "./random.ts";

/** The operations a round may start. */
export const ROUND_OPERATIONS = [
  "generate-image",
  "generate-video",
  "generate-audio",
  "generate-script",
  "stitch-video",
  "cancel-job",
  "retry-job",
] as const;

/** One of {@link ROUND_OPERATIONS}. `cancel-job` and `retry-job` start a picture or a clip first. */
export type RoundOperation = typeof ROUND_OPERATIONS[number];

/** Where in its work a worker is hit. */
export type Step = "before_create" | "after_create" | "waiting" | "copying" | "settling";

/** What the bench does to processes. */
export type Blow =
  /**
   * SIGKILL of the worker that has just come to a step. `delivered`: its create still arrives. `bury`: the
   * lease of its job, which nobody can renew any more, is cut short.
   */
  | {
    readonly kind: "kill";
    readonly step: Step;
    readonly delivered: boolean;
    readonly bury?: boolean;
  }
  /** SIGSTOP of the worker at a step until its lease is over and another has its job, then SIGCONT. */
  | { readonly kind: "pause"; readonly step: "after_create" | "copying" }
  | { readonly kind: "kill_all"; readonly afterMs: number }
  | { readonly kind: "crash_database"; readonly afterMs: number };

/** What the provider does wrong. `matching` is the round's word, unless it is a look's. */
export interface RoundFault extends Omit<Fault, "matching"> {
  /** True for what cannot be told apart by the prompt: it hits whoever comes. */
  readonly anyone?: boolean;
}

/** One round. */
export interface Round {
  readonly index: number;
  /** Marks its prompt in every log. */
  readonly word: string;
  /** Which of the players, 0.. */
  readonly player: number;
  readonly operation: RoundOperation;
  /** What is started: for `cancel-job` and `retry-job` the work they are about. */
  readonly work: "image" | "video" | "audio" | "script" | "film";
  readonly fault: RoundFault | null;
  readonly blow: Blow | null;
  /** How many clients send the same click at once: impatient fingers, several tabs. */
  readonly copies: number;
  /** For `cancel-job`: how long after the click. */
  readonly cancelAfterMs: number;
  /**
   * Where only the deadline ends the work: how long it is let go on before the deadline is brought forward.
   * Null: it must end by itself.
   */
  readonly expireAfterMs: number | null;
}

/** Faults that only the deadline ends; see {@link Round.expireAfterMs}. */
const NEVER_ENDING: Readonly<Record<string, number>> = {
  endless: 3_000,
  // A callback for another task, while it is not known which task is ours, is taken for ours.
  wrong_task_webhook: 15_000,
};

const WEIGHTS: Readonly<Record<RoundOperation, number>> = {
  "generate-image": 6,
  "generate-video": 6,
  "generate-audio": 3,
  "generate-script": 2,
  "stitch-video": 2,
  "cancel-job": 3,
  "retry-job": 2,
};

const TRANSPORT = ["drop", "garbage", "http_500", "http_503", "wrong_shape"] as const;

/** Ends a file's job as failed, whatever else happens to it. */
export const BAD_FILES: ReadonlySet<string> = new Set(FILE_FAULTS);

/** Makes the rounds of a seed. Round `n` is the same however many there are. */
export function createRounds(seed: number, count: number, playerCount: number): Round[] {
  return Array.from({ length: count }, (_, index) => createRound(seed, index, playerCount));
}

function createRound(seed: number, index: number, playerCount: number): Round {
  const random = createRandom(seed * 100_003 + index);
  const operation = random.pick(
    ROUND_OPERATIONS.flatMap((name) => Array.from({ length: WEIGHTS[name] }, () => name)),
  );
  const work = workOf(operation, random);
  const blow = random.chance(0.4) ? createBlow(work, random) : null;
  let fault = random.chance(0.65) ? createFault(work, random) : null;
  if (operation === "retry-job") fault = { ...createFailure(work), times: 1 };
  // A clip is only looked at when nobody calls back.
  if (blow?.kind === "kill" && blow.step === "waiting" && work === "video") {
    fault = { provider: "kie", kind: "no_webhook", times: 1 };
  }
  return {
    index,
    word: `zq${(seed % 1_000_000).toString(36).padStart(4, "0")}${
      index.toString(36).padStart(4, "0")
    }`,
    player: index % playerCount,
    operation,
    work,
    fault,
    blow,
    copies: random.pick([1, 1, 2, 3]),
    cancelAfterMs: random.int(1_500),
    expireAfterMs: NEVER_ENDING[fault?.kind ?? ""] ?? null,
  };
}

function workOf(operation: RoundOperation, random: Random): Round["work"] {
  switch (operation) {
    case "generate-audio":
      return "audio";
    case "generate-script":
      return "script";
    case "stitch-video":
      return "film";
    case "generate-image":
      return "image";
    case "generate-video":
      return "video";
    default:
      return random.pick(["image", "video"]);
  }
}

function createBlow(work: Round["work"], random: Random): Blow {
  const afterMs = random.int(work === "video" ? 2_500 : 1_000);
  if (random.chance(0.12)) return { kind: "kill_all", afterMs };
  if (random.chance(0.1)) return { kind: "crash_database", afterMs };
  if (work === "film") return { kind: "kill_all", afterMs: random.int(400) };
  const renders = work === "image" || work === "video";
  if (renders && random.chance(0.15)) {
    return { kind: "pause", step: random.pick(["after_create", "copying"]) };
  }
  const steps: readonly Step[] = renders
    ? ["before_create", "after_create", "waiting", "copying", "settling"]
    : work === "audio"
    ? ["before_create", "after_create", "settling"]
    : ["before_create", "after_create"];
  return { kind: "kill", step: random.pick(steps), delivered: random.chance(0.5) };
}

function createFault(work: Round["work"], random: Random): RoundFault | null {
  switch (work) {
    case "image":
      return createRenderFault("fal", "submit", random);
    case "video":
      return createRenderFault("kie", "create_task", random);
    case "audio":
      return {
        provider: "google_tts",
        operation: "synthesize",
        kind: random.pick([
          ...["drop", "garbage", "http_500", "http_503", "wrong_shape", "drop_after_accept"],
          ...["rate_limited", "empty_file", "truncated_file", "slow", "hang"],
        ]),
        times: random.pick([1, 2]),
        delayMs: 700,
      };
    case "script":
      return {
        provider: "gemini",
        operation: "generate_content",
        kind: random.pick([
          ...["drop", "garbage", "http_500", "http_503", "wrong_shape", "drop_after_accept"],
          ...["empty", "refuse", "truncated", "too_many_scenes", "slow", "hang"],
        ]),
        times: 1,
        delayMs: 700,
      };
    case "film":
      return null;
  }
}

function createRenderFault(
  provider: "fal" | "kie",
  operation: string,
  random: Random,
): RoundFault {
  const one = { provider, times: 1 } as const;
  const share = random.next();
  if (share < 0.3) {
    const kind = random.pick([
      ...TRANSPORT,
      ...TRANSPORT.map((name) => `${name}_after_accept`),
      ...["rate_limited", "hang", "hang_after_accept", "slow"],
    ]);
    return { ...one, operation, kind, delayMs: 700 };
  }
  if (share < 0.6) return { ...one, kind: random.pick(WEBHOOK_FAULTS), delayMs: 1_500 };
  if (share < 0.75) return { ...one, kind: random.pick(FILE_FAULTS) };
  if (share < 0.88) {
    return { ...one, kind: random.pick(["fail", "refuse", "endless"]), delayMs: 1_500 };
  }
  const look = provider === "fal"
    ? { operation: random.pick(["status", "result"]) }
    : { operation: "record_info" };
  return {
    provider,
    ...look,
    kind: random.pick([
      ...TRANSPORT,
      ...["hang", "slow", "rate_limited"],
      // A task that fal does not know has failed at once; KIE shows tasks late.
      ...(provider === "kie" ? ["unknown_task", "unknown_state"] : []),
    ]),
    times: random.pick([1, 2, 3]),
    delayMs: 700,
    anyone: true,
  };
}

function createFailure(work: Round["work"]): RoundFault {
  return { provider: work === "image" ? "fal" : "kie", kind: "fail" };
}
