import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { beginSubmit, claimJob, fail, renew, startJob, succeed } from "../engine.ts";
import { clipItem, imageItem } from "../items.ts";
import { readJob } from "../looks.ts";

/**
 * Realtime's schema as far as a database sees it: names, signatures and what they do. It lives in a transaction that
 * is rolled back, since other tests of the same database have none.
 * Source: supabase/realtime, tenant migrations of `messages`, `topic()` and `send()` (read 2026-11).
 */
const REALTIME = `
  create schema realtime;
  create table realtime.messages (
    id uuid not null default gen_random_uuid(), topic text not null, extension text not null,
    event text, payload jsonb, private boolean default false,
    inserted_at timestamp not null default now(), updated_at timestamp not null default now()
  );
  alter table realtime.messages enable row level security;
  grant usage on schema realtime to authenticated;
  grant select on realtime.messages to authenticated;
  create function realtime.topic() returns text language sql stable as $$
    select nullif(current_setting('realtime.topic', true), '')::text
  $$;
  grant execute on function realtime.topic() to authenticated;
  create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
  returns void language plpgsql as $$
  begin
    insert into realtime.messages (payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
  end
  $$;`;

interface Message {
  readonly topic: string;
  readonly event: string;
  readonly private: boolean;
  readonly payload: {
    readonly table: string;
    readonly operation: string;
    readonly record: Record<string, unknown>;
  };
}

/** Runs with Realtime there, and takes it away again. */
async function withRealtime(
  { owner }: Studio,
  run: (session: postgres.TransactionSql, heard: () => Promise<Message[]>) => Promise<void>,
): Promise<void> {
  const rollback = new Error("rollback");
  await owner.begin(async (session) => {
    await session.unsafe(REALTIME);
    await run(session, async () => {
      const messages = await session<Message[]>`
        with taken as (delete from realtime.messages returning *)
        select topic, event, private, payload from taken order by event, payload::text`;
      return [...messages];
    });
    throw rollback;
  }).catch((cause) => {
    if (cause !== rollback) throw cause;
  });
}

const URL = "https://studio.test/a.jpg";

Deno.test("a change of state, progress or result is broadcast once, to its owner's private topic alone", () =>
  withStudio(async (studio) => {
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const sceneId = await studio.scene(userId, projectId);
    const modelId = await studio.model({ kind: "image" });
    await withRealtime(studio, async (session, heard) => {
      const jobId = await startJob(session, userId, imageItem(projectId, modelId, sceneId), {
        answer: { assets: "assets", jobs: "jobs", many: true },
      });
      const events = async () =>
        (await heard()).map(({ event, payload }) =>
          `${event} ${payload.operation} ${payload.record["state"] ?? payload.record["status"]}`
        );
      assert.deepEqual(
        await events(),
        ["projects UPDATE in-progress"],
        "its own click is answered",
      );
      const job = await claimJob(session, jobId);
      assert.deepEqual(await events(), ["jobs UPDATE running"]);
      await renew(session, job);
      assert.deepEqual(await events(), [], "a heartbeat is nothing to tell");
      await renew(session, job, 0.5);
      const [progress] = await heard();
      assert.equal(progress?.payload.record["progress"], 0.5);
      await beginSubmit(session, job);
      assert.deepEqual(await events(), ["image_assets UPDATE rendering"]);
      await succeed(session, job, { url: URL, width: 1, height: 1 });
      const settled = await heard();
      assert.deepEqual(
        settled.map(({ event, topic, private: isPrivate, payload }) => [
          event,
          topic,
          isPrivate,
          payload.record["url"] ?? payload.record["state"],
        ]),
        [
          ["image_assets", `user:${userId}`, true, URL],
          ["jobs", `user:${userId}`, true, "succeeded"],
        ],
      );
      const sent = settled[1]?.payload;
      const [row] = await session<{ job: Record<string, unknown> }[]>`
        select to_jsonb(j) - 'payload' as job from public.jobs as j where j.id = ${jobId}`;
      assert.deepEqual(sent, {
        table: "jobs",
        schema: "public",
        operation: "UPDATE",
        record: row?.job,
      }, "the row as the Data API shows it, without the payload");
    });
  }));

