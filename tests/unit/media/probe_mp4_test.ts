import assert from "node:assert/strict";
import { createIntegrityCheck } from "../../../supabase/functions/_shared/media/probe_integrity.ts";
import { probeMp4, probeMp4Url } from "../../../supabase/functions/_shared/media/probe_mp4.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { createFileHost, FILE_ORIGIN } from "../../fixtures/media/file_host.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const CLIP = await makeClip({ width: 320, height: 180, seconds: 1.2, framesPerSecond: 30 });
const FACTS = { durationSeconds: 1.2, videoCodec: "avc", width: 320, height: 180, hasSound: false };

Deno.test("probeMp4() gives a clip's length, codec and size from bytes and from a blob", async () => {
  assert.deepEqual(await probeMp4(CLIP), FACTS);
  assert.deepEqual(await probeMp4(new Blob([CLIP])), FACTS);
});

Deno.test("probeMp4() needs no more than the index that the integrity check kept", async () => {
  const check = createIntegrityCheck({ kind: "video", contentType: "video/mp4", extension: "mp4" });
  check.write(CLIP);
  check.end();
  const header = check.mp4Header();
  assert.ok(header && header.byteLength < CLIP.byteLength / 2);
  assert.deepEqual(await probeMp4(header), FACTS);
});

Deno.test("probeMp4() fails as unreadable when the file is no mp4 or has no index", async () => {
  for (const file of [new Uint8Array(0), await makeTone(), CLIP.slice(0, 400)]) {
    await assertFails(() => probeMp4(file), { code: "RESULT_INVALID", reason: "unreadable" });
  }
});

const options = { timeoutMs: 5_000, maxFileBytes: 10_000_000, allowedOrigins: [FILE_ORIGIN] };

Deno.test("probeMp4Url() reads the beginning and the index when the server sends parts", async () => {
  const large = await makeClip({ seconds: 2, kilobitsPerSecond: 2000 });
  assert.ok(large.byteLength > 200_000);
  const host = createFileHost(new Map([["/a.mp4", large]]));
  const facts = await probeMp4Url(`${FILE_ORIGIN}/a.mp4`, { ...options, fetch: host.fetch });
  assert.deepEqual(facts, { ...FACTS, durationSeconds: 2, width: 160, height: 90 });
  assert.equal(host.requests[0], "/a.mp4 bytes=0-65535");
  assert.match(host.requests[1] ?? "", new RegExp(`^/a.mp4 bytes=\\d+-${large.byteLength - 1}$`));
  assert.equal(host.requests.length, 2);
});

Deno.test("probeMp4Url() reads the file once when the server knows no ranges", async () => {
  const host = createFileHost(new Map([["/a.mp4", CLIP]]), { hasRanges: false });
  const facts = await probeMp4Url(`${FILE_ORIGIN}/a.mp4`, { ...options, fetch: host.fetch });
  assert.deepEqual(facts, FACTS);
  assert.equal(host.requests.length, 1);
});

Deno.test("probeMp4Url() fails as the transfer does", async () => {
  const { fetch } = createFileHost(new Map([["/a.mp4", CLIP]]), { hasRanges: false });
  await assertFails(() => probeMp4Url(`${FILE_ORIGIN}/b.mp4`, { ...options, fetch }), {
    code: "RESULT_INVALID",
    reason: "expired",
  });
  await assertFails(
    () => probeMp4Url(`${FILE_ORIGIN}/a.mp4`, { ...options, fetch, maxFileBytes: 100 }),
    { code: "RESULT_INVALID", reason: "too_large" },
  );
});
