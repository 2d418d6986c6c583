/**
 * What a simulated model that talks is told to do: call these tools with these arguments, then say that. So tests
 * play a model that obeys whatever it reads, loops, or falls silent.
 *
 * @module
 */
import { z } from "zod";

/** One answer of the model. */
export const scriptStep = z.strictObject({
  /** Said, an event a piece. */
  text: z.array(z.string()).exactOptional(),
  /** Tools called, after what is said. */
  calls: z.array(z.strictObject({
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
  })).exactOptional(),
  /** Before each event. Default 0. */
  delayMs: z.number().min(0).exactOptional(),
  /** How it ends. Default STOP. */
  finishReason: z.string().exactOptional(),
  /**
   * `hang`: says what it has to say and then nothing, for ever. `cut`: the connection breaks instead of an end.
   * `error`: an error comes instead of an end.
   */
  end: z.enum(["hang", "cut", "error"]).exactOptional(),
});
/** One answer of the model. */
export type ScriptStep = z.infer<typeof scriptStep>;

/** What a model does in conversations whose request contains `matching`. */
export const script = z.strictObject({
  matching: z.string().min(1),
  /** In their order, one a model call. */
  steps: z.array(scriptStep).min(1),
  /** True: the last one again and again. Else the model is its usual self afterwards. */
  repeats: z.boolean().exactOptional(),
});
/** What a model does. */
export type Script = z.infer<typeof script>;

/** The scripts that are set. */
export interface ScriptBook {
  /** Sets one, behind those that are set. */
  add(script: Script): void;
  /** Forgets all. */
  clear(): void;
  /** Takes the next step of the first script that applies to a request; null when there is none. */
  take(body: string): ScriptStep | null;
}

/** Makes an empty book. */
export function createScriptBook(): ScriptBook {
  let scripts: Script[] = [];
  return {
    add: (one) => scripts.push(one),
    clear: () => {
      scripts = [];
    },
    take: (body) => {
      const at = scripts.findIndex(({ matching }) => body.includes(matching));
      const found = scripts[at];
      const step = found?.steps[0];
      if (found === undefined || step === undefined) return null;
      const rest = found.steps.slice(1);
      if (rest.length > 0) scripts[at] = { ...found, steps: rest };
      else if (found.repeats !== true) scripts.splice(at, 1);
      return step;
    },
  };
}
