import assert from "node:assert/strict";
import type { ErrorCode } from "../../../shared/contract/errors.ts";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { createAudioJob } from "../../../supabase/functions/_shared/jobs/audio_job.ts";
import type { JobServices } from "../../../supabase/functions/_shared/jobs/job_services.ts";
import { runJobs } from "../../../supabase/functions/_shared/jobs/run_jobs.ts";
import { createLog } from "../../../supabase/functions/_shared/log.ts";
import { FakeJobQueue } from "../../fakes/fake_job_queue.ts";

/** What a narration of a quarter of an hour is after one step in which the speaker failed so. */
async function afterFailure(code: ErrorCode, retryAfterSeconds?: number) {
  const queue = new FakeJobQueue();
  const log = createLog({}, () => {});
  const { id } = queue.add({
    kind: "audio",
    payload: { scene_id: "scene", request: {} },
    deadline_at: new Date(queue.nowMs + 900_000).toISOString(),
  });
  const nothing = () => Promise.reject(new Error("Nothing was spoken"));
  const services: JobServices = {
    queue,
    log,
    supabaseUrl: "https://studio.example",
    store: { put: nothing, remove: nothing, url: () => "" },
  };
  const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const handler = createAudioJob(services, () => ({
    provider: "speaker",
    synthesize: () => Promise.reject(new AppError(code, "No", options)),
    listVoices: nothing,
  }));
  await runJobs({ queue, log, handlers: [handler] }, { budgetMs: 100 });
  const job = queue.jobs.get(id);
  assert.ok(job);
  return {
    state: job.state,
    failures: job.failure_count,
    seconds: (Date.parse(job.run_at) - queue.nowMs) / 1000,
  };
}

Deno.test("createAudioJob() waits for as long as a limited speaker says, and spends no try", async () => {
  const job = await afterFailure("PROVIDER_RATE_LIMITED", 42);
  assert.deepEqual(job, { state: "queued", failures: 0, seconds: 42 });
});

Deno.test("createAudioJob() fails at once when a limited speaker says to wait beyond the deadline", async () => {
  assert.equal((await afterFailure("PROVIDER_RATE_LIMITED", 86_400)).state, "failed");
});

for (const code of ["PROVIDER_RATE_LIMITED", "PROVIDER_UNAVAILABLE"] as const) {
  Deno.test(`createAudioJob() comes again within seconds after ${code}, and spends no try`, async () => {
    const { state, failures, seconds } = await afterFailure(code);
    assert.deepEqual([state, failures], ["queued", 0]);
    assert.ok(seconds > 0 && seconds <= 4, `${seconds} s`);
  });
}

for (const code of ["PROVIDER_TIMEOUT", "PROVIDER_BAD_RESPONSE", "RESULT_INVALID"] as const) {
  Deno.test(`createAudioJob() spends a try on ${code}`, async () => {
    const { state, failures } = await afterFailure(code);
    assert.deepEqual([state, failures], ["queued", 1]);
  });
}
