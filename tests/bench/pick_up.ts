/**
 * How soon after a request its work goes to the provider: begun by the request itself, or by the next tick.
 *
 * @module
 */
import { figureOf, formatNumber, quantileOf } from "./figures.ts";
import type { Report } from "./report.ts";
import { type Director, pause, type Studio } from "./studio.ts";
import type { Subject } from "./subject.ts";

/** One of each every half second: over a whole tick of ten seconds twice, at every phase of it. */
const SAMPLES = 40;
const SPACING_MS = 500;

/** A tick and what it may take to begin. */
const LONGEST_MS = 15_000;

/** The subject. */
export const pickUp: Subject = {
  name: "pick-up",
  title: "From the request to the provider's submit",
  needs: "stack",
  async run(studio) {
    const director = await studio.director();
    await studio.setFault({ provider: "kie", kind: "endless" });
    try {
      await requestPicture(director);
      const asked: { readonly jobId: string; readonly atMs: number }[] = [];
      const left: string[] = [];
      for (let sample = 0; sample < SAMPLES; sample++) {
        const atMs = Date.now();
        asked.push({ jobId: await requestPicture(director), atMs });
        left.push(await leaveClip(studio, director));
        await pause(Math.max(0, atMs + SPACING_MS - Date.now()));
      }
      await untilSubmitted(studio, left);
      const submits = await submitTimes(studio, [...left, ...asked.map((one) => one.jobId)]);
      const inline = asked.map(({ jobId, atMs }) => timeOf(submits, jobId).submittedMs - atMs);
      const tick = left.map((id) => {
        const { createdMs, submittedMs } = timeOf(submits, id);
        return submittedMs - createdMs;
      });
      return {
        columns: ["", "p50 ms", "p95 ms", "worst ms"],
        rows: [["by the request itself", ...cells(inline)], [
          "by the tick alone (every 10 s)",
          ...cells(tick),
        ]],
        note:
          `${SAMPLES} each, in turn, ${SPACING_MS} ms apart. From just before the HTTP request (the ` +
          "commit of the job, for the tick) to the commit of the attempt that precedes the provider call.",
        checks: [],
        figures: { inline: figureOf(inline), tick: figureOf(tick) },
      } satisfies Report;
    } finally {
      await studio.clearFaults();
      await studio.endJobs();
    }
  },
};

function cells(values: readonly number[]): string[] {
  return [0.5, 0.95, 1].map((share) => formatNumber(quantileOf(values, share)));
}

/** Asks for a picture and gives its job: the request begins it. */
async function requestPicture(director: Director): Promise<string> {
  const request = { project_id: director.projectId, style_prompt: "A boat at dawn" };
  return (await director.client.call("generate-image", request, { attempts: 1 })).job.id;
}

/**
 * Creates a clip's job as a request does that dies before it begins: only the tick is left for it. Workers
 * that requests for pictures leave behind don't take clips, and a clip's step ends with its submit, so that
 * no tick's worker is still there when the next one comes.
 */
async function leaveClip({ sql }: Studio, director: Director): Promise<string> {
  const request = {
    endpoint: "kling/v2-5-turbo-image-to-video-pro",
    prompt: "A boat at dawn",
    imageUrl: "https://example.com/boat.jpg",
    durationSeconds: 5,
    aspectRatio: "16:9",
  };
  const item = {
    kind: "video",
    project_id: director.projectId,
    model_id: "kling-2.5-turbo-pro",
    units: 5,
    deadline_sec: 3600,
    payload: { request, typical_sec: 90 },
    asset: {
      image_id: director.imageId,
      provider: "kie",
      model_id: "kling-2.5-turbo-pro",
      prompt: request.prompt,
      aspect_ratio: request.aspectRatio,
      duration_sec: request.durationSeconds,
    },
  };
  const [row] = await sql<{ answer: { body: string } }[]>`
    select public.create_jobs(
      ${director.id}, 'generate-video', ${crypto.randomUUID()}, ${"f".repeat(64)},
      ${crypto.randomUUID()}, ${sql.json([item])},
      ${sql.json({ assets: "video_clip", jobs: "job", many: false })}
    ) as answer`;
  const { job }: { job: { id: string } } = JSON.parse(row?.answer.body ?? "{}");
  return job.id;
}

async function untilSubmitted({ sql }: Studio, jobIds: readonly string[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_MS; waitedMs += 250) {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from public.job_attempts where job_id = any (${[...jobIds]})`;
    if (row?.count === jobIds.length) return;
    await pause(250);
  }
  throw new Error(`Cannot measure: some jobs were not submitted within ${LONGEST_MS} ms`);
}

interface Times {
  readonly id: string;
  readonly createdMs: number;
  readonly submittedMs: number;
}

async function submitTimes({ sql }: Studio, jobIds: readonly string[]) {
  const rows = await sql<Times[]>`
    select j.id, (extract(epoch from j.created_at) * 1000)::float8 as "createdMs",
      (extract(epoch from t.created_at) * 1000)::float8 as "submittedMs"
    from public.jobs as j join public.job_attempts as t on t.job_id = j.id
    where j.id = any (${[...jobIds]})`;
  return new Map(rows.map((row) => [row.id, row]));
}

function timeOf(times: ReadonlyMap<string, Times>, id: string): Times {
  const found = times.get(id);
  if (found === undefined) throw new Error(`Cannot measure: job ${id} was not submitted`);
  return found;
}
