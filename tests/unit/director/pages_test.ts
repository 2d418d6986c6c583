import assert from "node:assert/strict";
import { z } from "zod";
import { DIRECTOR_PAGES } from "../../../shared/contract/director.ts";
import { listPages, toolsOf } from "../../../supabase/functions/_shared/director/pages.ts";

Deno.test("toolsOf() gives every name on a page a tool, with a strict schema that names nobody", () => {
  for (const page of DIRECTOR_PAGES) {
    const tools = toolsOf(page);
    const names = tools.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, page);
    for (const tool of tools) {
      assert.match(tool.name, /^[a-z][a-z_]{0,63}$/);
      const schema = z.toJSONSchema(tool.input);
      assert.equal(schema.additionalProperties, false, tool.name);
      const fields = Object.keys(schema.properties ?? {});
      for (const field of ["project_id", "user_id", "confirm", "credits", "url"]) {
        assert.ok(!fields.includes(field), `${tool.name} takes ${field}`);
      }
    }
  }
});

Deno.test("listPages() names tools of each page that only propose wherever something is spent or deleted", () => {
  const spending = ["start", "confirm_characters", "cancel_job", "delete_scene"];
  for (const { tools } of listPages()) {
    for (const { name, effect } of tools) {
      assert.equal(effect === "proposes", spending.includes(name), name);
    }
  }
  const everywhere = listPages().flatMap(({ tools }) => tools.map(({ name }) => name));
  assert.equal(new Set(everywhere).size, 19, "every tool is on some page");
});
