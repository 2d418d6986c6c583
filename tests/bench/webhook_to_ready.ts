/**
 * Promise 22: how soon after the provider is done a clip is ready, against copying its file by hand.
 *
 * @module
 */
import { supabaseMediaStore } from "../../supabase/functions/_shared/media_store.ts";
import { figureOf, formatFigure, formatNumber, ratioOf } from "./figures.ts";
import type { Check, Report } from "./report.ts";
import { type Director, pause, requestClip, type Studio } from "./studio.ts";
import { type Subject, timed } from "./subject.ts";

const ROUNDS = 16;
const MOST = 1.5;

/**
 * What is added to the simulator's own clips. As much as makes 8 and 16 MiB, 13 Mbit/s over 5 and 10 s, as clips of
 * 1080p are: these are bound. With 4 MiB and with nothing, a twentieth of a real clip, the calls that surround any
 * copy (the webhook, its wake, the look, the settlement) weigh more than the copy: they show what those cost.
 */
const SIZES = [0, 4, 8, 16].map((mebibytes) => mebibytes * 1024 * 1024);

/** The smallest addition that is bound. */
const BOUND_FROM = 8 * 1024 * 1024;

/** The subject. */
export const webhookToReady: Subject = {
  name: "ready",
  title: "From the provider's done to the clip ready",
  needs: "stack",
  async run(studio) {
    const director = await studio.director();
    const rows: string[][] = [];
    const checks: Check[] = [];
    const figures = [];
    for (const extraBytes of SIZES) {
      await studio.files.setExtraBytes(extraBytes);
      const { ready, bare, sizeBytes } = await measure(studio, director);
      const ratio = ratioOf(ready, bare);
      const size = `${formatNumber(sizeBytes / 1024 / 1024)} MiB`;
      rows.push([
        `clip of ${size}`,
        formatFigure(figureOf(ready), "ms"),
        formatFigure(figureOf(bare), "ms"),
        formatFigure(ratio),
        formatFigure(figureOf(ready.map((ms, at) => ms - (bare[at] ?? Number.NaN))), "ms"),
      ]);
      if (extraBytes >= BOUND_FROM) {
        checks.push({
          promise: `22: a clip of ${size} is ready within ${MOST} × the bare copy`,
          value: ratio.median,
          atMost: MOST,
        });
      }
      figures.push({ sizeBytes, ready: figureOf(ready), bare: figureOf(bare), ratio });
    }
    await studio.files.setExtraBytes(0);
    return {
      columns: ["", "done → ready, by webhook", "bare download + upload", "ratio", "difference"],
      rows,
      note:
        `${ROUNDS} interleaved rounds, median (min–max). Done is the task's completeTime; ready is the ` +
        "commit that made the row ready; the bare copy streams the same file through the same gateway. Around it " +
        "lie the webhook, the wake that claims, the look at the provider and the settlement: a fixed cost, which " +
        "outweighs the copy of a small file; bounded are clips as large as those of 1080p.",
      checks,
      figures,
    } satisfies Report;
  },
};

/** Clips and copies of their files in turn, after one of each that does not count. */
async function measure(studio: Studio, director: Director) {
  const ready: number[] = [];
  const bare: number[] = [];
  let sizeBytes = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const clip = await clipRound(studio, director);
    const copyMs = await copyByHand(studio, clip.resultUrl);
    if (round === 0) continue;
    sizeBytes = clip.sizeBytes;
    ready.push(clip.ms);
    bare.push(copyMs);
  }
  return { ready, bare, sizeBytes };
}

interface ClipRound {
  readonly ms: number;
  readonly resultUrl: string;
  readonly sizeBytes: number;
}

async function clipRound(studio: Studio, director: Director): Promise<ClipRound> {
  const { sql } = studio;
  const { clipId, jobId } = await requestClip(director);
  for (let tries = 0;; tries++) {
    const [job] = await sql<{ state: string; error: unknown }[]>`
      select state, error from public.jobs where id = ${jobId}`;
    if (job?.state === "succeeded") break;
    if (job?.state === "failed" || tries > 600) {
      throw new Error(`Cannot measure: the clip ended ${JSON.stringify(job)}`);
    }
    await pause(50);
  }
  const [row] = await sql<{ ready_ms: number; external_task_id: string; url: string }[]>`
    select extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 as ready_ms, external_task_id, url
    from public.video_clips where id = ${clipId} and status = 'ready'`;
  if (row === undefined) throw new Error("Cannot measure: the clip is not ready");
  const record = await readTask(studio, row.external_task_id);
  const head = await fetch(row.url, { method: "HEAD" });
  return {
    ms: Number(row.ready_ms) - record.completeTime,
    resultUrl: record.resultUrl,
    sizeBytes: Number(head.headers.get("content-length")),
  };
}

async function readTask(
  { providerEnv }: Studio,
  taskId: string,
): Promise<{ completeTime: number; resultUrl: string }> {
  const response = await fetch(
    `${providerEnv["KIE_BASE_URL"]}/api/v1/jobs/recordInfo?taskId=${taskId}`,
    { headers: { Authorization: `Bearer ${providerEnv["KIE_API_KEY"]}` } },
  );
  const { data }: { data: { completeTime: number; resultJson: string } } = await response.json();
  const { resultUrls }: { resultUrls: string[] } = JSON.parse(data.resultJson);
  return { completeTime: data.completeTime, resultUrl: resultUrls[0] ?? "" };
}

/** What has to be done at the least, with the same client and the same Storage: a stream from here to there. */
async function copyByHand({ service, stack }: Studio, url: string): Promise<number> {
  const store = supabaseMediaStore(service, { supabaseUrl: stack.url, bucket: "aiauto" });
  return await timed(async () => {
    const { body } = await fetch(url);
    if (body === null) throw new Error("Cannot measure: the file is gone");
    await store.put(`projects/${crypto.randomUUID()}/videos/bench.mp4`, body, "video/mp4");
  });
}
