/**
 * What an operation of the contract is made of.
 *
 * @module
 */
import { z } from "zod";

/**
 * Who may call: users with their JWT, our own cron with the secret key, either of the two, or providers
 * with a token of ours.
 */
export type Caller = "user" | "cron" | "user_or_service" | "provider";

/** What every list entry says. */
export interface OperationDefinition {
  /** Who may call it. */
  readonly caller: Caller;
  /** True when it charges credits: `Idempotency-Key` is then required. */
  readonly spends: boolean;
  /** True when it only reads: `GET` with the request in the query string works too. Absent: it does not. */
  readonly reads?: boolean;
  /** Fields that are numbers: in a query string they come as decimal text. Absent: none. */
  readonly numbers?: readonly string[];
  /**
   * Bodies it takes besides JSON: files, whose request is then read from the query string. Absent: JSON alone.
   */
  readonly files?: {
    /** Media types, such as `image/jpeg`. */
    readonly contentTypes: readonly string[];
    /** Largest such body, in bytes. */
    readonly maxBytes: number;
  };
  /** Largest JSON body, in bytes. Absent: `MAX_BODY_BYTES`. */
  readonly maxBytes?: number;
  /** Media type of a success's body, which is then a stream. Absent: JSON. */
  readonly produces?: string;
  /** Status of success. 202: the rows are there and will fill; the body shows them as pending. */
  readonly status: 200 | 202;
  /** One line for the docs. */
  readonly summary: string;
  /** Checks and completes the body. */
  readonly request: z.ZodType;
  /** What a success's body is. */
  readonly response: z.ZodType;
}

/** Fields that every answer of an operation that spends has. */
export const money: { credits_charged: z.ZodInt; balance: z.ZodInt } = {
  /** What this call charged, in credits. */
  credits_charged: z.int(),
  /** What is left, in credits. */
  balance: z.int(),
};
