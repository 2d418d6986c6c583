import assert from "node:assert/strict";
import type postgres from "postgres";
import { withStudio } from "../database.ts";
import { createJobs, type Session } from "../engine.ts";
import { clipItem, scriptItem } from "../items.ts";
import { ledgerOf, refused } from "../looks.ts";

/** Runs what must leave nothing behind. */
async function rehearse(
  session: postgres.Sql,
  work: (session: Session) => Promise<void>,
) {
  const rollback = new Error("rollback");
  await session.begin(async (transaction) => {
    await work(transaction);
    throw rollback;
  }).catch((cause) => {
    if (cause !== rollback) throw cause;
  });
}

Deno.test("promise 16: cron's commands hold no key; call_function() takes it from the Vault when it posts", () =>
  withStudio(async ({ owner }) => {
    const jobs = await owner<{ jobname: string; schedule: string; command: string }[]>`
      select jobname, schedule, command from cron.job order by jobname`;
    assert.deepEqual(jobs.map(({ jobname, schedule }) => `${jobname}: ${schedule}`), [
      "clean-director: 27 3 * * *",
      "clean-history: 17 3 * * *",
      "expire-jobs: 10 seconds",
      "poll-video: 10 seconds",
      "purge-projects: */5 * * * *",
      "run-jobs: 10 seconds",
    ]);
    for (const { command } of jobs) assert.ok(!/sb_secret|eyJ|apikey/.test(command), command);
    await rehearse(owner, async (session) => {
      await session`delete from vault.secrets`;
      const [nowhere] = await session`select private.call_function('run-jobs') as id`;
      assert.equal(nowhere?.["id"], null, "without secrets it posts nowhere");
      await session`select vault.create_secret('https://studio.test', 'project_url')`;
      await session`select vault.create_secret('sb_secret_test', 'cron_secret_key')`;
      const [posted] = await session`select private.call_function('run-jobs') as id`;
      const [request] = await session`
        select method::text, url, headers from net.http_request_queue where id = ${posted?.["id"]}`;
      assert.deepEqual({ ...request }, {
        method: "POST",
        url: "https://studio.test/functions/v1/run-jobs",
        headers: { "Content-Type": "application/json", apikey: "sb_secret_test" },
      });
    });
  }));

Deno.test("promise 1: clean-history forgets answers after 72 hours, but no key: the click is never charged again", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const items = [clipItem(await project(userId), await model())];
    const keys = ["seventy-one-hours", "seventy-three-hours", "a-script-still-running"];
    for (const key of keys.slice(0, 2)) await createJobs(service, { userId, items, key });
    const script = [scriptItem(await model({ kind: "script" }))];
    await createJobs(service, { userId, items: script, answer: null, key: keys[2] ?? "" });
    const hours = [71, 73, 73];
    for (const [at, key] of keys.entries()) {
      await owner`
        update public.idempotency_keys set created_at = now() - make_interval(hours => ${
        hours[at] ?? 0
      })
        where user_id = ${userId} and key = ${key}`;
    }
    await rehearse(owner, async (session) => {
      const [job] = await session`select command from cron.job where jobname = 'clean-history'`;
      await session.unsafe(job?.["command"]);
      const left = await session`
        select key, body = '' as swept from public.idempotency_keys where user_id = ${userId}
        order by key`;
      assert.deepEqual(left.map((row) => [row["key"], row["swept"]]), [
        ["a-script-still-running", null],
        ["seventy-one-hours", false],
        ["seventy-three-hours", true],
      ]);
      const before = await ledgerOf(session, userId);
      assert.equal(
        (await createJobs(session, { userId, items, key: keys[0] ?? "" })).replayed,
        true,
      );
      assert.deepEqual(await ledgerOf(session, userId), before);
      const late = createJobs(session, { userId, items, key: keys[1] ?? "" });
      const { first_sent_at } = await refused(late, "PT422", "IDEMPOTENCY_KEY_REUSED");
      assert.equal(typeof first_sent_at, "string");
    });
  }));

Deno.test("clean-director keeps a project's newest 500 messages, and proposals that were confirmed or are young", () =>
  withStudio(async ({ owner, user, project }) => {
    const userId = await user();
    const [long, short] = [await project(userId), await project(userId)];
    const talk = (projectId: string, count: number) =>
      owner`insert into public.director_messages (user_id, project_id, role, page, parts, created_at)
        select ${userId}, ${projectId}, 'user', 'project', '[]', now() - n * interval '1 day'
        from generate_series(1, ${count}) as n`;
    await talk(long, 503);
    await talk(short, 3);
    const propose = (title: string, days: number, isConfirmed: boolean) =>
      owner`insert into public.director_proposals (
          user_id, project_id, operation, body, title, credits, typical_sec, expires_at, confirmed_at, created_at
        ) select ${userId}, ${short}, 'stitch-video', '{}', ${title}, 1, 1, now(),
          case when ${isConfirmed} then now() end, now() - make_interval(days => ${days})`;
    await propose("old, confirmed", 31, true);
    await propose("old", 31, false);
    await propose("young", 29, false);
    await rehearse(owner, async (session) => {
      const [job] = await session`select command from cron.job where jobname = 'clean-director'`;
      for (let again = 0; again < 2; again++) await session.unsafe(job?.["command"]);
      const left = await session`
        select project_id, count(*)::int as messages, min(created_at) > now() - interval '501 days' as are_newest
        from public.director_messages where user_id = ${userId} group by project_id`;
      const counts = new Map(left.map((row) => [row["project_id"], row["messages"]]));
      assert.deepEqual([counts.get(long), counts.get(short)], [500, 3]);
      assert.ok(left.every((row) => row["are_newest"] === true), "the oldest went");
      const titles = await session`
        select title from public.director_proposals where user_id = ${userId} order by title`;
      assert.deepEqual(titles.map(({ title }) => title), ["old, confirmed", "young"]);
    });
  }));
