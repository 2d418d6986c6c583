import assert from "node:assert/strict";
import type { ReceiptLine } from "../../../shared/contract/receipt.ts";
import {
  writeReceiptCsv,
  writeReceiptText,
} from "../../../supabase/functions/_shared/film/receipt.ts";
import { IDS } from "../../factories.ts";
import { receiptOf } from "../../film_factories.ts";

function lineOf(overrides: Partial<ReceiptLine> = {}): ReceiptLine {
  return {
    job_id: IDS.job,
    kind: "video",
    state: "succeeded",
    scene_index: 1,
    shot_index: 1,
    provider: "kie",
    model_id: "kling-2.5-turbo-pro",
    external_task_id: "task-1",
    attempt_count: 1,
    retry_of: null,
    created_at: "2026-11-21T09:00:00+00:00",
    started_at: "2026-11-21T09:00:01+00:00",
    finished_at: "2026-11-21T09:01:10+00:00",
    queued_sec: 1,
    worked_sec: 69,
    quoted_credits: 10,
    charged_credits: 10,
    refunded_credits: 0,
    error_code: null,
    ...overrides,
  };
}

const failed = lineOf({
  state: "failed",
  shot_index: null,
  external_task_id: null,
  refunded_credits: 10,
  error_code: "CONTENT_REFUSED",
});
const receipt = receiptOf({
  jobs: [lineOf(), failed],
  totals: {
    job_count: 2,
    quoted_credits: 20,
    charged_credits: 20,
    refunded_credits: 10,
    net_credits: 10,
  },
});

Deno.test("writeReceiptText() writes a table whose columns stand below each other, and the totals", () => {
  assert.equal(
    writeReceiptText(receipt),
    `Receipt of project ${IDS.project}

kind   scene  shot  state      provider  model                request_id  attempts  queued_sec  worked_sec  quoted  charged  refunded  error
-----  -----  ----  ---------  --------  -------------------  ----------  --------  ----------  ----------  ------  -------  --------  ---------------
video      1     1  succeeded  kie       kling-2.5-turbo-pro  task-1             1           1          69      10       10         0  -
video      1     -  failed     kie       kling-2.5-turbo-pro  -                  1           1          69      10       10        10  CONTENT_REFUSED
-----  -----  ----  ---------  --------  -------------------  ----------  --------  ----------  ----------  ------  -------  --------  ---------------
total                                                                                                           20       20        10

20 credits charged, 10 refunded: 10 paid
`,
  );
});

Deno.test("writeReceiptCsv() writes a row a job, and no formula", () => {
  const jobs = [
    lineOf({ external_task_id: '=HYPERLINK("http://evil")' }),
    lineOf({ external_task_id: 'a,"b"' }),
  ];
  const rows = writeReceiptCsv(receiptOf({ jobs })).split("\r\n");
  assert.equal(rows.length, 4);
  assert.equal(
    rows[0],
    "kind,scene,shot,state,provider,model,request_id,attempts,queued_sec,worked_sec,quoted,charged,refunded,error," +
      "job_id,retry_of,created_at,finished_at",
  );
  assert.ok(rows[1]?.includes(`,"'=HYPERLINK(""http://evil"")",1,`));
  assert.ok(rows[2]?.includes(',"a,""b""",1,'));
  assert.equal(rows[3], "");
});
