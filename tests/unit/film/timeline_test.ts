import assert from "node:assert/strict";
import {
  type TimelineItem,
  writeTimeline,
} from "../../../supabase/functions/_shared/film/timeline.ts";
import { parseOtio } from "../../fixtures/otio.ts";

function itemOf(overrides: Partial<TimelineItem> = {}): TimelineItem {
  return {
    name: "1. Dusk",
    url: "clips/01-dusk.mp4",
    startSeconds: 0,
    durationSeconds: 5,
    availableSeconds: 5,
    metadata: { clip_id: "a" },
    ...overrides,
  };
}

Deno.test("writeTimeline() writes what OpenTimelineIO's schema has, and nothing else", () => {
  const { name, rates, tracks } = parseOtio(writeTimeline({
    name: 'The "lantern" \u{1f3ee}',
    rate: 24,
    pictures: [itemOf(), itemOf({ url: null, startSeconds: 5 })],
    narration: [itemOf({ url: "narration/01-dusk.mp3", startSeconds: 1, durationSeconds: 2.5 })],
  }));
  assert.equal(name, 'The "lantern" \u{1f3ee}');
  assert.deepEqual([...rates], [24]);
  assert.deepEqual(tracks, [
    {
      kind: "Video",
      items: [
        { url: "clips/01-dusk.mp4", startSeconds: 0, durationSeconds: 5, availableSeconds: 5 },
        { url: "missing", startSeconds: 5, durationSeconds: 5, availableSeconds: 5 },
      ],
    },
    {
      kind: "Audio",
      items: [
        { url: null, startSeconds: 0, durationSeconds: 1, availableSeconds: 0 },
        {
          url: "narration/01-dusk.mp3",
          startSeconds: 1,
          durationSeconds: 2.5,
          availableSeconds: 5,
        },
      ],
    },
  ]);
});

for (const rate of [24000 / 1001, 24, 25, 30]) {
  Deno.test(`writeTimeline() keeps sixty shots of odd lengths in place at ${rate} pictures a second`, () => {
    const pictures: TimelineItem[] = [];
    let startSeconds = 0;
    for (let at = 0; at < 60; at++) {
      const durationSeconds = 5 + at * 0.0417 % 0.3;
      pictures.push(itemOf({ startSeconds, durationSeconds, availableSeconds: durationSeconds }));
      startSeconds += durationSeconds;
    }
    const { tracks } = parseOtio(writeTimeline({ name: "", rate, pictures, narration: [] }));
    const items = tracks[0]?.items ?? [];
    assert.equal(items.length, 60, "no gap between shots");
    for (const [at, { startSeconds: read }] of items.entries()) {
      assert.ok(Math.abs(read - (pictures[at]?.startSeconds ?? 0)) <= 0.5 / rate + 1e-9);
    }
    assert.deepEqual(tracks[1], { kind: "Audio", items: [] });
  });
}
