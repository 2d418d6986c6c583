import { deepEqual, equal, ok } from "node:assert/strict";
import { createKie } from "../../supabase/functions/_shared/providers/kie.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import { describeLook, describeOutcome, memoryLog } from "./support.ts";

const REQUEST: VideoRequest = {
  endpoint: "kling/v2-1-pro",
  prompt: "A fox",
  imageUrl: "https://example.com/fox.jpg",
  durationSeconds: 5,
  aspectRatio: "16:9",
};

/** An adapter whose every call gets one recorded answer. */
function answering(body: unknown, status = 200) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return createKie({
    apiKey: "key",
    baseUrl: "https://api.kie.ai",
    log: memoryLog().log,
    fetch: () => Promise.resolve(new Response(text, { status })),
  });
}

const look = (data: unknown) =>
  describeLook(
    answering({ code: 200, msg: "success", data })
      .status({ externalTaskId: "0f3c", endpoint: REQUEST.endpoint }),
  );

Deno.test("createKie().submit() reads the recorded answers of createTask", async () => {
  const id = "ca9c10541fc2840ba55abcec535a0e73";
  const cases: [body: unknown, status: number, expected: string][] = [
    [{ code: 200, msg: "success", data: { taskId: id, recordId: id } }, 200, "accepted"],
    [{ code: 422, msg: "url is wrong", data: null }, 200, "refused PROVIDER_REJECTED"],
    [{ code: 422, msg: "Please enter callBackUrl.", data: null }, 200, "refused PROVIDER_REJECTED"],
    [
      { code: 500, message: "duration is not within the range of allowed options" },
      200,
      "refused PROVIDER_FAILED",
    ],
    [
      { code: 402, msg: "The current credits are insufficient. Please top up." },
      200,
      "refused PROVIDER_REJECTED",
    ],
    [{ code: 433, msg: "Limit reached" }, 200, "refused PROVIDER_RATE_LIMITED"],
    [{ code: 505, msg: "Disabled" }, 200, "refused PROVIDER_REJECTED"],
    [
      { code: 400, msg: "Your prompt was flagged by Website as violating content policies." },
      200,
      "refused CONTENT_REFUSED",
    ],
    ["error code: 1010", 403, "refused PROVIDER_REJECTED"],
    [{ code: 401, msg: "You do not have access permissions" }, 401, "refused PROVIDER_REJECTED"],
    // A task id beside a failure is still a task.
    [{ code: 500, msg: "Server exception", data: { taskId: id } }, 200, "accepted"],
    [{ code: 200, msg: "success", data: { taskId: "" } }, 200, "unknown PROVIDER_BAD_RESPONSE"],
    [{ code: 200, msg: "success", data: null }, 200, "unknown PROVIDER_BAD_RESPONSE"],
    [{ code: 200, msg: "success", data: null }, 302, "refused PROVIDER_REJECTED"],
    ["<html>502</html>", 502, "unknown PROVIDER_UNAVAILABLE"],
    ["<html>408</html>", 408, "unknown PROVIDER_UNAVAILABLE"],
    [{ code: 401, msg: "no" }, 500, "unknown PROVIDER_UNAVAILABLE"],
    ["", 200, "unknown PROVIDER_BAD_RESPONSE"],
  ];
  for (const [body, status, expected] of cases) {
    equal(
      describeOutcome(await answering(body, status).submit(REQUEST)),
      expected,
      `${status} ${JSON.stringify(body)}`,
    );
  }
});

Deno.test("createKie().status() reads the recorded records", async () => {
  const record = {
    taskId: "0f3c",
    model: REQUEST.endpoint,
    param: '{"input":"{\\"prompt\\":\\"A fox\\"}","model":"kling/v2-1-pro"}',
    resultJson: "",
    failCode: null,
    failMsg: null,
    costTime: null,
    completeTime: null,
    createTime: 1788000000000,
  };
  const resultJson = '{"resultUrls":["https://tempfile.aiquickdraw.com/x.mp4"]}';
  equal(await look({ ...record, state: "waiting" }), "rendering");
  equal(await look({ ...record, state: "queuing", failCode: "", failMsg: "" }), "rendering");
  equal(await look({ ...record, state: "success", resultJson, costTime: 154 }), "succeeded");
  // Documented for some families: not inside a string.
  equal(
    await look({ ...record, state: "success", resultJson: JSON.parse(resultJson) }),
    "succeeded",
  );
  equal(await look({ ...record, state: "success", resultJson: "" }), "threw PROVIDER_BAD_RESPONSE");
  equal(
    await look({ ...record, state: "success", resultJson: '{"resultUrls":["javascript:1"]}' }),
    "threw PROVIDER_BAD_RESPONSE",
  );
  equal(
    await look({ ...record, state: "fail", failCode: "500", failMsg: "x" }),
    "failed PROVIDER_FAILED",
  );
  equal(await look({ ...record, state: "fail", failCode: 501 }), "failed PROVIDER_FAILED");
  equal(
    await look({ ...record, state: "fail", failCode: "", failMsg: "" }),
    "failed PROVIDER_FAILED",
  );
  equal(
    await look({ ...record, state: "fail", failCode: "422", failMsg: "x" }),
    "failed PROVIDER_REJECTED",
  );
  equal(
    await look({ ...record, state: "fail", failCode: "500", failMsg: "public error minor upload" }),
    "failed CONTENT_REFUSED",
  );
  equal(await look({ ...record, state: "archived" }), "rendering", "not documented: no end");
  equal(await look({ ...record, state: 3 }), "threw PROVIDER_BAD_RESPONSE");
});

Deno.test("createKie().status() gives the progress when the model tells it", async () => {
  const at = async (progress: unknown) =>
    await answering({ code: 200, data: { state: "generating", progress } })
      .status({ externalTaskId: "0f3c", endpoint: REQUEST.endpoint });
  deepEqual(await at(40), { state: "rendering", progress: 0.4 });
  deepEqual(await at(null), { state: "rendering" });
  deepEqual(await at(4000), { state: "rendering" });
});

Deno.test("createKie() cuts a long message of KIE's and keeps its URLs out when it fails", async () => {
  const msg = `See https://api.kie.ai/x?token=abc ${"because ".repeat(200)}`;
  const outcome = await answering({ code: 422, msg }).submit(REQUEST);
  ok(outcome.outcome === "refused");
  ok(outcome.error.message.length < 360);
  ok(!outcome.error.message.includes("token=abc"));
});

Deno.test("createKie() asks for one task by its escaped id", async () => {
  let asked = "";
  const adapter = createKie({
    apiKey: "key",
    baseUrl: "https://api.kie.ai",
    log: memoryLog().log,
    fetch: (url) => {
      asked = String(url);
      return Promise.resolve(Response.json({ code: 422, msg: "recordInfo is null", data: null }));
    },
  });
  await adapter.status({ externalTaskId: "a&taskId=b", endpoint: "x" });
  equal(asked, "https://api.kie.ai/api/v1/jobs/recordInfo?taskId=a%26taskId%3Db");
});
