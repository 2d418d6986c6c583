/**
 * Which of several Gemini keys may be used now: a key whose quota is used up rests, a key that was
 * refused stands last.
 *
 * What is remembered lives as long as the isolate. Isolates share nothing: each of them finds out for
 * itself, at the price of one refused call per key, which Google neither bills nor answers slowly.
 *
 * @module
 */
import { sha256Hex } from "../idempotency.ts";

/** How the keys stand, by key and model: Google counts requests per project and model. */
export interface KeyRing {
  /** The keys that may be tried for a model, best first. Empty when all of them rest. */
  usable(apiKeys: readonly string[], model: string): string[];
  /** Leaves a key alone for a model. `isHopeless`: the wait ends nothing, such as a quota of zero. */
  rest(apiKey: string, model: string, rest: { seconds: number; isHopeless: boolean }): void;
  /** Puts a key behind the others, for all models: it was refused, and may be let in again. */
  distrust(apiKey: string): void;
  /** Whole seconds until the first of the resting keys may be tried again; null when no wait is known to help. */
  waitSeconds(apiKeys: readonly string[], model: string): number | null;
}

interface Rest {
  readonly until: number;
  readonly isHopeless: boolean;
}

/** After this a refused key is tried in its turn again: somebody may have put it right. */
const DISTRUST_MS = 10 * 60_000;

/** Makes a ring on which all keys are good. `now` gives milliseconds since 1970; default the clock. */
export function createKeyRing(now: () => number = Date.now): KeyRing {
  const rests = new Map<string, Rest>();
  const distrusted = new Map<string, number>();
  // A key has no line break in it: it is sent as a header.
  const restOf = (apiKey: string, model: string): Rest | undefined => {
    const found = rests.get(`${apiKey}\n${model}`);
    return found !== undefined && found.until > now() ? found : undefined;
  };
  const isDistrusted = (apiKey: string) => (distrusted.get(apiKey) ?? 0) > now();
  return {
    usable: (apiKeys, model) => {
      const keys = apiKeys.filter((apiKey) => restOf(apiKey, model) === undefined);
      return [
        ...keys.filter((apiKey) => !isDistrusted(apiKey)),
        ...keys.filter((apiKey) => isDistrusted(apiKey)),
      ];
    },
    rest: (apiKey, model, { seconds, isHopeless }) => {
      rests.set(`${apiKey}\n${model}`, { until: now() + seconds * 1000, isHopeless });
    },
    distrust: (apiKey) => {
      distrusted.set(apiKey, now() + DISTRUST_MS);
    },
    waitSeconds: (apiKeys, model) => {
      const waits = apiKeys.flatMap((apiKey) => {
        const rest = restOf(apiKey, model);
        return rest === undefined || rest.isHopeless
          ? []
          : [Math.ceil((rest.until - now()) / 1000)];
      });
      return waits.length === 0 ? null : Math.min(...waits);
    },
  };
}

/** The isolate's own: adapters are made anew for every job, what is known of the keys must outlive them. */
export const isolateKeys: KeyRing = createKeyRing();

/** Tells a key in logs without showing it: the first eight hex digits of its SHA-256. */
export async function keyHash(apiKey: string): Promise<string> {
  return (await sha256Hex(apiKey)).slice(0, 8);
}
