import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { type Database, OPERATIONS } from "../../shared/mod.ts";
import { endLateUploads, filesOf, notesOf, purgeUntil, rowsOf } from "./deletion.ts";
import {
  as,
  createProject,
  post,
  providerCalls,
  setFault,
  signUp,
  stack,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

/** The ledger, which outlives the account. */
async function entriesOf(userId: string) {
  const [row] = await withDatabase((sql) =>
    sql<{ sum: number; open: number }[]>`
      select sum(amount)::int as sum,
        (count(*) filter (where kind = 'charge') - count(*) filter (where kind = 'refund'))::int as open
      from public.credit_entries where user_id = ${userId}`
  );
  return { ...row };
}

Deno.test("delete-account with renders running: settled, signed out for good, and nothing left in tables or Storage", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`About ${word}`, "Something else"]);
  const drawn = await user.studio.call("generate-image", { scene_id: scenes[1]?.id ?? "" });
  await user.studio.watch([drawn.job.id]);
  await setFault({ provider: "fal", kind: "endless", matching: word });
  await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  for (let tries = 0; (await providerCalls("fal", "submit", word)).length === 0; tries++) {
    assert.ok(tries < 100, "the render never began");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await filesOf(project.id)).length, 1);

  for (const body of [{}, { confirm: "delete" }, { confirm: true }]) {
    const unsure = await post("delete-account", body, as(user));
    assert.equal(unsure.status, 400, unsure.text);
  }
  const answer = await post("delete-account", { confirm: "DELETE" }, as(user));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(OPERATIONS["delete-account"].response.parse(answer.json), {
    deleted: true,
    project_count: 1,
    cancelled_count: 1,
  });
  // The picture that was delivered stays paid; the other one is refunded.
  assert.deepEqual(await entriesOf(user.id), { sum: 499, open: 1 });

  // The token outlives the account, and opens nothing.
  const spends: [string, unknown][] = [
    ["generate-script", { prompt: "A story" }],
    ["generate-image", { project_id: project.id }],
    ["delete-account", { confirm: "DELETE" }],
  ];
  for (const [name, body] of spends) {
    const refused = await post(name, body, as(user));
    assert.equal(refused.status, 401, `${name}: ${refused.text}`);
  }
  const { supabase } = user.studio;
  for (const table of ["projects", "jobs", "settings", "credit_accounts"] as const) {
    assert.deepEqual((await supabase.from(table).select("*")).data, [], table);
  }
  assert.ok((await supabase.from("projects").insert({ title: "From beyond" })).error);
  assert.equal(await rowsOf(project.id), 0);
  const [users] = await withDatabase((sql) =>
    sql`select count(*)::int as count from auth.users where id = ${user.id}`
  );
  assert.equal(users?.["count"], 0);

  await purgeUntil(async () => (await filesOf(project.id)).length === 0, "the files");
  await endLateUploads([project.id]);
  await purgeUntil(async () => (await notesOf([project.id])).length === 0, "the note");
});

Deno.test("a user whom Auth deletes leaves no file and no open charge either", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["A scene"]);
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await user.studio.watch([job.id]);
  await withDatabase(async (sql) => {
    await sql`insert into public.jobs (user_id, project_id, kind, credits, run_at, deadline_at)
      values (${user.id}, ${project.id}, 'film', 0, 'infinity', now() + interval '1 hour')`;
    await sql`delete from auth.users where id = ${user.id}`;
  });
  assert.deepEqual(await entriesOf(user.id), { sum: 499, open: 1 });
  await purgeUntil(async () => (await filesOf(project.id)).length === 0, "the files");
});

Deno.test("signing out while jobs run loses nothing: they end, and are there at the next sign-in", async () => {
  const supabase = createClient<Database>(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const account = { email: `${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() };
  const { data } = await supabase.auth.signUp(account);
  const user = { token: data.session?.access_token ?? "" };
  const { data: project } = await supabase.from("projects").insert({ title: "A test" }).select()
    .single();
  const request = { project_id: project?.id };
  const headers = { Authorization: `Bearer ${user.token}` };
  const started = await post("generate-image", request, {
    ...headers,
    "Idempotency-Key": crypto.randomUUID(),
  });
  const { job } = OPERATIONS["generate-image"].response.parse(started.json);
  const { error } = await supabase.auth.signOut();
  assert.equal(error, null);
  assert.deepEqual((await supabase.from("jobs").select("id")).data ?? [], []);
  for (let tries = 0;; tries++) {
    const [row] = await withDatabase((sql) =>
      sql`select state from public.jobs where id = ${job.id}`
    );
    if (row?.["state"] === "succeeded") break;
    assert.ok(tries < 150, `the job is ${row?.["state"]}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const again = await supabase.auth.signInWithPassword(account);
  assert.equal(again.error, null);
  const { data: image } = await supabase.from("image_assets").select("*").eq(
    "id",
    job.subject_id ?? "",
  ).single();
  assert.equal(image?.status, "ready");
  const { data: money } = await supabase.from("credit_accounts").select("balance").single();
  assert.equal(money?.balance, 499);
});
