/**
 * Showing less than all of a clip without re-encoding it: packets are left off at its end.
 *
 * @module
 */
import type { ClipPlan, PlannedPacket } from "./stitch_clip.ts";
import { notCopyable } from "./stitch_match.ts";

/** Below any picture's duration: what is nearer than this to the end is rounding. */
const ROUNDING_SECONDS = 0.001;

/**
 * Gives the clip as it is when only its first `durationSeconds` are shown, and exactly those: its last
 * picture stands until then. Gives the clip itself when it is no longer than that.
 *
 * Pictures are sent in the order of decoding, and one that is shown early may be made from one that is shown
 * late (B-frames). Leaving off every picture from the end on would take the sources of pictures before it, so
 * the clip is cut where its first packets are also the first to be shown: at every picture of a clip without
 * B-frames, at every third or fourth of the usual ones with them.
 *
 * Errors: `STATE_CONFLICT` `not_copyable` when its first packet is not the first picture.
 */
export function trimClip(clip: ClipPlan, durationSeconds: number): ClipPlan {
  if (durationSeconds >= clip.durationSeconds - ROUNDING_SECONDS) return clip;
  const count = countShown(clip.packets, durationSeconds - ROUNDING_SECONDS);
  const kept = clip.packets.slice(0, count);
  const last = kept.reduce((latest, packet) =>
    packet.timestamp > latest.timestamp ? packet : latest
  );
  const duration = durationSeconds - last.timestamp;
  return {
    ...clip,
    durationSeconds,
    // The index counts a film's end from its last packet, which need not be the one shown last.
    packets: kept.map((packet, at) =>
      packet === last || at === kept.length - 1 ? { ...packet, duration } : packet
    ),
  };
}

/** The longest row of first packets that are also the first to be shown, all of them before `endSeconds`. */
function countShown(packets: readonly PlannedPacket[], endSeconds: number): number {
  const shown = [...packets].sort((a, b) => a.timestamp - b.timestamp);
  let count = 0;
  let latest = -Infinity;
  for (const [index, { timestamp }] of packets.entries()) {
    latest = Math.max(latest, timestamp);
    if (latest >= endSeconds) break;
    if (latest === shown[index]?.timestamp) count = index + 1;
  }
  if (count === 0) throw notCopyable("a clip's first packet is not its first picture");
  return count;
}
