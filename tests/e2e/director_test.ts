import assert from "node:assert/strict";
import { DIRECTOR_PAGES } from "../../shared/mod.ts";
import { confirm, direct, talk } from "./director.ts";
import { createProject, ledgerOf, signUp, stack, uniqueWord, withDatabase } from "./studio.ts";

Deno.test("director streams text in several pieces to the AI SDK's own transport, and keeps both sides", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["A boat at dawn", "A storm"]);
  const said = `What have we got? ${uniqueWord()}`;
  const { chunks, text, errors } = await talk(user, { projectId: project.id }, said);
  assert.deepEqual(errors, []);
  assert.ok(chunks.filter(({ type }) => type === "text-delta").length > 2, JSON.stringify(chunks));
  assert.match(text, /has 2 scenes/);
  const types = chunks.map(({ type }) => type);
  assert.deepEqual([types[0], types.at(-1)], ["start", "finish"]);
  const { data: kept } = await user.studio.supabase.from("director_messages")
    .select("id, role, parts, page, input_tokens, output_tokens")
    .eq("project_id", project.id).order("created_at").throwOnError();
  assert.deepEqual(kept?.map(({ role, parts }) => [role, parts]), [
    ["user", [{ type: "text", text: said }]],
    ["assistant", [{ type: "text", text, state: "done" }]],
  ]);
  const [start] = chunks;
  assert.equal(start?.type === "start" && start.messageId, kept?.[1]?.id);
  assert.ok((kept?.[1]?.input_tokens ?? 0) > 0 && (kept?.[1]?.output_tokens ?? 0) > 0);
});
void [DIRECTOR_PAGES, confirm, direct, ledgerOf, stack, withDatabase];
