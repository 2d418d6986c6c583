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
  { prefix, weight, first, milder }: {
    /** Begins the keys of both. */
    readonly prefix: string;
    /** See {@link Step.want}. */
    readonly weight: number;
    /** As composed. */
    readonly first: AssetPlan;
    /** In milder words. */
    readonly milder: AssetPlan;
  },
): void {
  const key = ({ hash }: AssetPlan) => `${prefix}:${hash.slice(0, 16)}`;
  const isRefused = step.find(key(first))?.error?.code === "CONTENT_REFUSED";
  const plan = isRefused ? milder : first;
  step.want(key(plan), weight, () => plan.job);
}
