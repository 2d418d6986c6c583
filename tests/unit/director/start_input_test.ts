import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import {
  assertFieldsBelong,
  startInput,
} from "../../../supabase/functions/_shared/director/start_input.ts";

Deno.test("assertFieldsBelong() takes each wish with its own fields, and refuses those of another", () => {
  assertFieldsBelong(startInput.parse({ what: "film" }));
  assertFieldsBelong(startInput.parse({ what: "picture", scenes: [1], shot: 2, candidates: 3 }));
  assertFieldsBelong(startInput.parse({ what: "whole_film", stop_at: "audio", budget_credits: 5 }));
  assertFieldsBelong(startInput.parse({ what: "whole_film", style: "ink", voice_id: "ko-KR-A" }));
  for (
    const input of [
      { what: "film", scenes: [1] },
      { what: "characters", budget_credits: 5 },
      { what: "narration", shot: 1 },
      { what: "retry", target_length: 30 },
      { what: "film", style: "ink" },
    ]
  ) {
    assert.throws(
      () => assertFieldsBelong(startInput.parse(input)),
      (error: unknown) => error instanceof AppError && error.code === "VALIDATION_FAILED",
      JSON.stringify(input),
    );
  }
});

Deno.test("startInput takes nothing that would skip a person's yes, or reach beyond the project", () => {
  for (
    const field of ["auto_confirm", "confirm", "dry_run", "prompt", "project_id", "script_model"]
  ) {
    assert.equal(startInput.safeParse({ what: "whole_film", [field]: true }).success, false, field);
  }
});
