/**
 * What every language model keeps to, whatever goes wrong: an answer that can't be used is asked for once
 * more, nothing else is, and what comes out fits the schema or is one of the codes of the role.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { Log } from "../../../supabase/functions/_shared/log.ts";
import type { LanguageModel } from "../../../supabase/functions/_shared/providers/language_model.ts";
import { FAULT_KINDS, WIRE_FAULTS } from "../../../supabase/local/providers/fault_kinds.ts";
import { memoryLog, type TestProviders, withProviders } from "../support.ts";

/** An adapter, and what is right for it under each fault. */
export interface LanguageSubject {
  /** As in `FAULT_KINDS`. */
  readonly provider: string;
  /** The provider's name of a cheap model. */
  readonly model: string;
  /** The simulator's name of the call. */
  readonly operation: string;
  /** The variable of the simulators that holds the key. */
  readonly keyVariable: string;
  /** Makes the adapter. */
  create(providers: TestProviders, log: Log): LanguageModel;
  /**
   * By fault: what comes of it when it plays once, and when it plays always; each is `object` or the code, then
   * how many questions were asked.
   */
  readonly answers: Readonly<Record<string, readonly [once: string, always: string]>>;
}

const SCHEMA = z.object({
  title: z.string().trim().min(1).max(120),
  scenes: z.array(z.object({ index: z.int().min(1), text: z.string().min(1).max(1500) })).length(4),
});

const SECRET_WORD = "lighthouse";

/** Long enough for the simulator to have taken the request. */
const HANG_MS = 300;

/** Registers the tests of one adapter. */
export function conformLanguageModel(subject: LanguageSubject): void {
  const { provider } = subject;
  const kinds = FAULT_KINDS[provider] ?? { answers: [], work: [] };

  Deno.test(`${provider} (language): the table has a line for every fault of the switch, and no other`, () => {
    deepEqual(
      Object.keys(subject.answers).sort(),
      [...new Set([...WIRE_FAULTS, ...kinds.answers, ...kinds.work])].sort(),
    );
  });

  for (const [at, when] of (["once", "always"] as const).entries()) {
    Deno.test(`${provider} (language): generateObject() gives what the table says when a fault plays ${when}`, () =>
      withProviders(async (providers) => {
        const seen: Record<string, string> = {};
        for (const kind of Object.keys(subject.answers)) {
          await providers.reset();
          await providers.fault({
            provider,
            operation: subject.operation,
            kind,
            ...(kind === "hang" ? {} : { delayMs: 50 }),
            ...(when === "once" ? { times: 1 } : {}),
          });
          const { log, lines } = memoryLog();
          const end = await describeAnswer(subject, subject.create(providers, log), kind);
          const asked = lines.filter((line) => JSON.parse(line).event === "outbound").length;
          seen[kind] = `${end} ${asked}`;
          const text = lines.join("\n");
          equal(text.includes(providers.env(subject.keyVariable)), false, "the key is logged");
          equal(text.includes(SECRET_WORD), false, "the prompt is logged");
        }
        deepEqual(
          seen,
          Object.fromEntries(
            Object.entries(subject.answers).map(([kind, ends]) => [kind, ends[at]]),
          ),
        );
      }, { selected: [provider] }));
  }
}

async function describeAnswer(
  { model }: LanguageSubject,
  adapter: LanguageModel,
  kind: string,
): Promise<string> {
  try {
    const answer = await adapter.generateObject({
      model,
      schema: SCHEMA,
      system: "You write films. Write exactly 4 scenes.",
      prompt: `A ${SECRET_WORD} keeper befriends a whale`,
    }, kind === "hang" ? { signal: AbortSignal.timeout(HANG_MS) } : {});
    deepEqual(SCHEMA.parse(answer), answer);
    return "object";
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
