/**
 * What a turn may take: it costs the user nothing, so it must not cost us without end.
 *
 * @module
 */

/** Model calls of a turn. The last one has no tools: what remains is to say something. */
export const MAX_STEPS = 8;

/** What one model call may write, thoughts included, in tokens: some four pages. */
export const MAX_OUTPUT_TOKENS = 4096;

/**
 * What a turn's model calls may read, in tokens. Each call reads again all that the calls before it did: at four
 * characters a token, eight calls with the longest state, history and one longest result read some 230,000. Past it
 * one call is left, which has no tools.
 */
export const MAX_INPUT_TOKENS = 400_000;

/** Most tool calls of a turn: a model that wants more is lost. */
export const MAX_CALLS = 16;

/** Most proposals of a turn: more than a person reads before saying yes. */
export const MAX_PROPOSALS = 6;

/** Longest result a model is given, in characters of JSON: a film of thirty scenes and a hundred shots. */
export const MAX_RESULT_CHARS = 60_000;

/** Longest results of a turn in all, in characters of JSON: such a film twice, before and after a change. */
export const MAX_TURN_RESULT_CHARS = 120_000;

/** The platform ends a request after 150 s; what was said must be kept before. In milliseconds. */
export const TURN_MS = 100_000;
