/**
 * A person's yes: the one way from a proposal to a charge.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { fingerprint } from "../idempotency.ts";
import { createJobHandlers } from "../jobs/job_handlers.ts";
import { createJobServices } from "../jobs/job_services.ts";
import { runJobs } from "../jobs/run_jobs.ts";
import { stopTasks } from "../jobs/stop_tasks.ts";
import type { OperationAnswer, OperationCall } from "../operation.ts";
import { planAction, type PlannedAction } from "./actions.ts";
import { confirmProposal, createProposal } from "./conversation.ts";

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
    const { status, body, replayed, tasks = [], woken = [] } = confirmed;
    // After the answer: the money is settled, and a provider that is slow to stop holds nobody up.
    if (tasks.length > 0) call.services.waitUntil(stopTasks(tasks, call.log));
    if (woken.length > 0) work(call);
    return { status, body, replayed };
  }
  const { operation, body, project_id: projectId, credits, title } = confirmed;
  // Another click on it may have run it meanwhile, which changes what there is to plan from.
  const known = async () => {
    const again = await confirmProposal(serviceClient, { userId, proposalId });
    if (again.status === null) return null;
    const { status, body, replayed } = again;
    return { status, body, replayed };
  };
  let planned: PlannedAction;
  try {
    planned = await planAction(client, { operation, body, projectId }, call.log);
  } catch (error) {
    const answer = await known();
    if (answer !== null) return answer;
    throw error;
  }
  if (planned.quote.credits !== credits) {
    const answer = await known();
    if (answer !== null) return answer;
    const proposal = await createProposal(serviceClient, { userId, projectId }, {
      operation,
      body,
      title,
      credits: planned.quote.credits,
      typicalSec: planned.quote.typical_sec,
      replaces: proposalId,
    });
    throw new AppError(
      "PROPOSAL_CHANGED",
      `Cannot run the proposal: it costs ${planned.quote.credits} credits by now, not ${credits}`,
      { details: { proposal }, hint: "Show the new proposal, and confirm it" },
    );
  }
  await planned.gates.assertAllowed(call.log);
  const { queue } = createJobServices(call.services, serviceClient, call.log);
  const result = await queue.create({
    userId,
    operation,
    idempotency: { key: proposalId, fingerprint: await fingerprint(operation, planned.request) },
    requestId: call.requestId,
    ...planned.start,
  });
  if (result.status === null) throw new AppError("INTERNAL", "The click has no answer");
  if (!result.replayed) work(call);
  return { status: result.status, body: result.body, replayed: result.replayed };
}

/** Begins what may be begun, once the answer is on its way. */
function work({ services, identity, log }: OperationCall<"director">): void {
  const jobServices = createJobServices(services, identity.serviceClient, log);
  services.waitUntil(
    runJobs(
      { queue: jobServices.queue, handlers: createJobHandlers(jobServices), log },
      { budgetMs: BACKGROUND_BUDGET_MS },
    ),
  );
}
