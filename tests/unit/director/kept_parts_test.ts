import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { keptParts } from "../../../supabase/functions/_shared/director/kept_parts.ts";

Deno.test("keptParts() keeps what is shown, ends what was cut off, and leaves out the vendor's own", () => {
  const kept = keptParts([
    { type: "step-start" },
    {
      type: "text",
      text: "Once\u0000 ",
      state: "streaming",
      providerMetadata: { google: { a: 1 } },
    },
    {
      type: "tool-read_scene",
      toolCallId: "1",
      state: "output-available",
      input: { scene: 1 },
      output: { text: "A boat" },
      callProviderMetadata: { google: { thoughtSignature: "x" } },
    },
    { type: "tool-start", toolCallId: "2", state: "input-available", input: {} },
    { type: "data-proposal", id: "p", data: { credits: 5 } },
  ], new AppError("TURN_INCOMPLETE", "Cannot go on"));
  assert.deepEqual(kept, [
    { type: "text", text: "Once ", state: "done" },
    {
      type: "tool-read_scene",
      toolCallId: "1",
      state: "output-available",
      input: { scene: 1 },
      output: { text: "A boat" },
    },
    {
      type: "tool-start",
      toolCallId: "2",
      state: "output-error",
      input: {},
      errorText: "The turn ended before the tool did",
    },
    { type: "data-proposal", id: "p", data: { credits: 5 } },
    { type: "data-error", data: { code: "TURN_INCOMPLETE", message: "Cannot go on" } },
  ]);
});

Deno.test("keptParts() lets tools go when all of it is too much, and keeps what was said and proposed", () => {
  const tool = {
    type: "tool-read_scene",
    toolCallId: "1",
    state: "output-available",
    input: {},
    output: "x".repeat(30_000),
  } as const;
  const kept = keptParts([
    tool,
    tool,
    tool,
    tool,
    { type: "text", text: "So." },
    { type: "data-proposal", id: "p", data: { credits: 5 } },
  ], undefined);
  assert.deepEqual(kept, [
    { type: "text", text: "So.", state: "done" },
    { type: "data-proposal", id: "p", data: { credits: 5 } },
  ]);
});
