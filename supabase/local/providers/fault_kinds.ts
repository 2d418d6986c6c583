/**
 * Every fault the switch knows, by simulator. What is not listed here can't be set, and what is listed has a
 * line in the conformance tables of its provider's adapters (`tests/providers/conformance`).
 *
 * @module
 */

/** Faults of the wire, played alike by every simulator; see `faults.ts`. */
export const WIRE_FAULTS = ["slow", "hang", "drop", "garbage"] as const;

/** A suffix of any fault of the wire or of an answer: the work is done before it is played. */
export const AFTER_ACCEPT = "_after_accept";

/** The faults of one simulator besides {@link WIRE_FAULTS}; its own module says what each of them is. */
export interface FaultKinds {
  /** They take the place of an answer. */
  readonly answers: readonly string[];
  /** They change the work, its result, or the callback. */
  readonly work: readonly string[];
}

/**
 * What can be wrong with a file: `empty_file` has no bytes; `truncated_file` ends in the middle, and its
 * length says so; `cut_file` has the connection cut in the middle; `wrong_type_file` is an error page
 * under the right name and type; `expired_url` is past its time.
 */
export const FILE_FAULTS = [
  "empty_file",
  "truncated_file",
  "cut_file",
  "wrong_type_file",
  "expired_url",
] as const;

/** What becomes of a callback, of those who send one. */
export const WEBHOOK_FAULTS = [
  "no_webhook",
  "duplicate_webhook",
  "late_webhook",
  "early_webhook",
  "forged_webhook",
  "wrong_task_webhook",
  "unsigned_webhook",
  "altered_webhook",
  "stale_webhook",
] as const;

const ANSWERS = ["http_500", "http_503", "rate_limited", "bad_key"];

/** What a language model writes amiss. */
const WRITING = ["empty", "refuse", "truncated", "wrong_shape", "too_many_scenes", "hostile_text"];

/** By simulator. */
export const FAULT_KINDS: Readonly<Record<string, FaultKinds>> = {
  fal: {
    answers: [...ANSWERS, "no_credit", "wrong_shape", "unknown_task"],
    work: ["fail", "fail_runner", "refuse", "nsfw", "endless", ...FILE_FAULTS, ...WEBHOOK_FAULTS],
  },
  kie: {
    answers: [
      ...ANSWERS,
      "http_401",
      "code_500",
      "no_credit",
      "maintenance",
      "wrong_shape",
      "unknown_task",
      "unknown_state",
    ],
    work: ["fail", "refuse", "endless", "late_record", ...FILE_FAULTS, ...WEBHOOK_FAULTS],
  },
  runway: {
    answers: [
      ...ANSWERS,
      "no_credit",
      "wrong_shape",
      "unknown_task",
      "unknown_state",
      "canceled_spelling",
    ],
    work: [
      "fail",
      "fail_runner",
      "fail_no_code",
      "fail_preprocessing",
      "bad_output",
      "refuse",
      "refuse_image",
      "nsfw",
      "endless",
      "expired_task",
      ...FILE_FAULTS,
    ],
  },
  gemini: {
    answers: [...ANSWERS, "quota_day", "quota_zero", "broken_envelope"],
    work: [
      ...WRITING,
      "no_image",
      "empty_file",
      "truncated_file",
      "wrong_type_file",
      "bad_base64",
    ],
  },
  openai: {
    answers: [...ANSWERS, "no_credit", "broken_envelope", "failed"],
    work: [...WRITING, "filtered", "flag"],
  },
  google_tts: {
    answers: ["http_500", "http_503", "rate_limited", "wrong_shape", "bad_token", "disabled_api"],
    work: ["empty_file", "truncated_file"],
  },
};

/** Tells whether a simulator plays a fault. */
export function isFaultKind(provider: string, kind: string): boolean {
  const kinds = Object.hasOwn(FAULT_KINDS, provider) ? FAULT_KINDS[provider] : undefined;
  if (kinds === undefined) return false;
  const answers = [...WIRE_FAULTS, ...kinds.answers];
  return answers.includes(kind) || kinds.work.includes(kind) ||
    (kind.endsWith(AFTER_ACCEPT) && answers.includes(kind.slice(0, -AFTER_ACCEPT.length)));
}
