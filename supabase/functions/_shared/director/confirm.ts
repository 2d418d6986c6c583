/**
 * A person's yes: the one way from a proposal to a charge.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { fingerprint } from "../idempotency.ts";
import { createJobHandlers } from "../jobs/job_handlers.ts";
import { createJobServices } from "../jobs/job_services.ts";
import { createRenderers } from "../jobs/renderers.ts";
import { runJobs } from "../jobs/run_jobs.ts";
import type { OperationAnswer, OperationCall } from "../operation.ts";
import { isSpendOperation, planAction } from "./actions.ts";
import { type Confirmed, confirmProposal, createProposal } from "./conversation.ts";

/** How long the request's own worker goes on working: other workers and cron are there for the rest. */
const BACKGROUND_BUDGET_MS = 60_000;

/**
 * Runs a proposal once, with its own id as the click's key, whatever key the request carries: confirmed again, it
 * answers the same. Planned anew: when its price has changed, nothing runs, and a new proposal is answered.
 *
 * Errors: `NOT_FOUND`, `PROPOSAL_EXPIRED`, `PROPOSAL_CHANGED` (details: the new one), those of the operation.
 */
export async function confirm(
  call: OperationCall<"director">,
  proposalId: string,
): Promise<OperationAnswer> {
  const { client, serviceClient, userId } = call.identity;
  const confirmed = await confirmProposal(serviceClient, { userId, proposalId });
  if (confirmed.status !== null) {
    tellProviders(call, confirmed.tasks ?? []);
    return confirmed;
  }
  const { operation, body, project_id: projectId, credits, title } = confirmed;
  if (!isSpendOperation(operation)) throw new Error(`Proposal "${proposalId}" starts nothing`);
  const planned = await planAction(client, { operation, body, projectId }, call.log);
  if (planned.credits !== credits) {
    const proposal = await createProposal(serviceClient, { userId, projectId }, {
      operation,
      body,
      title,
      credits: planned.credits,
      typicalSec: planned.typicalSec,
      replaces: proposalId,
    });
    throw new AppError(
      "PROPOSAL_CHANGED",
      `Cannot run the proposal: it costs ${planned.credits} credits by now, not ${credits}`,
      { details: { proposal }, hint: "Show the new proposal, and confirm it" },
    );
  }
  await planned.admit();
  const jobServices = createJobServices(call.services, serviceClient, call.log);
  const result = await jobServices.queue.create({
    userId,
    operation,
    idempotency: { key: proposalId, fingerprint: await fingerprint(operation, planned.request) },
    requestId: call.requestId,
    jobs: planned.jobs,
    answer: planned.answer,
  });
  if (result.status === null) throw new AppError("INTERNAL", "The click has no answer");
  if (!result.replayed) {
    call.services.waitUntil(
      runJobs(
        { queue: jobServices.queue, handlers: createJobHandlers(jobServices), log: call.log },
        { budgetMs: BACKGROUND_BUDGET_MS },
      ),
    );
  }
  return { status: result.status, body: result.body, replayed: result.replayed };
}

/** After the answer: the money is settled, and a provider that is slow to stop holds nobody up. */
function tellProviders(
  { log, services }: OperationCall<"director">,
  tasks: NonNullable<Extract<Confirmed, { status: number }>["tasks"]>,
): void {
  const rendererOf = createRenderers(log);
  services.waitUntil(
    Promise.all(tasks.map(async ({ provider, external_task_id, endpoint }) => {
      const task = { externalTaskId: external_task_id, endpoint };
      const told = await rendererOf(provider)?.cancel?.(task);
      log.info("cancel_told", { provider, agreed: told ?? false });
    })).catch((error: unknown) => log.error("cancel_not_told", {}, error)),
  );
}
