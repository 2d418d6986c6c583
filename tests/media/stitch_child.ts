/**
 * Cuts a film in a process of its own and says how much memory was in use at most, garbage not
 * counted. Run by `stitch_test.ts` with `--v8-flags=--expose-gc`: origin of the files and number of
 * scenes.
 *
 * @module
 */
import { stitchFilm } from "../../supabase/functions/_shared/media/stitch.ts";

declare const gc: () => void;

const [origin = "", sceneCount = ""] = Deno.args;

function liveBytes(): number {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const baseBytes = liveBytes();
let peakBytes = 0;
const sample = setInterval(() => peakBytes = Math.max(peakBytes, liveBytes() - baseBytes), 50);
const { film, sizeBytes, durationSeconds } = await stitchFilm({
  clips: Array.from({ length: Number(sceneCount) }, (_, scene) => ({
    url: `${origin}/${scene}.mp4`,
    narrationUrl: `${origin}/${scene}.mp3`,
  })),
  maxBytes: 2 ** 31,
  allowedOrigins: [origin],
});
const { status } = await fetch(`${origin}/film`, { method: "POST", body: film });
clearInterval(sample);
console.log(JSON.stringify({ status, sizeBytes, durationSeconds, peakBytes }));
