/**
 * Real speech without a network: eSpeak NG 1.52 compiled to WebAssembly. It speaks every language the
 * simulated voices offer, about 60 times faster than real time.
 *
 * @module
 */
import createESpeak from "espeak-ng";
import { speakableJapanese } from "./speech_japanese.ts";

/** How a text is spoken. */
export interface SpeechOptions {
  /** An eSpeak language: `en-us`, `en-gb`, `ko`, `ja`, `de`, `fr-fr`, `es`, `it`, `pt-br`. */
  readonly language: string;
  /** An eSpeak voice variant, which makes the timbre and the gender: `f2`, `m3`. */
  readonly variant: string;
  /** Words a minute, 20 to 450. */
  readonly wordsPerMinute: number;
  /** eSpeak's pitch, 0 to 99, 50 is the variant's own. */
  readonly pitch: number;
  /** True when the text is SSML. */
  readonly ssml?: boolean;
}

/** Spoken sound. */
export interface SpokenSamples {
  /** One channel, -1 to 1. */
  readonly samples: Float32Array;
  /** Samples a second. */
  readonly sampleRate: number;
}

/** The part of the Emscripten module that is used. */
interface ESpeakModule {
  readonly FS: {
    writeFile(path: string, data: string): void;
    readFile(path: string): Uint8Array;
  };
}

/** Compiled once a process: 18 MB, of which nearly all are the languages' data. */
let compiled: Promise<WebAssembly.Module> | undefined;

/** One at a time: an instance needs 32 MB and the work is CPU-bound anyway. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Speaks a text. Takes about 80 ms of CPU for a 25-word text, most of it for starting eSpeak, whose
 * command line can run only once an instance.
 */
export function speak(text: string, options: SpeechOptions): Promise<SpokenSamples> {
  const turn = last.then(() => speakNow(text, options));
  last = turn.catch(() => {});
  return turn;
}

async function speakNow(text: string, options: SpeechOptions): Promise<SpokenSamples> {
  compiled ??= compile();
  const wasm = await compiled;
  const spoken = options.language === "ja" ? speakableJapanese(text) : text;
  const stackTraceLimit = Error.stackTraceLimit;
  // The package is a debug build that makes an error with a stack trace for every file looked for and
  // not found: 220 ms of 300. Start and run are synchronous, so nobody else notices the limit.
  const restore = () => void (Error.stackTraceLimit = stackTraceLimit);
  try {
    const module: ESpeakModule = await createESpeak({
      arguments: [
        ...["-v", `${options.language}+${options.variant}`],
        ...paceArguments(options.wordsPerMinute),
        ...["-p", String(Math.round(options.pitch))],
        ...(options.ssml ? ["-m"] : []),
        ...["-f", "text", "-w", "wav", "-b", "1"],
      ],
      print: () => {},
      printErr: () => {},
      preRun: [(starting: ESpeakModule) => {
        Error.stackTraceLimit = 0;
        starting.FS.writeFile("text", `${spoken}\n`);
      }],
      postRun: [restore],
      instantiateWasm(
        imports: WebAssembly.Imports,
        done: (instance: WebAssembly.Instance) => void,
      ) {
        WebAssembly.instantiate(wasm, imports).then(done);
        return {};
      },
    });
    return parseWav(module.FS.readFile("wav"));
  } finally {
    restore();
  }
}

/** The slowest eSpeak articulates, in words a minute; slower speech is made by pauses between words. */
const SLOWEST_WORDS_PER_MINUTE = 80;

function paceArguments(wordsPerMinute: number): string[] {
  const pace = Math.max(SLOWEST_WORDS_PER_MINUTE, Math.min(450, Math.round(wordsPerMinute)));
  const gapSeconds = Math.max(0, 60 / wordsPerMinute - 60 / SLOWEST_WORDS_PER_MINUTE);
  // In units of 10 ms at eSpeak's usual 175 words a minute; it stretches them with everything else.
  const gapUnits = gapSeconds * 100 * SLOWEST_WORDS_PER_MINUTE / 175;
  return ["-s", String(pace), "-g", String(Math.round(gapUnits))];
}

async function compile(): Promise<WebAssembly.Module> {
  const url = new URL("espeak-ng.wasm", import.meta.resolve("espeak-ng"));
  return await WebAssembly.compile(await Deno.readFile(url));
}

/** eSpeak's own WAV: a 44-byte header and 16-bit samples of one channel. */
function parseWav(wav: Uint8Array): SpokenSamples {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const samples = new Float32Array(Math.floor((wav.byteLength - 44) / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(44 + 2 * i, true) / 32768;
  return { samples, sampleRate: view.getUint32(24, true) };
}
