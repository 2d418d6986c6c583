import assert from "node:assert/strict";
import { as, ledgerOf, post, signUp } from "./studio.ts";

Deno.test("make-film makes a whole film by itself, for what its plan said", async () => {
  const user = await signUp();
  const body = { prompt: "A shy robot learns to dance", options: { target_length: 15 } };
  const estimated = await post("estimate", { operation: "make-film", body }, as(user));
  assert.equal(estimated.status, 200, estimated.text);
  const { job, plan } = await user.studio.call("make-film", body);
  assert.ok(job);
  assert.equal(plan.credits, estimated.json["credits"]);
  const [made] = await user.studio.watch([job.id], {
    signal: AbortSignal.timeout(90_000),
    onChange: ([row]) => console.log(row?.stage, row?.progress, row?.state),
  });
  assert.equal(made?.state, "succeeded", JSON.stringify(made?.error));
  const { data: films } = await user.studio.supabase.from("films").select("*");
  assert.equal(films?.length, 1);
  console.log(films?.[0]?.duration_sec, plan);
  const ledger = await ledgerOf(user.id);
  assert.equal(500 - ledger.balance, plan.credits);
});
