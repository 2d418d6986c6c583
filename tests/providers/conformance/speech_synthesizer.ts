/**
 * What every speech synthesizer keeps to, whatever goes wrong on the wire: it gives whole audio or one of the
 * codes of its role, asks no more often than the table says, and never crashes.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { Log } from "../../../supabase/functions/_shared/log.ts";
import { parseMp3 } from "../../../supabase/functions/_shared/media/mp3.ts";
import type {
  SpeechRequest,
  SpeechSynthesizer,
} from "../../../supabase/functions/_shared/providers/speech.ts";
import { FAULT_KINDS, WIRE_FAULTS } from "../../../supabase/local/providers/fault_kinds.ts";
import { memoryLog, type TestProviders, withProviders } from "../support.ts";

/** An adapter, and what is right for it under each fault. */
export interface SpeechSubject {
  /** As in `FAULT_KINDS`. */
  readonly provider: string;
  /** Makes the adapter. */
  create(providers: TestProviders, log: Log): SpeechSynthesizer;
  /** A short sentence. */
  readonly request: SpeechRequest;
  /** By call, by fault: `audio` or the code, then how often the call was made. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Long enough for the simulator to have taken the request. */
const HANG_MS = 300;

/** Registers the tests of one adapter. */
export function conformSpeechSynthesizer(subject: SpeechSubject): void {
  const { provider, request } = subject;
  const kinds = FAULT_KINDS[provider] ?? { answers: [], work: [] };

  Deno.test(`${provider} (speech): the tables have a line for every fault of the switch, and no other`, () => {
    for (const [operation, table] of Object.entries(subject.calls)) {
      deepEqual(
        Object.keys(table).sort(),
        [...WIRE_FAULTS, ...kinds.answers, ...kinds.work].sort(),
        operation,
      );
    }
  });

  for (const [operation, table] of Object.entries(subject.calls)) {
    Deno.test(`${provider} (speech): synthesize() gives what the table says when "${operation}" is faulty`, () =>
      withProviders(async (providers) => {
        const seen: Record<string, string> = {};
        for (const kind of Object.keys(table)) {
          await providers.reset();
          await providers.fault({
            provider,
            operation,
            kind,
            ...(kind === "hang" ? {} : { delayMs: 50 }),
          });
          const { log, lines } = memoryLog();
          const call = kind === "hang" ? { signal: AbortSignal.timeout(HANG_MS) } : {};
          const end = await describeSpeech(subject.create(providers, log), request, call);
          const asked = lines.filter((line) => JSON.parse(line).operation === operation).length;
          seen[kind] = `${end} ${asked}`;
          equal(lines.some((line) => line.includes(request.text)), false, "the text is logged");
        }
        deepEqual(seen, { ...table });
      }, { selected: [provider] }));
  }
}

async function describeSpeech(
  adapter: SpeechSynthesizer,
  request: SpeechRequest,
  call: { readonly signal?: AbortSignal },
): Promise<string> {
  try {
    const { audio, durationSeconds } = await adapter.synthesize(request, call);
    const { durationSeconds: measured, truncated } = parseMp3(audio);
    equal(truncated, false);
    equal(Math.abs(measured - durationSeconds) < 0.001, true);
    return "audio";
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
