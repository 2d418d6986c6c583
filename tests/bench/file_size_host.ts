/**
 * Stands in front of the simulated KIE and makes its clips as large as real ones: behind the clip follows a
 * `free` box (ISO/IEC 14496-12, 8.1.2), which players skip. Runs as a worker, so that sending megabytes does
 * not slow down whoever measures.
 *
 * @module
 */
import { Worker } from "node:worker_threads";

/** A running host. */
export interface FileSizeHost {
  /** Base URL of KIE behind it. */
  readonly kieUrl: string;
  /** Clips served from now on get so many bytes more; 0 or at least 8. */
  setExtraBytes(count: number): Promise<void>;
  /** Ends the worker. */
  stop(): Promise<void>;
}

/** Starts one for the simulators at `target`. */
export async function startFileSizeHost(target: string): Promise<FileSizeHost> {
  const worker = new Worker(new URL("./file_size_worker.ts", import.meta.url));
  const url = await new Promise<string>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", resolve);
    worker.postMessage(target);
  });
  return {
    kieUrl: `${url}/kie`,
    setExtraBytes: async (count) => {
      const response = await fetch(`${url}/extra_bytes`, { method: "PUT", body: String(count) });
      await response.body?.cancel();
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
