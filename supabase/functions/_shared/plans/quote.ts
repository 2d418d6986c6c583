/**
 * What planned jobs will cost: the sum that SQL charges when they start (`private.price`), told before.
 *
 * @module
 */
import type { JobKind } from "../../../../shared/contract/statuses.ts";
import type { Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";

/** One planned job. */
export interface QuoteItem {
  /** What it makes. */
  readonly kind: JobKind;
  /** Row of the catalogue. */
  readonly model_id: string;
  /** The provider behind it. */
  readonly provider: string;
  /** How many of the model's units are bought. */
  readonly units: number;
  /** What a unit is. */
  readonly unit: string;
  /** Whole credits. */
  readonly credits: number;
  /** Seconds a result usually takes. */
  readonly typical_sec: number;
}

/** Jobs that start together. */
export interface Quote {
  /** Whole credits, of all. */
  readonly credits: number;
  /** Seconds until the last one is usually there: they run side by side. */
  readonly typical_sec: number;
  /** In the order of the jobs. */
  readonly items: readonly QuoteItem[];
}

/** What of a job makes its price. */
export type PricedJob = Pick<NewJob, "kind" | "model_id" | "units">;

/** Prices planned jobs by the catalogue they were planned with. */
export function quoteJobs(models: readonly Model[], jobs: readonly PricedJob[]): Quote {
  const items = jobs.flatMap((job) => quoteJob(models, job));
  return {
    credits: items.reduce((sum, { credits }) => sum + credits, 0),
    typical_sec: Math.max(0, ...items.map(({ typical_sec }) => typical_sec)),
    items,
  };
}

/** Jobs without a model cost nothing themselves. */
function quoteJob(models: readonly Model[], { kind, model_id, units }: PricedJob): QuoteItem[] {
  if (model_id === null) return [];
  const model = models.find((candidate) => candidate.id === model_id);
  if (model === undefined) throw new Error(`The catalogue that was read has no "${model_id}"`);
  const { provider, unit, price, typical_sec } = model;
  return [
    { kind, model_id, provider, units, unit, credits: creditsFor(price, units), typical_sec },
  ];
}

/** Both have three decimals at most: whole thousandths multiply without a float's last digit. */
const THOUSANDTHS = 1000;

/** Whole credits for so many units: rounded up, as `private.price` does. */
export function creditsFor(price: number, units: number): number {
  const millionths = Math.round(price * THOUSANDTHS) * Math.round(units * THOUSANDTHS);
  return Math.ceil(millionths / THOUSANDTHS ** 2);
}
