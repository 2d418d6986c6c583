import { postgresJobQueue } from "../../../supabase/functions/_shared/database/job_queue.ts";
import { JOB_QUEUE_CONFORMANCE } from "../../fakes/job_queue_conformance.ts";
import { clickOf, newJobOf } from "../../factories.ts";
import { withStudio } from "../database.ts";
import { clipItem, scriptItem } from "../items.ts";
import { backdate } from "../looks.ts";
import { createSqlClient } from "../sql_api.ts";

const SCRIPT = {
  title: "The lantern",
  description: "A lighthouse learns to dance.",
  scenes: [{ title: "Dusk", text: "The lamp wakes.", plot: "A lighthouse at dusk" }],
};

for (const [behaviour, check] of Object.entries(JOB_QUEUE_CONFORMANCE)) {
  Deno.test(`postgresJobQueue(): ${behaviour}`, () =>
    withStudio(async ({ owner, service, user, project, model }) => {
      const userId = await user();
      const clip = clipItem(await project(userId), await model());
      const script = scriptItem(await model({ kind: "script" }));
      await check({
        queue: postgresJobQueue(createSqlClient(service)),
        clip: (overrides) => clickOf({ userId, jobs: [newJobOf({ ...clip })], ...overrides }),
        script: () =>
          clickOf({
            userId,
            jobs: [newJobOf({ ...script })],
            answer: null,
            operation: "generate-script",
          }),
        results: { clip: { url: "https://studio.test/a.mp4", duration_sec: 5.04 }, script: SCRIPT },
        makeDue: (jobId) => backdate(owner, jobId, "run_at"),
      });
    }));
}
