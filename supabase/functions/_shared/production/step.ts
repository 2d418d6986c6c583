/**
 * What one step of a production wants: children that are there count as they stand, others are started.
 *
 * @module
 */
import type { NewJob } from "../database/job_queue.ts";
import type { Child, UnderWay } from "./state.ts";

/** A job to start under a production. */
export type ChildItem = NewJob & {
  /** Names it for the production: one key is started once. */
  readonly child_key: string;
};

/** How a wanted part stands. */
export type PartState = "made" | "under way" | "failed";

/** Gathers what a step wants. */
export class Step {
  /** To be started. */
  readonly items: ChildItem[] = [];
  /** Wanted, and ended badly. */
  readonly failures: Child[] = [];
  /** Whether something is wanted that others have begun: its end wakes nobody here. */
  isWaiting = false;
  /** Shares of the whole: how much there is to do, and how much is done. */
  #total = 0;
  #done = 0;
  readonly #children: ReadonlyMap<string, Child>;
  readonly #underWay: readonly UnderWay[];

  /** Begins with what there is. */
  constructor(children: readonly Child[], underWay: readonly UnderWay[] = []) {
    this.#children = new Map(children.map((child) => [child.child_key, child]));
    this.#underWay = underWay;
  }

  /** 0..1. */
  get progress(): number {
    return this.#total === 0 ? 0 : this.#done / this.#total;
  }

  /** The child of a key, if there is one. */
  find(key: string): Child | undefined {
    return this.#children.get(key);
  }

  /** Counts a part that is there already, or (`done` false) one that can't be begun yet. */
  count(weight: number, done: boolean): void {
    this.#total += weight;
    if (done) this.#done += weight;
  }

  /** Tells whether what a job would make is being made: of the same owner, from the same inputs. */
  isUnderWay({ asset }: NewJob): boolean {
    if (typeof asset !== "object" || asset === null || Array.isArray(asset)) return false;
    const owner = asset["frame_id"] ?? asset["character_id"] ?? asset["scene_id"];
    return this.#underWay.some(({ owner_id, input_hash }) =>
      owner_id === owner && input_hash === asset["input_hash"]
    );
  }

  /** Wants a part: starts its job unless it was started before, here or by somebody else. */
  want(key: string, weight: number, job: () => NewJob): PartState {
    const child = this.#children.get(key);
    this.#total += weight;
    if (child === undefined || child.state === "failed" || child.state === "cancelled") {
      const wanted = job();
      if (this.isUnderWay(wanted)) {
        this.isWaiting = true;
        return "under way";
      }
      if (child === undefined) {
        this.items.push({ ...wanted, child_key: key });
        return "under way";
      }
      this.failures.push(child);
      return "failed";
    }
    if (child.state === "succeeded") {
      this.#done += weight;
      return "made";
    }
    this.#done += weight * child.progress;
    return "under way";
  }
}
