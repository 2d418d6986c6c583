import assert from "node:assert/strict";
import { creditHistoryRow, modelCatalogueRow, projectOverviewRow } from "../../shared/mod.ts";
import { createProject, signUp } from "./studio.ts";

// The calls below are the README's examples, as they stand there.

Deno.test("project_overview: a project's page in one call", async () => {
  const [user, stranger] = [await signUp(), await signUp()];
  const { studio } = user;
  const { project, scenes } = await createProject(user, ["Dusk", "Dawn"]);
  const { job } = await studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await studio.watch([job.id]);

  const { data, error } = await studio.supabase
    .from("project_overview").select("*").eq("id", project.id).single();
  assert.equal(error, null);
  const overview = projectOverviewRow.parse(data);
  for (const { index, text, main_image, video_clip } of overview.scenes) {
    assert.equal(text, ["Dusk", "Dawn"][index - 1]);
    assert.equal(main_image?.status, index === 1 ? "ready" : undefined);
    assert.equal(video_clip, null);
  }
  assert.deepEqual(overview.job_counts, { succeeded: 1 });
  assert.deepEqual(overview.jobs.map(({ id, progress }) => [id, progress]), [[job.id, 1]]);
  assert.equal(overview.film, null);

  // One column of it, for the newest projects.
  const list = await studio.supabase.from("project_overview")
    .select("id, title, status, job_counts").order("created_at", { ascending: false }).limit(20);
  assert.deepEqual(list.data, [
    { id: project.id, title: "A test", status: "in-progress", job_counts: { succeeded: 1 } },
  ]);

  const theirs = await stranger.studio.supabase.from("project_overview").select("*");
  assert.deepEqual(theirs.data, []);
  await studio.call("delete-project", { project_id: project.id });
  assert.deepEqual((await studio.supabase.from("project_overview").select("*")).data, []);
});

Deno.test("credit_history: where the credits went, newest first", async () => {
  const [user, stranger] = [await signUp(), await signUp()];
  const { studio } = user;
  const { project, scenes } = await createProject(user, ["Dusk"]);
  const { job } = await studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await studio.watch([job.id]);

  const { data, error } = await studio.supabase
    .from("credit_history").select("*").order("id", { ascending: false }).limit(50);
  assert.equal(error, null);
  const history = creditHistoryRow.array().parse(data);
  const lines = history.map(({ amount, balance, reason, job_kind, project_title }) =>
    `${amount} ${reason} (${job_kind ?? "-"}, ${project_title ?? "-"}): ${balance} left`
  );
  assert.deepEqual(lines, [
    "-1 generate-image (image, A test): 499 left",
    "500 welcome (-, -): 500 left",
  ]);
  assert.equal(history[0]?.project_id, project.id);

  const theirs = await stranger.studio.supabase.from("credit_history").select("reason");
  assert.deepEqual(theirs.data, [{ reason: "welcome" }]);
});

Deno.test("model_catalogue: what can be asked for, and at what price", async () => {
  const { studio } = await signUp();

  const { data, error } = await studio.supabase
    .from("model_catalogue").select("*").eq("kind", "video").order("price");
  assert.equal(error, null);
  const models = modelCatalogueRow.array().parse(data);
  const model = models.find(({ is_default }) => is_default);
  assert.deepEqual([model?.id, model?.unit], ["kling-2.5-turbo-pro", "second"]);
  assert.deepEqual(model?.durations_sec, [5, 10]);
  assert.ok(!models.some(({ id }) => id === "sora-2"), "retired");
  assert.ok(models.some(({ replaces }) => replaces.includes("sora-2")));
});

Deno.test("the Data API here answers instants and decimal numbers as the platform's does", async () => {
  const { studio } = await signUp();
  const { data } = await studio.supabase.from("models").select("price, created_at")
    .eq("id", "fal-kling-3.0-pro").single();
  assert.equal(data?.price, 11.2);
  assert.match(data?.created_at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/);
});
