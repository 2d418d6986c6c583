import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { cancel, claimJob, createJobs, expire, fail, succeed } from "../engine.ts";
import { scriptItem } from "../items.ts";
import { backdate, ledgerOf, readJob } from "../looks.ts";

const SCRIPT = {
  title: "The lantern",
  description: "A lighthouse learns to dance.",
  scenes: [
    { title: "Dusk", text: "The lamp wakes.", plot: "A lighthouse at dusk" },
    { title: "Night", text: "It begins to turn.", plot: "Waves under its beam" },
    { title: "Dawn", text: "It sleeps.", plot: "Gulls in the first light" },
  ],
};

/** A script that is being written, and the click it answers. */
async function writtenScript({ service, user, model }: Studio) {
  const userId = await user();
  const click = {
    userId,
    items: [scriptItem(await model({ kind: "script", price: 4 }))],
    answer: null,
    operation: "generate-script",
    key: crypto.randomUUID(),
  };
  const { job_id } = await createJobs(service, click);
  return { userId, click, job: await claimJob(service, job_id) };
}

async function answerOf({ service }: Studio, jobId: string) {
  const [row] = await service`select public.read_answer(${jobId}) as answer`;
  return row?.["answer"];
}

Deno.test("settle_job() writes a script's project, scenes 1..N and the click's answer at once", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, click, job } = await writtenScript(studio);
    assert.deepEqual(await answerOf(studio, job.id), {
      state: "running",
      error: null,
      status: null,
      body: null,
    });
    assert.equal(await succeed(service, job, SCRIPT), true);
    const { status, body } = await answerOf(studio, job.id);
    assert.equal(status, 200);
    const answer = JSON.parse(body);
    assert.deepEqual([answer.credits_charged, answer.balance], [4, 496]);
    const [project] = await owner`
      select to_jsonb(p) as row from public.projects as p where p.user_id = ${userId}`;
    const scenes = await owner`
      select to_jsonb(s) as row from public.scenes as s where s.user_id = ${userId} order by s.index`;
    assert.deepEqual(answer.project, project?.["row"]);
    assert.deepEqual(answer.scenes, scenes.map(({ row }) => row));
    assert.deepEqual(
      answer.scenes.map((scene: Record<string, unknown>) => ({
        title: scene["title"],
        text: scene["text"],
        plot: scene["plot"],
      })),
      SCRIPT.scenes,
    );
    assert.deepEqual(answer.scenes.map(({ index }: { index: number }) => index), [1, 2, 3]);
    const { title, status: state, tone, target_length: seconds } = answer.project;
    assert.deepEqual([title, state, tone, seconds], ["The lantern", "draft", "warm", 16]);
    assert.equal((await readJob(owner, job.id)).project_id, answer.project.id);

    const replay = await createJobs(service, click);
    assert.deepEqual([replay.replayed, replay.status, replay.body], [true, 200, body]);
    assert.equal((await ledgerOf(owner, userId)).charges, 1);
  }));

const ENDS: Record<
  string,
  (studio: Studio, job: { id: string; attempt: number }, userId: string) => Promise<unknown>
> = {
  failed: ({ service }, job) => fail(service, job, "CONTENT_REFUSED"),
  cancelled: ({ service }, job, userId) => cancel(service, userId, job.id),
  expired: async ({ owner, service }, job) => {
    await backdate(owner, job.id, "deadline_at");
    await expire(service);
  },
};
for (const [name, end] of Object.entries(ENDS)) {
  Deno.test(`promise 2: a script that ${name} leaves no project, gives the credits back and frees its key`, () =>
    withStudio(async (studio) => {
      const { owner, service } = studio;
      const { userId, click, job } = await writtenScript(studio);
      await end(studio, job, userId);
      const [left] = await owner`
        select (select count(*) from public.projects where user_id = ${userId})::int as projects,
          (select count(*) from public.idempotency_keys where user_id = ${userId})::int as keys`;
      assert.deepEqual({ ...left }, { projects: 0, keys: 0 });
      const { balance, charges, refunds } = await ledgerOf(owner, userId);
      assert.deepEqual([balance, charges, refunds], [500, 1, 1]);
      const { error, status } = await answerOf(studio, job.id);
      assert.equal(typeof error.code, "string");
      assert.equal(status, null);
      assert.equal(
        (await createJobs(service, click)).replayed,
        false,
        "the same click starts anew",
      );
    }));
}

Deno.test("promise 21: settle_job() leaves no part of a script that breaks a rule of its tables", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, job } = await writtenScript(studio);
    const long = {
      ...SCRIPT,
      scenes: [...SCRIPT.scenes, { title: "x".repeat(500), text: "y", plot: "" }],
    };
    await assert.rejects(succeed(service, job, long), /title_is_short/);
    for (const broken of [{ ...SCRIPT, scenes: [] }, { title: "No scenes" }]) {
      await assert.rejects(succeed(service, job, broken));
    }
    const [left] = await owner`
      select count(*)::int as projects from public.projects where user_id = ${userId}`;
    assert.equal(left?.["projects"], 0);
    assert.equal((await readJob(owner, job.id)).state, "running");
  }));
