/**
 * What job handlers stand on: the engine and our Storage, with the service's rights.
 *
 * @module
 */
import { type Client } from "../database/rpc.ts";
import { postgresProductions, type Productions } from "../database/productions.ts";
import { type JobQueue, postgresJobQueue } from "../database/job_queue.ts";
import { type MediaStore, supabaseMediaStore } from "../media_store.ts";
import type { Log } from "../log.ts";
import type { Services } from "../services.ts";

/** Given to every handler. */
export interface JobServices {
  /** The engine. */
  readonly queue: JobQueue;
  /** Where results go. */
  readonly store: MediaStore;
  /** Its lines carry the request's id. */
  readonly log: Log;
  /** Base URL of the project: our own Storage and webhook. */
  readonly supabaseUrl: string;
}

/** And what productions stand on besides. */
export interface AllJobServices extends JobServices {
  /** Films in the making. */
  readonly productions: Productions;
}

/** Makes them from a request's services and the service client. */
export function createJobServices(
  services: Services,
  serviceClient: Client,
  log: Log,
): AllJobServices {
  return {
    queue: postgresJobQueue(serviceClient),
    productions: postgresProductions(serviceClient),
    store: supabaseMediaStore(serviceClient, {
      supabaseUrl: services.supabaseUrl,
      bucket: services.storageBucket,
    }),
    log,
    supabaseUrl: services.supabaseUrl,
  };
}

/** Where providers call back. The job's own token is added by the submit. */
export function webhookUrl(supabaseUrl: string): string {
  return `${supabaseUrl}/functions/v1/video-webhook`;
}
