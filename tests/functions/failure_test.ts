import assert from "node:assert/strict";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { createFakeApi, FakeSqlError } from "../fakes/fake_api.ts";
import { ALL_KEYS, withFakeEnv } from "../fakes/fake_env.ts";
import { createFakeServices } from "../fakes/fake_services.ts";
import { catalogueOf, jobOf, studioOf } from "../factories.ts";
import {
  assertCors,
  assertRefused,
  createWillingApi,
  definitionOf,
  FOR_USERS,
  handlerOf,
  importFunction,
  keys,
  NAMES,
  requestOf,
} from "./pipeline.ts";

const SECRETS = ["postgresql://", "swordfish", "at file://", ".ts:", "Error:", "connection"];

for (const name of NAMES) {
  Deno.test(`${name} answers 500 INTERNAL to a bug of ours, tells nothing of it, and logs it whole`, async () => {
    const fake = createFakeServices(keys);
    const bug = new TypeError("swordfish is undefined", {
      cause: new Error("postgresql://secret"),
    });
    const { createHandler } = await importFunction(name);
    const handle = createHandler(() => ({
      ...fake.services(),
      authenticate: () => Promise.reject(bug),
    }));
    const response = await handle(await requestOf(name));
    const envelope = await assertRefused(response, "INTERNAL");
    assert.deepEqual(Object.keys(envelope), ["code", "message", "request_id"]);
    for (const secret of SECRETS) assert.ok(!JSON.stringify(envelope).includes(secret), secret);
    assert.equal(fake.lines.length, 1);
    const [line] = fake.lines;
    assert.deepEqual(
      [
        line?.["level"],
        line?.["event"],
        line?.["request_id"],
        line?.["status"],
        line?.["operation"],
      ],
      ["error", "request", envelope["request_id"], 500, name],
    );
    assert.match(String(line?.["cause"]), /TypeError: swordfish.*caused by Error: postgresql/s);
  });
}

for (const name of FOR_USERS) {
  Deno.test(`${name} answers 500 INTERNAL when the database can't be reached`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      const { handle, fake } = await handlerOf(name, createFakeApi({}));
      const envelope = await assertRefused(await handle(await requestOf(name)), "INTERNAL");
      assert.equal(fake.lines.at(-1)?.["request_id"], envelope["request_id"]);
      await fake.background();
    });
  });
}

Deno.test("createOperation() logs a request that fails because the services can't be made", async () => {
  const { createHandler } = await importFunction("queue-status");
  const handle = createHandler(() => {
    throw new Error("Missing environment variables: SUPABASE_URL");
  });
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    const envelope = await assertRefused(await handle(await requestOf("queue-status")), "INTERNAL");
    const [line] = lines.map((text) => JSON.parse(text));
    assert.equal(line.request_id, envelope["request_id"]);
    assert.match(line.cause, /Missing environment variables: SUPABASE_URL/);
  } finally {
    console.log = log;
  }
});

Deno.test("createOperation() writes one line a request: who, what, status, time, and no key or token", async () => {
  await withFakeEnv(ALL_KEYS, async () => {
    const { handle, fake } = await handlerOf("generate-video");
    const request = await requestOf("generate-video", { body: { prompt: "my secret idea" } });
    await (await handle(request)).body?.cancel();
    const line = fake.lines.at(-1);
    assert.deepEqual(Object.keys(line ?? {}), [
      "at",
      "level",
      "event",
      "request_id",
      "operation",
      "status",
      "ms",
      "user_id",
      "code",
    ]);
    const text = JSON.stringify(fake.lines);
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    for (const secret of [token, request.headers.get("idempotency-key") ?? "", "secret idea"]) {
      assert.ok(secret.length > 8 && !text.includes(secret));
    }
  });
});

/** Seconds after which a client may come again, where waiting helps. */
const RETRY_AFTER: Readonly<Record<string, string>> = {
  IDEMPOTENCY_IN_PROGRESS: "1",
  TOO_MANY_JOBS: "30",
};