Deno.test("jobs that another job started are announced, so that a client hears of a film's parts", () =>
  withStudio(async (studio) => {
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const item = clipItem(projectId, await studio.model());
    await withRealtime(studio, async (session, heard) => {
      const parent = await startJob(session, userId, item);
      await heard();
      await session`insert into public.jobs (user_id, project_id, kind, parent_id, deadline_at)
        values (${userId}, ${projectId}, 'film', ${parent}, now() + interval '1 hour')`;
      assert.deepEqual(
        (await heard()).map(({ event, payload }) => [event, payload.operation]),
        [["jobs", "INSERT"]],
      );
    });
  }));

Deno.test("a Realtime that fails, or is not the one we know, stops nothing: jobs are settled and refunded", () =>
  withStudio(async (studio) => {
    const userId = await studio.user();
    const item = clipItem(await studio.project(userId), await studio.model({ price: 5 }));
    const broken = [
      `create or replace function realtime.send(
         payload jsonb, event text, topic text, private boolean default true
       ) returns void language plpgsql as $$ begin raise exception 'out of order'; end $$`,
      "drop table realtime.messages",
      "drop function realtime.send(jsonb, text, text, boolean)",
    ];
    for (const damage of broken) {
      await withRealtime(studio, async (session) => {
        await session.unsafe(damage);
        const job = await claimJob(session, await startJob(session, userId, item));
        assert.equal(await fail(session, job), true);
        assert.equal((await readJob(session, job.id)).state, "failed", damage);
        const [account] = await session`
          select balance from public.credit_accounts where user_id = ${userId}`;
        assert.equal(account?.["balance"], 500, damage);
      });
    }
  }));

Deno.test("without Realtime nothing happens and nothing is missing", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const [schema] = await owner`select to_regnamespace('realtime') as oid`;
    assert.equal(schema?.["oid"], null, "the embedded stack has none");
    const [allowed] = await owner`select private.allow_own_events() as allowed`;
    assert.equal(allowed?.["allowed"], false);
    const userId = await user();
    const job = await claimJob(
      service,
      await startJob(service, userId, clipItem(await project(userId), await model())),
    );
    assert.equal(await succeed(service, job), true);
  }));

Deno.test("promise 15: the policy lets users hear their own topic and no other, and write to none", () =>
  withStudio(async (studio) => {
    const [mine, theirs] = [await studio.user(), await studio.user()];
    await withRealtime(studio, async (session) => {
      for (let time = 0; time < 2; time++) {
        const [allowed] = await session`select private.allow_own_events() as allowed`;
        assert.equal(allowed?.["allowed"], true, "safe to repeat");
      }
      for (const id of [mine, theirs]) {
        await session`select realtime.send('{}', 'jobs', ${`user:${id}`}, true)`;
      }
      const seenBy = async (userId: string, topic: string) =>
        await session.savepoint(async (inner) => {
          await inner`select set_config('request.jwt.claims', ${
            JSON.stringify({ sub: userId, role: "authenticated" })
          }, true), set_config('realtime.topic', ${topic}, true), set_config('role', 'authenticated', true)`;
          const rows = await inner`select 1 from realtime.messages where topic = ${topic}`;
          await inner`reset role`;
          return rows.length;
        });
      assert.equal(await seenBy(mine, `user:${mine}`), 1);
      assert.equal(await seenBy(mine, `user:${theirs}`), 0);
      assert.equal(await seenBy(theirs, `user:${mine}`), 0);
      const [policies] = await session`
        select array_agg(distinct cmd) as commands from pg_policies where schemaname = 'realtime'`;
      assert.deepEqual(policies?.["commands"], ["SELECT"]);
    });
  }));
