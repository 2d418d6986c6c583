import assert from "node:assert/strict";
import { createLineDisplay } from "../../supabase/local/film/progress.ts";

Deno.test("createLineDisplay() writes a line with the elapsed time for each thing that happens", () => {
  const lines: string[] = [];
  let seconds = 0.04;
  const display = createLineDisplay((line) => lines.push(line), () => seconds);
  display.say("Starting PostgreSQL");
  seconds = 12.34;
  display.show({ stage: "images", done: 0, total: 3 });
  seconds = 14;
  display.show({ stage: "images", done: 2, total: 3 });
  display.end();
  assert.deepEqual(lines, [
    "[0.0 s] Starting PostgreSQL",
    "[12.3 s] images 0/3",
    "[14.0 s] images 2/3",
  ]);
});
