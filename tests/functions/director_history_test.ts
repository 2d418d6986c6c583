import assert from "node:assert/strict";
import { createFakeApi, FakeSqlError } from "../fakes/fake_api.ts";
import { IDS } from "../factories.ts";
import { assertRefused, handlerOf, requestOf } from "./pipeline.ts";

/** What `useChat` sends along: everything that was said, with what tools read. */
function historyOf(turns: number, charsEach: number) {
  return Array.from({ length: turns }, (_, turn) => [
    { id: `u-${turn}`, role: "user", parts: [{ type: "text", text: "And then?" }] },
    {
      id: `a-${turn}`,
      role: "assistant",
      parts: [
        { type: "step-start" },
        {
          type: "tool-read_project",
          toolCallId: `call-${turn}`,
          state: "output-available",
          input: {},
          output: { scenes: "x".repeat(charsEach) },
        },
        { type: "text", text: "Then it rains." },
      ],
    },
  ]).flat();
}

/** A database that has heard enough: whatever reaches it is refused by name. */
function createTiredApi() {
  return createFakeApi({
    begin_director_turn: () => {
      throw new FakeSqlError("PT429", "RATE_LIMITED", '{"retry_after_sec":7}');
    },
  });
}

async function say(text: string, history: readonly object[]) {
  const last = { id: "last", role: "user", parts: [{ type: "text", text }] };
  const { handle, api } = await handlerOf("director", createTiredApi());
  const body = { project_id: IDS.project, messages: [...history, last] };
  return { response: await handle(await requestOf("director", { body })), calls: api.calls };
}

for (
  const [what, history] of [
    ["1 MB", historyOf(10, 100_000)],
    ["3.6 MB", historyOf(30, 120_000)],
    ["1,200 messages", historyOf(600, 10)],
    ["an answer of 1,200 parts", [{
      id: "a",
      role: "assistant",
      parts: Array.from({ length: 1200 }, () => ({ type: "step-start" })),
    }]],
  ] as const
) {
  Deno.test(`director hears the last message of a history of ${what}`, async () => {
    const { response, calls } = await say("Make it snow", history);
    await assertRefused(response, "RATE_LIMITED", what);
    assert.deepEqual(calls.map(({ args }) => args["p_text"]), ["Make it snow"]);
  });
}

Deno.test("director refuses a last message of 100 KB, whatever its history's room is", async () => {
  const { response, calls } = await say("x".repeat(100 * 1024), historyOf(10, 100_000));
  const { message } = await assertRefused(response, "VALIDATION_FAILED");
  assert.match(String(message), /longer than 8192 bytes/);
  assert.deepEqual(calls, []);
});
