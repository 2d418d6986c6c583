/**
 * Makes an export in a process of its own and says how much memory was in use at most, garbage not counted. Run by
 * `export_test.ts` with `--v8-flags=--expose-gc`: origin of the files and number of clips.
 *
 * @module
 */
import process from "node:process";
import { exportProject } from "../../supabase/functions/_shared/film/export_project.ts";
import { clipOf, sceneOf } from "../factories.ts";
import { exportOf, filmOf } from "../film_factories.ts";

declare const gc: () => void;

const [origin = "", clipCount = ""] = Deno.args;
const counts = Array.from({ length: Number(clipCount) }, (_, at) => at);

function liveBytes(): number {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const source = exportOf({
  scenes: [sceneOf()],
  film: filmOf({
    url: `${origin}/film.mp4`,
    cut: counts.map((at) => ({
      clip_id: `clip-${at}`,
      audio_clip_id: null,
      start_sec: at * 5,
      duration_sec: 5,
    })),
    subtitles_vtt_url: null,
    subtitles_srt_url: null,
  }),
  video_clips: counts.map((at) => clipOf({ id: `clip-${at}`, url: `${origin}/${at}.mp4` })),
});
const baseBytes = liveBytes();
let peakBytes = 0;
const sample = setInterval(() => peakBytes = Math.max(peakBytes, liveBytes() - baseBytes), 50);
const before = process.cpuUsage();
const { zip, mediaBytes } = await exportProject(source, { leaveOut: [], allowedOrigins: [origin] });
const { status } = await fetch(`${origin}/zip`, { method: "POST", body: zip as BodyInit });
const { user, system } = process.cpuUsage(before);
clearInterval(sample);
console.log(JSON.stringify({ status, mediaBytes, peakBytes, cpuMs: (user + system) / 1000 }));
