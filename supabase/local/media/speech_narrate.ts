/**
 * From text to an audio file: short texts at once, long ones in a thread of their own, because five
 * minutes of speech would stop everything else in the process for some seconds.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { speak, type SpeechOptions, type SpokenSamples } from "./speech.ts";
import { encodeMp3, encodePcm, encodeWav } from "./speech_mp3.ts";
import { encodeOggOpus } from "./speech_ogg.ts";

/** What is to be spoken, and into which file. */
export interface NarrationOrder extends SpeechOptions {
  /** Plain text, or SSML when `ssml` is set. */
  readonly text: string;
  /** Added to the usual loudness, in decibels. */
  readonly gainDb: number;
  /** Spelled as by Google: a WAV file is LINEAR16. */
  readonly encoding: NarrationEncoding;
}

/** Encodings there are. */
export type NarrationEncoding = "MP3" | "OGG_OPUS" | "LINEAR16" | "PCM";

/** What the thread answers. */
export type NarrationAnswer =
  | { readonly audio: Uint8Array<ArrayBuffer> }
  | { readonly error: string };

/** About half a second of CPU; a thread costs a quarter of that to start. */
const LONG_TEXT_CHARACTERS = 600;

const ENCODERS: Readonly<
  Record<
    NarrationEncoding,
    (speech: SpokenSamples) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>
  >
> = { MP3: encodeMp3, OGG_OPUS: encodeOggOpus, LINEAR16: encodeWav, PCM: encodePcm };

/**
 * Speaks a text into a file: about 0.15 s of CPU for 25 words, 6 s for 5000 bytes.
 *
 * @param signal Ends the thread of a long text, and rejects.
 */
export async function narrate(
  order: NarrationOrder,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  return order.text.length <= LONG_TEXT_CHARACTERS
    ? await narrateHere(order)
    : await narrateInThread(order, signal);
}

/** Does the work in this thread. */
export async function narrateHere(order: NarrationOrder): Promise<Uint8Array<ArrayBuffer>> {
  const speech = await speak(order.text, order);
  const gain = 10 ** (order.gainDb / 20);
  const samples = speech.samples.map((sample) => Math.max(-1, Math.min(1, sample * gain)));
  return await ENCODERS[order.encoding]({ ...speech, samples });
}

async function narrateInThread(
  order: NarrationOrder,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./speech_worker.ts", import.meta.url), { workerData: order });
  const { promise, resolve, reject } = Promise.withResolvers<NarrationAnswer>();
  const stop = () => reject(signal.reason);
  worker.once("message", resolve);
  worker.once("error", reject);
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    const answer = await promise;
    if ("audio" in answer) return answer.audio;
    throw new Error(answer.error);
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
