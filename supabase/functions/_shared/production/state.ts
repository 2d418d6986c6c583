/**
 * All that a production decides by, as `public.read_production` gives it.
 *
 * @module
 */
import type { JobKind, JobState } from "../../../../shared/contract/statuses.ts";
import type { Model } from "../catalogue.ts";
import type { JobFailure } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";

/** A job that a production has started. */
export interface Child {
  /** The job. */
  readonly id: string;
  /** What it makes. */
  readonly kind: JobKind;
  /** The asset it fills. Null: none. */
  readonly subject_id: string | null;
  /** What it is to the production. */
  readonly child_key: string;
  /** How it stands. */
  readonly state: JobState;
  /** Why it ended badly. */
  readonly error: JobFailure | null;
  /** 0..1. */
  readonly progress: number;
}

/** A part that is being made: a child's, or one that a `retry-job` or an earlier production has begun. */
export interface UnderWay {
  /** The shot, character or scene it is of. Null: it is gone. */
  readonly owner_id: string | null;
  /** Of what it is made from. */
  readonly input_hash: string;
}

/** Rows as stored; assets are the ready ones, newest first. */
export interface ProductionState extends Omit<StudioContext, "project" | "settings" | "balance"> {
  /** Null: the script is not there yet, or the project was deleted. */
  readonly project: StudioContext["project"] | null;
  /** Null: the account is gone. */
  readonly settings: StudioContext["settings"] | null;
  /** Not ready yet: not to be bought twice. */
  readonly under_way: readonly UnderWay[];
  /** In the order they were started. */
  readonly children: readonly Child[];
  /** The whole catalogue. */
  readonly models: readonly Model[];
}
