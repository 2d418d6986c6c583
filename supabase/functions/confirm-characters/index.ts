/**
 * `POST confirm-characters`: the user's word that this is the cast; a film that waits for it goes on.
 *
 * Caller: user JWT. Request `confirmCharactersRequest`, answer 200 with `{ characters }`. Safe to repeat.
 * Errors besides the pipeline's: 404, 409 `STATE_CONFLICT` (somebody has no reference picture yet, or another is being
 * drawn; details name them).
 * Touches: `characters`, `jobs`; whatever the film goes on with.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { createJobHandlers } from "../_shared/jobs/job_handlers.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** As long as other requests' own workers go on. */
const BUDGET_MS = 60_000;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("confirm-characters", services, async (call) => {
    const { project_id, character_ids } = call.body;
    const confirmed = await callSql(call.identity.serviceClient, "confirm_characters", {
      p_user_id: call.identity.userId,
      p_project_id: project_id,
      ...(character_ids === undefined ? {} : { p_character_ids: character_ids }),
    }) as { characters: unknown; job_ids: string[] };
    if (confirmed.job_ids.length > 0) {
      const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
      call.services.waitUntil(
        runJobs({
          queue: jobServices.queue,
          handlers: createJobHandlers(jobServices),
          log: call.log,
        }, { budgetMs: BUDGET_MS }),
      );
    }
    return { body: { characters: confirmed.characters } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
