/**
 * Calls SQL functions, and turns what Postgres refuses into our codes.
 *
 * SQL raises with our code as the message and JSON as the detail; everything else it may say is either in
 * the table below or a bug.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import { type ErrorCode, isErrorCode } from "../../../../shared/contract/errors.ts";
import type { Database } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";

type Functions = Database["public"]["Functions"];

/** Name of a SQL function in the API. */
export type FunctionName = keyof Functions & string;

/** A Supabase client of our own schema. */
export type Client = SupabaseClient<Database>;

const SENTENCES: Partial<Record<ErrorCode, (detail: Record<string, unknown>) => string>> = {
  IDEMPOTENCY_KEY_REUSED: (d) =>
    d["first_sent_at"] === undefined
      ? "Cannot use this Idempotency-Key: it was first sent with another operation or body"
      : `Cannot answer again: this Idempotency-Key was first sent at ${d["first_sent_at"]}`,
  IDEMPOTENCY_IN_PROGRESS: () =>
    "Cannot answer yet: the first request with this Idempotency-Key is still being worked on",
  INSUFFICIENT_CREDITS: (d) =>
    `Cannot charge ${d["price"]} credits: the balance is ${d["balance"]}`,
  BUDGET_EXCEEDED: (d) =>
    `Cannot spend on this project: it would cost ${d["would_cost"]} of ${
      d["budget_credits"]
    } credits`,
  NOT_FOUND: (d) =>
    Object.keys(d).length === 0
      ? "Cannot find what it belongs to: it has just been deleted"
      : `Cannot find it: ${JSON.stringify(d)}`,
  MODEL_RETIRED: (d) =>
    `Cannot use model "${d["model"]}": it is retired, use "${d["replaced_by"]}"`,
  MODEL_INPUT_INVALID: (d) => `Cannot use model "${d["model"]}": it is unknown`,
  PROJECT_GONE: (d) =>
    `Cannot restore project "${d["project_id"]}": it could be until ${d["restorable_until"]}`,
  UNAUTHENTICATED: () => "Cannot tell who you are: the account no longer exists",
  TOO_MANY_JOBS: (d) =>
    `Cannot start more: ${d["would_be_unfinished"]} jobs would be unfinished, ${
      d["limit"]
    } are allowed`,
  RATE_LIMITED: (d) =>
    d["turns"] !== undefined
      ? `Cannot begin another turn: ${d["turns"]} in ${d["window_sec"]} seconds are allowed`
      : d["uploads"] !== undefined
      ? `Cannot take another upload: ${d["uploads"]} in ${d["window_sec"]} seconds are allowed`
      : `Cannot take more pictures today: ${d["limit_a_day"]} are allowed`,
  PROPOSAL_CHANGED: () =>
    "Cannot run the proposal: its price has changed, and there is a newer one",
  PROPOSAL_EXPIRED: (d) => `Cannot run the proposal: it expired at ${d["expires_at"]}`,
  STATE_CONFLICT: (d) =>
    d["kind"] === undefined
      ? `Cannot do this to the job now: its state is "${d["state"]}"`
      : `Cannot do this now: ${d["kind"]} job "${d["job_id"]}" works on it, its state is "${
        d["state"]
      }"`,
};

/** SQLSTATEs that Postgres itself raises and that callers should know by our names. */
const STATES: Readonly<Record<string, ErrorCode>> = {
  // lock_not_available: the first click still holds its key (or the account) after lock_timeout.
  "55P03": "IDEMPOTENCY_IN_PROGRESS",
  // foreign_key_violation: the account, project or scene went between the look and the write.
  "23503": "NOT_FOUND",
};

/** When the same call may be tried again, for codes that pass by themselves. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  IDEMPOTENCY_IN_PROGRESS: 1,
  TOO_MANY_JOBS: 30,
  RATE_LIMITED: 3600,
};

/**
 * Calls a function. Gives what it returns.
 * Errors: the code SQL raised; a plain `Error` (500 `INTERNAL`) for anything unforeseen.
 */
export async function callSql<Name extends FunctionName>(
  client: Client,
  name: Name,
  args: Functions[Name]["Args"],
): Promise<Functions[Name]["Returns"]> {
  const { data, error } = await client.rpc(name, args);
  if (error === null) return data as Functions[Name]["Returns"];
  throw toAppError(name, error);
}

/** The two fields of a PostgREST error that say what happened, and its detail. */
interface DatabaseFailure {
  readonly code: string;
  readonly message: string;
  readonly details: string;
}

function toAppError(name: string, failure: DatabaseFailure): Error {
  const code = isErrorCode(failure.message) ? failure.message : STATES[failure.code];
  if (code === undefined) {
    return new Error(`Cannot call ${name}: ${failure.code} ${failure.message}`, { cause: failure });
  }
  const detail = parseDetail(failure.details);
  const told = detail["retry_after_sec"];
  const retryAfterSeconds = typeof told === "number" ? told : RETRY_AFTER_SECONDS[code];
  return new AppError(code, SENTENCES[code]?.(detail) ?? `Cannot do this: ${code}`, {
    details: detail,
    cause: failure,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function parseDetail(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value))
      : {};
  } catch {
    return {};
  }
}
