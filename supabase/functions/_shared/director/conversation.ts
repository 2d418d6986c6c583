/**
 * The director's SQL: turns and proposals.
 *
 * @module
 */
import type {
  DirectorPage,
  DirectorProposal,
  ProposedOperation,
} from "../../../../shared/contract/director.ts";
import type { Json } from "../../../../shared/database.types.ts";
import type { Model } from "../catalogue.ts";
import type { SpendOperation } from "./actions.ts";
import { callSql, type Client } from "../database/rpc.ts";
import type { ProviderTask } from "../jobs/stop_tasks.ts";

/** What a turn begins with. */
export interface BegunTurn {
  /** The user's message, as it was kept. */
  readonly turn_id: string;
  /** See `public.director_project`. */
  readonly state: Json;
  /** The last messages before this one, oldest first. Null where nothing was said. */
  readonly history: readonly {
    readonly role: "user" | "assistant";
    readonly text: string | null;
  }[];
  /** Models that can be the director, the default first. */
  readonly models: readonly Model[];
}

/** A user's words, and where they were said. */
export interface Said {
  /** What the conversation is about. */
  readonly projectId: string;
  /** Where the user is. */
  readonly page: DirectorPage;
  /** The words. */
  readonly text: string;
  /** True when they take the place of the last turn. */
  readonly replaces: boolean;
}

/**
 * Begins a turn with the user's own rights, in one round trip.
 * Errors: `NOT_FOUND`, `RATE_LIMITED` (with `retryAfterSeconds`).
 */
export async function beginTurn(client: Client, said: Said): Promise<BegunTurn> {
  const begun: unknown = await callSql(client, "begin_director_turn", {
    p_project_id: said.projectId,
    p_page: said.page,
    p_text: said.text,
    p_replaces: said.replaces,
  });
  return begun as BegunTurn;
}

/** An answer as it is kept. */
export interface Answered {
  /** Also the message's id in the stream. */
  readonly messageId: string;
  /** Parts of a UIMessage. */
  readonly parts: Json;
  /** What all model calls of the turn read. */
  readonly inputTokens: number;
  /** What they wrote. */
  readonly outputTokens: number;
}

/** Keeps an answer. Safe to repeat. */
export async function finishTurn(
  service: Client,
  { userId, projectId, page }: Pick<Said, "projectId" | "page"> & { readonly userId: string },
  answered: Answered,
): Promise<void> {
  await callSql(service, "finish_director_turn", {
    p_user_id: userId,
    p_project_id: projectId,
    p_message_id: answered.messageId,
    p_page: page,
    p_parts: answered.parts,
    p_input_tokens: answered.inputTokens,
    p_output_tokens: answered.outputTokens,
  });
}

/** A proposal before it is kept. */
export interface NewProposal {
  /** What would be run. */
  readonly operation: ProposedOperation;
  /** Its request. */
  readonly body: Json;
  /** One line for people, 300 characters at most. */
  readonly title: string;
  /** Its price. */
  readonly credits: number;
  /** Seconds until the result is usually there. */
  readonly typicalSec: number;
  /** The one whose price has changed. */
  readonly replaces?: string;
}

/** Keeps a proposal, for ten minutes. Throws `NOT_FOUND` when the project is gone. */
export async function createProposal(
  service: Client,
  { userId, projectId }: { readonly userId: string; readonly projectId: string },
  proposal: NewProposal,
): Promise<DirectorProposal> {
  const kept: unknown = await callSql(service, "create_director_proposal", {
    p_user_id: userId,
    p_project_id: projectId,
    p_operation: proposal.operation,
    p_body: proposal.body,
    p_title: proposal.title,
    p_credits: proposal.credits,
    p_typical_sec: proposal.typicalSec,
    ...(proposal.replaces === undefined ? {} : { p_replaces: proposal.replaces }),
  });
  return kept as DirectorProposal;
}

/** What a person's yes came to. See `public.confirm_director_proposal`. */
export type Confirmed =
  | {
    readonly status: number;
    readonly body: string;
    readonly replayed: boolean;
    /** What providers may be told to stop. Absent or empty unless something was cancelled now. */
    readonly tasks?: readonly ProviderTask[];
    /** Jobs that may go on. Absent or empty unless a cast was confirmed now. */
    readonly woken?: readonly string[];
  }
  /** It starts jobs, and has not yet. */
  | {
    readonly status: null;
    readonly operation: SpendOperation;
    readonly body: Json;
    readonly project_id: string;
    readonly title: string;
    readonly credits: number;
  };

/** Confirms. Errors: `NOT_FOUND`, `STATE_CONFLICT`, `PROPOSAL_*`, `IDEMPOTENCY_IN_PROGRESS`. */
export async function confirmProposal(
  service: Client,
  { userId, proposalId }: { readonly userId: string; readonly proposalId: string },
): Promise<Confirmed> {
  const confirmed: unknown = await callSql(service, "confirm_director_proposal", {
    p_user_id: userId,
    p_proposal_id: proposalId,
  });
  return confirmed as Confirmed;
}
