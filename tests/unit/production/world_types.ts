/**
 * What a {@link FakeWorld} is made of.
 *
 * @module
 */
import type {
  Child,
  ProductionState,
} from "../../../supabase/functions/_shared/production/state.ts";
import type { ChildItem } from "../../../supabase/functions/_shared/production/step.ts";

type Mutable<Rows> = Rows extends readonly (infer Row)[] ? Row[] : Rows;
/** What a production reads, to be written. */
export type Rows = { -readonly [Key in keyof ProductionState]: Mutable<ProductionState[Key]> };

/** A job that was started: what it is, and how it ended. */
export type Started = Omit<Child, "state" | "error"> & {
  state: Child["state"];
  error: Child["error"];
  readonly item: ChildItem;
  readonly credits: number;
  /** How many jobs there were when it ended. */
  endedAt: number | null;
};

/** How one child ends: null for well, else the code of its failure. */
export type Ending = (started: Started) => string | null;

/** Choices of the world. */
export interface WorldOptions {
  /** Seconds that a narration of a text takes. Default: 12 characters a second. */
  readonly speak?: (text: string) => number;
  /** Text of a scene that may have so many characters. Default: as many. */
  readonly write?: (maxChars: number, index: number) => string;
  /** Indexes of the cast that are seen in a shot. Default: everybody. */
  readonly seen?: (shot: number, castSize: number) => number[];
  /** 0..1, which child ends next. Default: the oldest. */
  readonly random?: () => number;
}

/** What is not ready yet, as `read_production` gives it. */
export function underWayOf(jobs: readonly Started[]): ProductionState["under_way"] {
  return jobs.filter(({ state }) => state === "running").flatMap(({ item }) => {
    const { input_hash, ...asset } = (item.asset ?? {}) as Record<string, string | null>;
    const owner_id = asset["frame_id"] ?? asset["character_id"] ?? asset["scene_id"] ?? null;
    return typeof input_hash === "string" ? [{ owner_id, input_hash }] : [];
  });
}