/** What SQL raises, and what a client is told. */
const RAISED = [
  ["PT402", "INSUFFICIENT_CREDITS", { price: 10, balance: 7 }, /10 credits.*balance is 7/],
  ["PT402", "BUDGET_EXCEEDED", { would_cost: 30, budget_credits: 20 }, /30 of 20/],
  ["PT404", "NOT_FOUND", { project_id: "p" }, /project_id/],
  ["PT409", "IDEMPOTENCY_IN_PROGRESS", { job_id: "j" }, /still being worked on/],
  ["PT410", "MODEL_RETIRED", { model: "sora-2", replaced_by: "kling" }, /sora-2.*kling/],
  ["PT410", "PROJECT_GONE", { project_id: "p", restorable_until: "then" }, /"p".*until then/],
  ["PT422", "IDEMPOTENCY_KEY_REUSED", { first_operation: "x" }, /another operation or body/],
  ["PT422", "IDEMPOTENCY_KEY_REUSED", { first_sent_at: "2026-11-21" }, /first sent at 2026/],
  ["PT422", "MODEL_INPUT_INVALID", { model: "nope" }, /nope/],
  ["PT429", "TOO_MANY_JOBS", { would_be_unfinished: 601, limit: 600 }, /./],
] as const;

for (const [sqlstate, code, detail, sentence] of RAISED) {
  Deno.test(`${code} raised by SQL reaches the client with its status, sentence and details`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      const api = createFakeApi({
        studio_context: () => studioOf(),
        create_jobs: () => {
          throw new FakeSqlError(sqlstate, code, JSON.stringify(detail));
        },
      });
      const { handle, fake } = await handlerOf("generate-video", api);
      const response = await handle(await requestOf("generate-video"));
      const retryAfter = response.headers.get("retry-after");
      const envelope = await assertRefused(response, code);
      assert.deepEqual(envelope["details"], detail);
      assert.match(String(envelope["message"]), sentence);
      assert.ok(!String(envelope["message"]).includes("undefined"), String(envelope["message"]));
      assert.equal(retryAfter, RETRY_AFTER[code] ?? null);
      await fake.background();
      assert.ok(!api.calls.some(({ name }) => name === "claim_jobs"), "nothing is begun");
    });
  });
}

Deno.test("a lock that the first click still holds is IDEMPOTENCY_IN_PROGRESS, a parent that has gone NOT_FOUND, any other SQLSTATE a bug", async () => {
  for (
    const [sqlstate, code] of [
      ["55P03", "IDEMPOTENCY_IN_PROGRESS"],
      ["23503", "NOT_FOUND"],
      ["23505", "INTERNAL"],
      ["42501", "INTERNAL"],
      ["22P02", "INTERNAL"],
    ] as const
  ) {
    await withFakeEnv(ALL_KEYS, async () => {
      const api = createFakeApi({
        studio_context: () => studioOf(),
        create_jobs: () => {
          throw new FakeSqlError(sqlstate, "canceling statement due to swordfish", null);
        },
      });
      const { handle } = await handlerOf("generate-video", api);
      const envelope = await assertRefused(
        await handle(await requestOf("generate-video")),
        code,
        sqlstate,
      );
      assert.ok(!JSON.stringify(envelope).includes("swordfish"));
    });
  }
});

for (const name of FOR_USERS.filter((candidate) => definitionOf(candidate).spends)) {
  Deno.test(`promise 1: ${name} sends the stored answer byte for byte when the click is a repeated one`, async () => {
    await withFakeEnv(ALL_KEYS, async () => {
      const body = '{ "stored" :  [1.0, "\u00e9\u{1f3ac}" ] }';
      const api = createFakeApi({
        studio_context: ({ p_kind }) => studioOf({ models: catalogueOf(String(p_kind)) }),
        production_history: () => ({ wish: null, spent_credits: 0 }),
        read_job: () => ({ job: jobOf({ state: "failed" }), asset: null }),
        create_jobs: () => ({ status: 202, body, replayed: true }),
      });
      const { handle, fake } = await handlerOf(name, api);
      const response = await handle(await requestOf(name));
      assert.equal(response.headers.get("x-idempotent-replay"), "true");
      assert.equal(response.headers.get("content-type"), "application/json");
      assertCors(response);
      assert.equal(await response.text(), body);
      assert.equal(response.status, 202);
      await fake.background();
      assert.ok(!api.calls.some((call) => call.name === "claim_jobs"), "nothing is begun again");
      const first = await (await handlerOf(name, createWillingApi())).handle(await requestOf(name));
      assert.equal(first.headers.get("x-idempotent-replay"), null);
      await first.body?.cancel();
    });
  });
}

Deno.test("createLog() cuts a chain of causes and never ends a line early", () => {
  const lines: string[] = [];
  let cause: unknown = "the root";
  for (let depth = 0; depth < 50; depth++) {
    cause = new Error(`line one\nline two ${"x".repeat(1000)}`, { cause });
  }
  createLog({ request_id: "r" }, (line) => lines.push(line)).error("failed", {}, cause);
  assert.equal(lines.length, 1);
  assert.ok((lines[0]?.length ?? 0) < 10_000 && !lines[0]?.includes("\n"));
});
