/**
 * How much longer a whole film takes than the providers on its longest way need.
 *
 * @module
 */
import { formatNumber } from "./figures.ts";
import type { Report } from "./report.ts";
import type { Studio } from "./studio.ts";
import type { Subject } from "./subject.ts";

/** A minute of eight scenes, one shot each. */
const FILM = {
  prompt: "A lighthouse keeper befriends a whale",
  options: { target_length: 60, scene_count: 8 },
};

/** Simulated times are these shares of what the catalogue says is typical: what we add ourselves weighs more. */
const SCALE = 1 / 2;

/** Seconds that one of each takes, from the catalogue (supabase/seed.sql). */
const TYPICAL_SEC = { script: 8, audio: 2, image: 3, video: 90 } as const;

/** In the order in which a film without a cast needs them; the parts of one kind are made side by side. */
const WAY = ["script", "audio", "image", "video"] as const;

/** Promised: wall time at most this often the sum of the way. */
const MOST = 1.15;

const LIMIT_MS = 600_000;

/** The subject. */
export const filmWallTime: Subject = {
  name: "film-wall-time",
  title: "A film of eight scenes against the longest way through its providers",
  needs: "stack",
  async run(studio) {
    const { client } = await studio.director();
    const ms = (kind: keyof typeof TYPICAL_SEC) => TYPICAL_SEC[kind] * SCALE * 1000;
    await studio.setRenderTimes({ image: ms("image"), video: ms("video") });
    await studio.setFault({
      provider: "gemini",
      operation: "generate_content",
      kind: "slow",
      delayMs: ms("script"),
    });
    await studio.setFault({
      provider: "google_tts",
      operation: "synthesize",
      kind: "slow",
      delayMs: ms("audio"),
    });
    try {
      const started = performance.now();
      const { job } = await client.call("make-film", FILM);
      if (job === null) throw new Error("Cannot measure: no film was begun");
      const [ended] = await client.watch([job.id], {
        intervalMs: 100,
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      if (ended?.state !== "succeeded") {
        throw new Error(
          `Cannot measure: the film ${ended?.state}: ${JSON.stringify(ended?.error)}`,
        );
      }
      const seconds = (performance.now() - started) / 1000;
      const way = WAY.reduce((sum, kind) => sum + ms(kind) / 1000, 0);
      const parts = await partsOf(studio, job.id);
      return {
        columns: ["", "begins s", "ends s", "takes s", "of it the provider s"],
        rows: [
          ...parts.map(({ kind, begins, ends }) => [
            kind,
            ...[begins, ends, ends - begins].map(formatNumber),
            kind in TYPICAL_SEC ? formatNumber(ms(kind as keyof typeof TYPICAL_SEC) / 1000) : "",
          ]),
          ["film in all", "0", formatNumber(seconds), formatNumber(seconds), formatNumber(way)],
        ],
        note:
          `Providers' times are half of what the catalogue says is typical. ${WAY.join(" → ")}, ` +
          "8 of each but the first side by side; a kind begins when the first of it is asked for and ends " +
          "when the last is ready. The last line is what a client waits, from its request.",
        checks: [{
          promise: `a film takes at most ${MOST} × the longest way`,
          value: seconds / way,
          atMost: MOST,
        }],
        figures: { seconds, way, ratio: seconds / way, scale: SCALE, parts },
      } satisfies Report;
    } finally {
      await studio.clearFaults();
      await studio.setRenderTimes();
      await studio.endJobs();
    }
  },
};

/** When each kind of a film's jobs began and ended, in seconds from the film's own job. */
async function partsOf({ sql }: Studio, jobId: string) {
  const rows = await sql<{ kind: string; begins: number; ends: number }[]>`
    select c.kind, extract(epoch from min(c.created_at) - p.created_at)::float8 as begins,
      extract(epoch from max(c.finished_at) - p.created_at)::float8 as ends
    from public.jobs as c join public.jobs as p on p.id = c.parent_id
    where p.id = ${jobId} group by c.kind, p.created_at order by begins`;
  return rows.map((row) => ({ ...row }));
}
