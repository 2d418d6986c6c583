/**
 * Mixes the sound of a film in a process of its own and says what it took: seconds of CPU, and memory in use at most,
 * garbage not counted. Run with `--v8-flags=--expose-gc`: seconds of film, a file of music, one of speech, which is heard
 * every ten seconds, and `memory` where that is to be measured: it takes as much time again.
 *
 * @module
 */
import { encodeWav } from "../../supabase/functions/_shared/media/mix_encode.ts";
import { mixSamples } from "../../supabase/functions/_shared/media/mix_film.ts";
import { parseMp3 } from "../../supabase/functions/_shared/media/mp3.ts";

declare const gc: () => void;

const [filmSeconds = "", musicPath = "", voicePath = "", measured = "cpu"] = Deno.args;
const durationSeconds = Number(filmSeconds);
const voice = await Deno.readFile(voicePath);
const music = { file: await Deno.readFile(musicPath), gainDb: null };
const voices = Array.from({ length: Math.floor(durationSeconds / 10) }, (_, at) => ({
  file: voice,
  startSeconds: 10 * at,
  endSeconds: 10 * at + 10,
}));

/** Seconds of CPU that this process has used, all threads together; null where the system is no Linux. */
async function cpuSeconds(): Promise<number | null> {
  const stat = await Deno.readTextFile("/proc/self/stat").catch(() => null);
  // After the name, which may hold anything: the 12th and 13th field, in hundredths.
  const [user, system] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13) ?? [];
  return stat === null ? null : (Number(user) + Number(system)) / 100;
}

function liveBytes(): number {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const baseBytes = liveBytes();
let peakBytes = 0;
// The mixer looks at its signal once a second of film: the place to look at memory in between.
const signal = {
  throwIfAborted: () => {
    if (measured === "memory") peakBytes = Math.max(peakBytes, liveBytes() - baseBytes);
  },
} as AbortSignal;
const before = await cpuSeconds();
const wav = await mixSamples({ music, voices, durationSeconds, signal });
const between = await cpuSeconds();
const mixed = await encodeWav(wav);
const after = await cpuSeconds();
const since = (end: number | null, begin: number | null) =>
  end === null || begin === null ? null : end - begin;
console.log(JSON.stringify({
  mixCpuSeconds: since(between, before),
  encodeCpuSeconds: since(after, between),
  wavBytes: wav.length,
  peakBytes,
  mixedBytes: mixed.length,
  ...parseMp3(mixed),
}));
