/**
 * Prompts that a provider may refuse for safety.
 *
 * @module
 */
import type { AssetPlan } from "./asset_plans.ts";
import type { Step } from "./step.ts";

/** Wants what a prompt makes; once it was refused, the same in milder words, and that is the last try. */
export function wantUnrefused(
  step: Step,
  { prefix, weight, first, milder, isGone = false }: {
    /** Begins the keys of both. */
    readonly prefix: string;
    /** See {@link Step.want}. */
    readonly weight: number;
    /** As composed. */
    readonly first: AssetPlan;
    /** In milder words. */
    readonly milder: AssetPlan;
    /** Whether what was made of it was taken away since: it is then made once more. Default false. */
    readonly isGone?: boolean;
  },
): void {
  const key = ({ hash }: AssetPlan) => {
    const once = `${prefix}:${hash.slice(0, 16)}`;
    let key = once;
    for (let nth = 2; isGone && step.find(key)?.state === "succeeded"; nth++) {
      key = `${once}:${nth}`;
    }
    return key;
  };
  const isRefused = step.find(key(first))?.error?.code === "CONTENT_REFUSED";
  const plan = [first, milder].find(({ job }) => step.isUnderWay(job)) ??
    (isRefused ? milder : first);
  step.want(key(plan), weight, () => plan.job);
}
