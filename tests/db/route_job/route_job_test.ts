import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { beginSubmit, cancel, claimJob, expire, recordSubmit, startJob } from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, readJob, refused } from "../looks.ts";

/** A claimed film, which nobody submits so far. */
async function claimedFilm({ service, user, project, model }: Studio) {
  const userId = await user();
  const modelId = await model({ kind: "film" });
  const cut = [{ clip_id: crypto.randomUUID(), audio_clip_id: null }];
  const item = {
    ...clipItem(await project(userId), modelId),
    kind: "film",
    asset: { cut },
    payload: { clips: [] },
  };
  const id = await startJob(service, userId, item);
  return { id, userId, cut, job: await claimJob(service, id) };
}

async function route(
  session: postgres.ISql,
  job: { id: string; attempt: number },
  provider: string,
) {
  const [row] = await session<{ routed: boolean }[]>`
    select public.route_job(
      ${job.id}, ${job.attempt}, ${provider},
      ${session.json({ clips: [], request: { endpoint: "test/join" } })}
    ) as routed`;
  return row?.routed;
}

Deno.test("route_job() makes a film a provider's task: one submit, one slot, and a cancel that names it", () =>
  withStudio(async (studio) => {
    const { owner, service, provider } = studio;
    const name = await provider();
    const { id, userId, job } = await claimedFilm(studio);
    assert.equal(job.provider, null);
    assert.equal(await route(service, job, name), true);
    const sent = await beginSubmit(service, job);
    assert.equal(sent.decision, "send");
    assert.equal((await readJob(owner, id)).holds_slot, true);
    assert.equal((await beginSubmit(service, job)).decision, "unknown", "never twice");
    assert.equal(
      await recordSubmit(service, sent.attempt_id, "submitted", { taskId: "t-1" }),
      true,
    );
    const { tasks } = await cancel(service, userId, id);
    assert.deepEqual(tasks, [{
      provider: name,
      external_task_id: "t-1",
      endpoint: "test/join",
    }]);
  }));

Deno.test("route_job() does nothing for a job that has a provider, or is another worker's", () =>
  withStudio(async (studio) => {
    const { owner, service, provider } = studio;
    const [name, other] = [await provider(), await provider()];
    const { id, job } = await claimedFilm(studio);
    await backdate(owner, id, "run_at");
    const next = await claimJob(service, id);
    assert.equal(await route(service, job, name), false, "its lease ran out");
    assert.equal(await route(service, next, name), true);
    assert.equal(await route(service, next, other), false);
    assert.equal((await readJob(owner, id)).provider, name);
  }));

Deno.test("route_job() refuses a provider without limits", () =>
  withStudio(async (studio) => {
    const { job } = await claimedFilm(studio);
    await refused(route(studio.service, job, "nobody"), "23503");
  }));

Deno.test("promise 2: a routed film that is not finished by its deadline fails and refunds", () =>
  withStudio(async (studio) => {
    const { owner, service, provider } = studio;
    const { id, job } = await claimedFilm(studio);
    await route(service, job, await provider());
    const sent = await beginSubmit(service, job);
    await recordSubmit(service, sent.attempt_id, "unknown");
    await backdate(owner, id, "deadline_at");
    await expire(service);
    const ended = await readJob(owner, id);
    assert.equal(ended.error?.code, "SUBMIT_OUTCOME_UNKNOWN");
    const [refund] = await owner`
      select amount from public.credit_entries where job_id = ${id} and kind = 'refund'`;
    assert.equal(refund?.["amount"], ended.credits);
  }));

Deno.test("films.cut_hash is the same for the same cut, and another for any other", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const [projectId, modelId] = [await project(userId), await model({ kind: "film" })];
    const clip_id = crypto.randomUUID();
    const hashOf = async (cut: Record<string, string | number | null>[]) => {
      const item = { ...clipItem(projectId, modelId), kind: "film", asset: { cut } };
      const job = await claimJob(service, await startJob(service, userId, item));
      const [film] = await owner<{ cut_hash: string }[]>`
        select cut_hash from public.films where id = ${job.subject_id}`;
      return film?.cut_hash;
    };
    const first = await hashOf([{ clip_id, audio_clip_id: null, duration_sec: 2.5 }]);
    assert.match(first ?? "", /^[0-9a-f]{64}$/);
    assert.equal(await hashOf([{ duration_sec: 2.5, audio_clip_id: null, clip_id }]), first);
    for (
      const other of [
        [{ clip_id, audio_clip_id: null }],
        [{ clip_id, audio_clip_id: null, duration_sec: 2.4 }],
        [{ clip_id, audio_clip_id: crypto.randomUUID(), duration_sec: 2.5 }],
        [],
      ]
    ) {
      assert.notEqual(await hashOf(other), first);
    }
  }));
