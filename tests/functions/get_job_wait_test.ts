import assert from "node:assert/strict";
import { createFakeApi, type FakeApi } from "../fakes/fake_api.ts";
import { clipOf, IDS, jobOf } from "../factories.ts";
import { handlerOf, requestOf } from "./pipeline.ts";

const ENDED = jobOf({ state: "succeeded", finished_at: "2026-11-21T09:01:00+00:00" });
const RUNNING = jobOf({ state: "running" });

/** An API whose job ends with the `count`-th look; `onLook` hears of each. */
function endingAt(count: number, onLook: (look: number) => void = () => {}): FakeApi {
  let looks = 0;
  return createFakeApi({
    read_job: () => {
      looks += 1;
      onLook(looks);
      return { job: looks >= count ? ENDED : RUNNING, asset: clipOf() };
    },
  });
}

const body = { job_id: IDS.job, wait: 25 };

Deno.test("get-job answers as soon as it sees the job ended, long before the time is up", async () => {
  const { handle, api } = await handlerOf("get-job", endingAt(3));
  const response = await handle(await requestOf("get-job", { body }));
  const { job } = await response.json();
  assert.equal(job.state, "succeeded");
  assert.equal(api.calls.length, 3);
});

Deno.test("get-job answers with the job as it is when the time is up", async () => {
  const { handle, api } = await handlerOf("get-job", endingAt(Infinity));
  const request = await requestOf("get-job", { body: { ...body, wait: 1 } });
  const { job } = await (await handle(request)).json();
  assert.equal(job.state, "running");
  assert.ok(api.calls.length >= 2 && api.calls.length <= 3, String(api.calls.length));
});

Deno.test("get-job looks no more once the client has gone, and logs no error for it", async () => {
  const client = new AbortController();
  const { handle, api, fake } = await handlerOf(
    "get-job",
    endingAt(Infinity, (look) => {
      if (look === 2) client.abort();
    }),
  );
  const request = new Request(await requestOf("get-job", { body }), { signal: client.signal });
  await (await handle(request)).body?.cancel();
  assert.equal(api.calls.length, 2);
  assert.deepEqual(fake.lines.map((line) => line["level"]), ["info"]);
});
