/**
 * What one step of a production wants: children that are there count as they stand, others are started.
 *
 * @module
 */
import type { NewJob } from "../database/job_queue.ts";
import type { Child } from "./state.ts";

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
  /** Shares of the whole: how much there is to do, and how much is done. */
  #total = 0;
  #done = 0;
  readonly #children: ReadonlyMap<string, Child>;

  /** Begins with what there is. */
  constructor(children: readonly Child[]) {
    this.#children = new Map(children.map((child) => [child.child_key, child]));
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

  /** Wants a part: starts its job unless it was started before. */
  want(key: string, weight: number, job: () => NewJob): PartState {
    const child = this.#children.get(key);
    this.#total += weight;
    if (child === undefined) {
      this.items.push({ ...job(), child_key: key });
      return "under way";
    }
    if (child.state === "succeeded") {
      this.#done += weight;
      return "made";
    }
    if (child.state === "failed" || child.state === "cancelled") {
      this.failures.push(child);
      return "failed";
    }
    this.#done += weight * child.progress;
    return "under way";
  }
}
