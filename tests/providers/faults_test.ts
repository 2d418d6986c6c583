import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { sendOnce } from "../../supabase/functions/_shared/send_once.ts";
import {
  answerWithFault,
  createFaultBook,
  hangUp,
  isHangUp,
} from "../../supabase/local/providers/faults.ts";
import { withProviders } from "./support.ts";
import { listenHttp } from "../../supabase/local/providers/http_listener.ts";

Deno.test("FaultBook.take() gives the first fault that applies and counts it down", () => {
  const book = createFaultBook();
  book.add({ provider: "kie", kind: "http_500", times: 2 });
  book.add({ provider: "kie", operation: "create_task", kind: "garbage" });
  const take = (provider: string, operation: string, body = "") =>
    book.take(provider, operation, body)?.kind ?? null;
  equal(take("fal", "submit"), null);
  equal(take("kie", "create_task"), "http_500");
  deepEqual(book.list().map(({ kind, times }) => [kind, times]), [
    ["http_500", 1],
    ["garbage", undefined],
  ]);
  equal(take("kie", "record_info"), "http_500");
  equal(take("kie", "record_info"), null);
  equal(take("kie", "create_task"), "garbage");
  equal(take("kie", "create_task"), "garbage");
  book.clear();
  equal(take("kie", "create_task"), null);
});

Deno.test("FaultBook.add() refuses a fault that no simulator plays, and the control interface says so", async () => {
  const book = createFaultBook();
  for (
    const [provider, kind] of [["kie", "nonsense"], ["nobody", "drop"], [
      "fal",
      "fail_after_accept",
    ]]
  ) {
    throws(() => book.add({ provider: provider ?? "", kind: kind ?? "" }), RangeError);
  }
  book.add({ provider: "fal", kind: "no_credit_after_accept" });
  equal(book.list().length, 1);
  await withProviders(async ({ control }) => {
    const refused = await control("POST", "/faults", { provider: "kie", kind: "nonsense" });
    equal(refused.status, 400);
    deepEqual((await refused.json()).issues[0].path, ["kind"]);
  }, { selected: ["kie"] });
});

Deno.test("FaultBook.take() passes over calls whose body does not match", () => {
  const book = createFaultBook();
  book.add({ provider: "fal", kind: "refuse", matching: "battle", times: 1 });
  equal(book.take("fal", "submit", '{"prompt":"A garden"}'), null);
  equal(book.take("fal", "submit", '{"prompt":"A battle"}')?.kind, "refuse");
  equal(book.take("fal", "submit", '{"prompt":"A battle"}'), null);
});

Deno.test("FaultBook.take() keeps a fault of the work for the call that makes the work", () => {
  const book = createFaultBook();
  book.add({ provider: "kie", kind: "fail", times: 1 });
  book.add({ provider: "kie", kind: "unknown_task", times: 1 });
  equal(book.take("kie", "record_info", "")?.kind, "unknown_task");
  equal(book.take("kie", "record_info", ""), null);
  equal(book.take("kie", "create_task", "{}")?.kind, "fail");
});

Deno.test("answerWithFault() does the work before the fault when the kind says so", async () => {
  const play = async (kind: string) => {
    let worked = 0;
    const response = await answerWithFault({ provider: "kie", kind, delayMs: 5 }, {
      signal: new AbortController().signal,
      work: () => {
        worked++;
        return Promise.resolve(new Response("fine"));
      },
      problem: (problem) => problem === "http_503" ? new Response(null, { status: 503 }) : null,
    });
    return [isHangUp(response) ? "hung up" : response.status, worked];
  };
  deepEqual(await play("drop"), ["hung up", 0]);
  deepEqual(await play("drop_after_accept"), ["hung up", 1]);
  deepEqual(await play("http_503"), [503, 0]);
  deepEqual(await play("http_503_after_accept"), [503, 1]);
  deepEqual(await play("hang"), ["hung up", 0]);
  deepEqual(await play("hang_after_accept"), ["hung up", 1]);
  deepEqual(await play("slow"), [200, 1]);
  // A fault of the work changes no answer.
  deepEqual(await play("endless"), [200, 1]);
});

Deno.test("listenHttp() answers as the handler does and closes the connection when it hangs up", async () => {
  const listener = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    handle: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/drop") return hangUp();
      if (pathname === "/throw") throw new Error("on purpose");
      return Response.json(
        { method: request.method, body: await request.text(), x: request.headers.get("x-a") },
        { status: 201, headers: { "x-b": "2" } },
      );
    },
  });
  const url = `http://127.0.0.1:${listener.port}`;
  try {
    const response = await fetch(url, { method: "POST", body: "여우", headers: { "x-a": "1" } });
    equal(response.status, 201);
    equal(response.headers.get("x-b"), "2");
    deepEqual(await response.json(), { method: "POST", body: "여우", x: "1" });
    await rejects(() => fetch(`${url}/drop`), TypeError);
    await rejects(() => fetch(`${url}/throw`), TypeError);
    await rejects(
      () => listenHttp({ host: "127.0.0.1", port: listener.port, handle: () => Promise.reject() }),
      /EADDRINUSE|in use/,
    );
  } finally {
    await listener.stop();
  }
});

Deno.test("listenHttp() aborts the request's signal when the caller goes away", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    handle: (request) =>
      new Promise((answer) => {
        request.signal.addEventListener("abort", () => {
          resolve();
          answer(hangUp());
        });
      }),
  });
  try {
    const url = `http://127.0.0.1:${listener.port}`;
    await rejects(() => fetch(url, { signal: AbortSignal.timeout(50) }));
    await promise;
  } finally {
    await listener.stop();
  }
});

Deno.test("sendOnce() puts a POST on the wire once when a used connection is dropped", async () => {
  const seen: string[] = [];
  const listener = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    handle: async (request) => {
      const { pathname } = new URL(request.url);
      seen.push(`${pathname} ${(await request.text()).length}`);
      return pathname === "/drop" ? hangUp() : new Response("fine");
    },
  });
  const url = `http://127.0.0.1:${listener.port}`;
  const once = sendOnce();
  try {
    for (let round = 0; round < 3; round++) {
      // Leaves a kept-alive connection behind, for whoever would use it.
      equal(await (await fetch(`${url}/warm`)).text(), "fine");
      equal(await (await once(`${url}/warm`, { method: "POST", body: "abc" })).text(), "fine");
      await rejects(
        () => once(`${url}/drop`, { method: "POST", body: "x".repeat(5000) }),
        TypeError,
      );
    }
  } finally {
    await listener.stop();
  }
  deepEqual(seen.filter((call) => call.startsWith("/drop")), Array(3).fill("/drop 5000"));
  ok(seen.includes("/warm 3"));
});
