/**
 * Telling providers that nobody waits for their work any more.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { createRenderers } from "./renderers.ts";

/** Work that a provider may still be doing, as `private.cancel_jobs` lists it. */
export interface ProviderTask {
  /** Whose it is. */
  readonly provider: string;
  /** The provider's name of it. */
  readonly external_task_id: string;
  /** Where it was sent. */
  readonly endpoint: string;
}

/** At once: an account may have hundreds, and a provider counts requests by the second. */
const AT_ONCE = 8;

/** Tells each provider that can be told. Never rejects: the jobs have ended already, whatever it answers. */
export async function stopTasks(tasks: readonly ProviderTask[], log: Log): Promise<void> {
  const rendererOf = createRenderers(log);
  const left = [...tasks];
  const tell = async () => {
    for (let task = left.pop(); task !== undefined; task = left.pop()) {
      const { provider, external_task_id, endpoint } = task;
      try {
        const told = await rendererOf(provider)?.cancel?.({
          externalTaskId: external_task_id,
          endpoint,
        });
        log.info("cancel_told", { provider, agreed: told ?? false });
      } catch (error) {
        log.error("cancel_not_told", { provider }, error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
}
