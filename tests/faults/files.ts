/**
 * Whether what a user was promised is there: each ready asset's URL answers, with bytes of the right type.
 *
 * @module
 */
import { sniffMedia } from "../../supabase/functions/_shared/media/sniff.ts";
import type { CheckedJob } from "./invariants.ts";

/** A file that is not as it should be. */
export interface BadFile {
  readonly job: CheckedJob;
  readonly detail: string;
}

const KINDS: Readonly<Record<string, string>> = {
  image: "image",
  audio: "audio",
  video: "video",
  film: "video",
};

/** At once. */
const PARALLEL = 8;

/** Fetches the file of every succeeded job whose asset is its own. */
export async function checkFiles(jobs: readonly CheckedJob[]): Promise<BadFile[]> {
  const todo = jobs.filter(({ state, is_last, kind }) =>
    state === "succeeded" && is_last && kind !== "script"
  );
  const bad: BadFile[] = [];
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let job = todo.pop(); job !== undefined; job = todo.pop()) {
      const trouble = await troubleOf(String(job.asset?.["url"]), KINDS[job.kind]);
      if (trouble !== null) bad.push({ job, detail: `${job.kind} job ${job.id}: ${trouble}` });
    }
  }));
  return bad;
}

async function troubleOf(url: string, kind: string | undefined): Promise<string | null> {
  try {
    const response = await fetch(url);
    const bytes = await response.bytes();
    if (response.status !== 200) return `${url} answers ${response.status}`;
    const type = sniffMedia(bytes);
    if (type?.kind !== kind) return `${url} is ${type?.contentType ?? "of no known type"}`;
    const told = response.headers.get("content-type");
    return told === type?.contentType ? null : `${url} says it is ${told}`;
  } catch (error) {
    return `${url}: ${error}`;
  }
}
