/**
 * A film's cut as an OpenTimelineIO file, which editors open: one track of pictures and one of narration, whose clips
 * name the files they are.
 *
 * Source: https://opentimelineio.readthedocs.io (serialized data, fields only; file bundles), schema versions of
 * OpenTimelineIO 0.15 to 0.18: Timeline.1, Stack.1, Track.1, Clip.2, Gap.1, ExternalReference.1, MissingReference.1, TimeRange.1,
 * RationalTime.1; read 2026-11.
 *
 * @module
 */

/** A stretch of a film and the file it is from, from that file's beginning. */
export interface TimelineItem {
  /** For people. */
  readonly name: string;
  /** Of the file: relative to the timeline's own, or absolute. Null: there is no file any more. */
  readonly url: string | null;
  /** Where it begins in the film. */
  readonly startSeconds: number;
  /** How long it lasts there. */
  readonly durationSeconds: number;
  /** How long the file is; more than `durationSeconds` where some of it is not used. */
  readonly availableSeconds: number;
  /** Our own ids, kept under `ai_studio`. */
  readonly metadata: Readonly<Record<string, string | number | null>>;
}

/** What a timeline is written from. */
export interface TimelineSource {
  /** For people. */
  readonly name: string;
  /** Pictures a second; places are whole pictures. */
  readonly rate: number;
  /** One after another, in order. */
  readonly pictures: readonly TimelineItem[];
  /** In order, with gaps between. */
  readonly narration: readonly TimelineItem[];
}

/** The key under which a clip's one reference stands, as the library itself writes it. */
const REFERENCE_KEY = "DEFAULT_MEDIA";

type OtioObject = Readonly<Record<string, unknown>>;

/** Writes the file: JSON in UTF-8. */
export function writeTimeline({ name, rate, pictures, narration }: TimelineSource): string {
  const timeline = {
    OTIO_SCHEMA: "Timeline.1",
    metadata: {},
    name,
    global_start_time: null,
    tracks: {
      OTIO_SCHEMA: "Stack.1",
      ...item("tracks", null),
      children: [
        track("Pictures", "Video", pictures, rate),
        track("Narration", "Audio", narration, rate),
      ],
    },
  };
  return JSON.stringify(timeline, null, 2) + "\n";
}

function track(
  name: string,
  kind: "Video" | "Audio",
  items: readonly TimelineItem[],
  rate: number,
): OtioObject {
  const children: OtioObject[] = [];
  let at = 0;
  for (const [index, of] of items.entries()) {
    const start = Math.max(at, Math.round(of.startSeconds * rate));
    if (start > at) {
      children.push({ OTIO_SCHEMA: "Gap.1", ...item("", range(start - at, rate)) });
    }
    const next = items[index + 1];
    const last = Math.round((of.startSeconds + of.durationSeconds) * rate);
    // Neighbours meet on one picture, so that rounding adds up to nothing.
    const end = next === undefined ? last : Math.min(last, Math.round(next.startSeconds * rate));
    children.push(clip(of, Math.max(1, end - start), rate));
    at = start + Math.max(1, end - start);
  }
  return { OTIO_SCHEMA: "Track.1", ...item(name, null), kind, children };
}

function clip(of: TimelineItem, frames: number, rate: number): OtioObject {
  const available = Math.max(frames, Math.round(of.availableSeconds * rate));
  return {
    OTIO_SCHEMA: "Clip.2",
    ...item(of.name, range(frames, rate)),
    metadata: { ai_studio: of.metadata },
    media_references: {
      [REFERENCE_KEY]: {
        OTIO_SCHEMA: of.url === null ? "MissingReference.1" : "ExternalReference.1",
        metadata: {},
        name: of.name,
        available_range: range(available, rate),
        available_image_bounds: null,
        ...(of.url === null ? {} : { target_url: of.url }),
      },
    },
    active_media_reference_key: REFERENCE_KEY,
  };
}

/** Fields of everything that stands in a composition. */
function item(name: string, sourceRange: OtioObject | null): OtioObject {
  return { metadata: {}, name, source_range: sourceRange, effects: [], markers: [], enabled: true };
}

function range(frames: number, rate: number): OtioObject {
  const time = (value: number) => ({ OTIO_SCHEMA: "RationalTime.1", rate, value });
  return { OTIO_SCHEMA: "TimeRange.1", start_time: time(0), duration: time(frames) };
}
