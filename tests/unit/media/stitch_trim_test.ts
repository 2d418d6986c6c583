import assert from "node:assert/strict";
import { BufferSource } from "mediabunny";
import {
  type ClipPlan,
  planClip,
  type PlannedPacket,
} from "../../../supabase/functions/_shared/media/stitch_clip.ts";
import { trimClip } from "../../../supabase/functions/_shared/media/stitch_trim.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";

const FRAME = 1 / 25;
const CLIP = await planClip(new BufferSource(await makeClip({ seconds: 1 })));

/** A clip whose pictures are sent in this order of showing. */
function clipOf(order: readonly number[]): ClipPlan {
  const packets = order.map((frame, at): PlannedPacket => ({
    type: at === 0 ? "key" : "delta",
    timestamp: frame * FRAME,
    duration: FRAME,
    sizeBytes: 10,
  }));
  return { ...CLIP, durationSeconds: order.length * FRAME, packets };
}

function shown({ packets }: ClipPlan): number[] {
  return packets.map(({ timestamp }) => Math.round(timestamp / FRAME));
}

Deno.test("trimClip() leaves a clip alone that is no longer than it is wanted", () => {
  for (const seconds of [CLIP.durationSeconds, CLIP.durationSeconds + 1, Infinity]) {
    assert.equal(trimClip(CLIP, seconds), CLIP);
  }
});

Deno.test("trimClip() drops what is shown at or after the end, and its last picture stands until then", () => {
  for (const [seconds, count] of [[0.4, 10], [0.401, 10], [0.41, 11], [0.2, 5], [0.99, 25]]) {
    assert.ok(seconds !== undefined && count !== undefined);
    const trimmed = trimClip(CLIP, seconds);
    assert.equal(trimmed.packets.length, count, `${seconds} s`);
    assert.equal(trimmed.durationSeconds, seconds);
    const last = trimmed.packets.at(-1);
    assert.ok(Math.abs((last?.timestamp ?? 0) + (last?.duration ?? 0) - seconds) < 1e-9);
  }
});

Deno.test("trimClip() keeps no picture whose sources it drops", () => {
  // Two rows of B-frames: 3 is sent before 1 and 2, which are made from it; 6 before 4 and 5.
  const clip = clipOf([0, 3, 1, 2, 6, 4, 5, 7]);
  const cases: [frames: number, kept: number[]][] = [
    [7, [0, 3, 1, 2, 6, 4, 5]],
    [6, [0, 3, 1, 2]],
    [4, [0, 3, 1, 2]],
    [3, [0]],
    [1, [0]],
  ];
  for (const [frames, kept] of cases) {
    const trimmed = trimClip(clip, frames * FRAME);
    assert.deepEqual(shown(trimmed), kept, `${frames} frames`);
    const ends = trimmed.packets.map(({ timestamp, duration }) => timestamp + duration);
    assert.ok(Math.abs(Math.max(...ends) - frames * FRAME) < 0.08 + 1e-9);
    const last = trimmed.packets.find(({ timestamp }) =>
      timestamp === Math.max(...trimmed.packets.map((packet) => packet.timestamp))
    );
    assert.ok(Math.abs((last?.timestamp ?? 0) + (last?.duration ?? 0) - frames * FRAME) < 1e-9);
  }
});

Deno.test("trimClip() refuses a clip whose first packet is not its first picture", async () => {
  const clip = clipOf([2, 0, 1, 3]);
  await assertFails(() => trimClip(clip, 2 * FRAME), {
    code: "STATE_CONFLICT",
    reason: "not_copyable",
  });
});
