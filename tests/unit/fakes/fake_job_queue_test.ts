import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";
import { JOB_QUEUE_CONFORMANCE } from "../../fakes/job_queue_conformance.ts";
import { clickOf, newJobOf } from "../../factories.ts";

for (const [behaviour, check] of Object.entries(JOB_QUEUE_CONFORMANCE)) {
  Deno.test(`FakeJobQueue: ${behaviour}`, async () => {
    const queue = new FakeJobQueue();
    await check({
      queue,
      clip: (overrides) => clickOf(overrides),
      script: () =>
        clickOf({ jobs: [newJobOf({ kind: "script", project_id: null })], answer: null }),
      results: { clip: { url: "https://studio.test/a.mp4" }, script: { title: "The lantern" } },
      makeDue: (jobId) => {
        const dueAt = Date.parse(queue.jobs.get(jobId)?.run_at ?? "");
        queue.nowMs = Math.max(queue.nowMs, dueAt);
        return Promise.resolve();
      },
    });
  });
}
