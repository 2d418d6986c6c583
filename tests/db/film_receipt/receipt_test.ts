import assert from "node:assert/strict";
import { type FilmReceipt, filmReceipt } from "../../../shared/contract/receipt.ts";
import { type Studio, withStudio } from "../database.ts";
import {
  beginSubmit,
  cancel,
  claimJob,
  type Click,
  createJobs,
  fail,
  recordSubmit,
  release,
  startJob,
  succeed,
} from "../engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "../items.ts";
import { readJob } from "../looks.ts";

const URL = "https://studio.test/file";
const ASSETS: Click["answer"] = { assets: "assets", jobs: "jobs", many: true };

/** Calls a function of the API as a user. */
async function asUser<T>(
  { owner }: Studio,
  userId: string,
  name: "film_receipt" | "read_export",
  projectId: string,
): Promise<T | null> {
  return await owner.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${
      JSON.stringify({ sub: userId, role: "authenticated" })
    }, true), set_config('role', 'authenticated', true)`;
    const [row] = await transaction<{ result: T | null }[]>`
      select public.${transaction(name)}(${projectId}) as result`;
    return row?.result ?? null;
  }) as T | null;
}

async function receiptOf(studio: Studio, userId: string, projectId: string): Promise<FilmReceipt> {
  const receipt = await asUser<unknown>(studio, userId, "film_receipt", projectId);
  return filmReceipt.parse(receipt);
}

/** What the ledger says of a project, counted without the function under test. */
async function ledgerOf({ owner }: Studio, projectId: string) {
  const [row] = await owner<{ charged: number; refunded: number; net: number }[]>`
    select coalesce(-sum(e.amount) filter (where e.amount < 0), 0)::int as charged,
      coalesce(sum(e.amount) filter (where e.amount > 0), 0)::int as refunded,
      coalesce(-sum(e.amount), 0)::int as net
    from public.credit_entries as e
    where e.job_id in (select j.id from public.jobs as j where j.project_id = ${projectId})`;
  assert.ok(row);
  return row;
}

Deno.test("film_receipt() adds up to the ledger after successes, failures, cancellations and retries", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const scenes = [
      await studio.scene(userId, projectId, 1),
      await studio.scene(userId, projectId, 2),
    ];
    const [first = "", second = ""] = scenes;
    const modelId = await studio.model({ price: 7 });
    const clip = (sceneId: string): Item =>
      clipItem(projectId, modelId, { asset: { scene_id: sceneId } });
    const click = { answer: ASSETS };

    const good = await claimJob(service, await startJob(service, userId, clip(first)));
    const { attempt_id } = await beginSubmit(service, good);
    await recordSubmit(service, attempt_id, "submitted", { taskId: "task-1" });
    await succeed(service, good);

    // Never sent the first time, sent and failed the second time, bought again and delivered.
    const bad = await claimJob(service, await startJob(service, userId, clip(second)));
    const missed = await beginSubmit(service, bad);
    await recordSubmit(service, missed.attempt_id, "never_sent");
    const sent = await beginSubmit(service, bad);
    await recordSubmit(service, sent.attempt_id, "submitted", { taskId: "task-2" });
    await fail(service, bad, "CONTENT_REFUSED");
    const retry: Item = { retry_of: bad.id };
    const again = await claimJob(service, await startJob(service, userId, retry));
    await succeed(service, again);

    const stopped = await startJob(service, userId, imageItem(projectId, modelId, first), click);
    await cancel(service, userId, stopped);
    const spoken = await claimJob(
      service,
      await startJob(service, userId, audioItem(projectId, first, modelId), click),
    );
    await release(service, spoken, {
      state: "queued",
      delaySec: 0,
      failure: {
        code: "PROVIDER_UNAVAILABLE",
        message: "It did not answer",
      },
    });
    await succeed(service, await claimJob(service, spoken.id), { url: URL, duration_sec: 4 });
    const film: Item = { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } };
    const cutting = await claimJob(service, await startJob(service, userId, film, click));
    const subject = async (id: string) => (await readJob(owner, id)).subject_id ?? "";
    const cut = [
      { clip_id: await subject(good.id), audio_clip_id: await subject(spoken.id) },
      { clip_id: await subject(again.id), audio_clip_id: null },
    ];
    await succeed(service, cutting, { url: URL, duration_sec: 10, cut });
    // Somebody else's, and another project's: not on it.
    const other = await studio.project(userId);
    await startJob(service, userId, clipItem(other, modelId));

    const { jobs, totals, film_id } = await receiptOf(studio, userId, projectId);
    const { charged, refunded, net } = await ledgerOf(studio, projectId);
    assert.deepEqual(totals, {
      job_count: 6,
      quoted_credits: 42,
      charged_credits: charged,
      refunded_credits: refunded,
      net_credits: net,
    });
    assert.deepEqual([charged, refunded, net], [42, 14, 28]);
    const sum = (read: (line: typeof jobs[number]) => number) =>
      jobs.reduce((total, line) => total + read(line), 0);
    assert.equal(sum((line) => line.charged_credits), charged);
    assert.equal(sum((line) => line.refunded_credits), refunded);
    assert.equal(film_id, await subject(cutting.id));
    assert.deepEqual(
      jobs.map((line) => [
        line.kind,
        line.state,
        line.scene_index,
        line.shot_index,
        line.attempt_count,
        line.external_task_id,
        line.refunded_credits,
        line.error_code,
        line.retry_of,
      ]),
      [
        ["video", "succeeded", 1, 1, 1, "task-1", 0, null, null],
        // Both tries were at the asset that is the film's second shot.
        ["video", "failed", 2, 2, 2, "task-2", 7, "CONTENT_REFUSED", null],
        ["video", "succeeded", 2, 2, 0, null, 0, null, bad.id],
        ["image", "cancelled", 1, null, 0, null, 7, "CANCELLED", null],
        ["audio", "succeeded", 1, 1, 2, null, 0, null, null],
        ["film", "succeeded", null, null, 1, null, 0, null, null],
      ],
    );
    for (const line of jobs) {
      assert.equal(line.queued_sec !== null, true, line.kind);
      assert.equal(line.worked_sec === null, line.state === "cancelled", line.kind);
    }
    const [{ model: provider } = { model: "" }] = await owner<{ model: string }[]>`
      select provider as model from public.models where id = ${modelId}`;
    assert.ok(jobs.every((line) => line.provider === provider && line.model_id === modelId));
  }));

Deno.test("film_receipt() of a project without jobs is empty, and counts an unfinished job as it stands", () =>
  withStudio(async (studio) => {
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const empty = await receiptOf(studio, userId, projectId);
    assert.deepEqual([empty.jobs, empty.film_id, empty.totals.net_credits], [[], null, 0]);
    const modelId = await studio.model({ price: 3 });
    await createJobs(studio.service, { userId, items: [clipItem(projectId, modelId)] });
    const { jobs, totals } = await receiptOf(studio, userId, projectId);
    assert.deepEqual(
      [jobs[0]?.state, jobs[0]?.queued_sec, jobs[0]?.worked_sec, totals.net_credits],
      ["queued", null, null, 3],
    );
  }));

Deno.test("promise 15: another user's project has no receipt and no export, nor has a deleted one", () =>
  withStudio(async (studio) => {
    const [mine, theirs] = [await studio.user(), await studio.user()];
    const projectId = await studio.project(mine);
    await studio.scene(mine, projectId);
    const modelId = await studio.model();
    const job = await claimJob(
      studio.service,
      await startJob(studio.service, mine, clipItem(projectId, modelId)),
    );
    await beginSubmit(studio.service, job);
    for (const name of ["film_receipt", "read_export"] as const) {
      assert.ok(await asUser(studio, mine, name, projectId), name);
      assert.equal(await asUser(studio, theirs, name, projectId), null, name);
    }
    const [counts] = await studio.owner.begin(async (transaction) => {
      await transaction`select set_config('request.jwt.claims', ${
        JSON.stringify({ sub: theirs, role: "authenticated" })
      }, true), set_config('role', 'authenticated', true)`;
      return await transaction`select count(*)::int as count from private.submits_of(${projectId})`;
    });
    assert.equal(counts?.["count"], 0, "nor can they count its submits");
    await studio.owner`update public.projects set deleted_at = now() where id = ${projectId}`;
    for (const name of ["film_receipt", "read_export"] as const) {
      assert.equal(await asUser(studio, mine, name, projectId), null, name);
    }
  }));

Deno.test("settle_job() gives a film the subtitles its job has made, and none when it made none", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const modelId = await studio.model();
    const film: Item = { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } };
    const subtitles = { subtitles_vtt_url: `${URL}.vtt`, subtitles_srt_url: `${URL}.srt` };
    for (const made of [subtitles, { subtitles_vtt_url: null, subtitles_srt_url: null }]) {
      const job = await claimJob(
        service,
        await startJob(service, userId, film, { answer: ASSETS }),
      );
      await succeed(service, job, { url: URL, duration_sec: 10, cut: [], ...made });
      const [row] = await owner`
        select subtitles_vtt_url, subtitles_srt_url from public.films
        where id = ${(await readJob(owner, job.id)).subject_id}`;
      assert.deepEqual({ ...row }, made);
    }
  }));
