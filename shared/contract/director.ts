/**
 * The director: where a user may talk to it, and what it proposes.
 *
 * @module
 */
import { z } from "zod";
import { id, instant } from "./fields.ts";

/** The pages of a client. Each has the tools that make sense there. */
export const DIRECTOR_PAGES = [
  "project",
  "characters",
  "scenes",
  "frames",
  "videos",
  "film",
] as const;
/** A word of {@link DIRECTOR_PAGES}. */
export type DirectorPage = (typeof DIRECTOR_PAGES)[number];

/** Longest message to the director, in bytes of UTF-8: some four pages. */
export const MAX_DIRECTOR_MESSAGE_BYTES = 8192;

/**
 * Largest JSON body, in bytes: `useChat` sends the whole conversation along each time, with what tools read.
 * Thirty answers of the longest fit, or about a thousand usual ones; parsing takes some 20 times a body's size.
 */
export const MAX_DIRECTOR_BODY_BYTES = 4 * 1024 * 1024;

/** What the director can propose: operations that spend, stop work or let it go on, and deleting a scene. */
export const PROPOSED_OPERATIONS = [
  "generate-image",
  "generate-audio",
  "generate-video",
  "stitch-video",
  "retry-job",
  "make-film",
  "generate-characters",
  "generate-scenes",
  "generate-frames",
  "confirm-characters",
  "cancel-job",
  "delete-scene",
] as const;
/** A word of {@link PROPOSED_OPERATIONS}. */
export type ProposedOperation = (typeof PROPOSED_OPERATIONS)[number];

/** The data of a part `data-proposal`: what would be done, once, when a person confirms it. */
export const directorProposal = z.object({
  proposal_id: id,
  operation: z.enum(PROPOSED_OPERATIONS),
  /** The operation's request. */
  body: z.record(z.string(), z.unknown()),
  /** Its price in credits. 0: it spends nothing. */
  credits: z.int(),
  /** Seconds until the result is usually there. */
  typical_sec: z.number(),
  /** From then on it can't be confirmed. */
  expires_at: instant,
  /** One line for people. */
  title: z.string(),
});
/** What a part `data-proposal` holds. */
export type DirectorProposal = z.infer<typeof directorProposal>;

/** A tool, as people and models are told of it. */
export const directorTool = z.object({
  name: z.string(),
  description: z.string(),
  /** `reads` looks, `writes` changes what the user authored, `proposes` asks before it spends or deletes. */
  effect: z.enum(["reads", "writes", "proposes"]),
});
/** A tool's line in the list of pages. */
export type DirectorTool = z.infer<typeof directorTool>;
