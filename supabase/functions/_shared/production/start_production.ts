/**
 * How a production begins: its plan, what the plan costs against what may be spent, and one job.
 *
 * @module
 */
import type { OperationName } from "../../../../shared/contract/operations.ts";
import type { Replay } from "../database/studio_context.ts";
import { createJobHandlers } from "../jobs/job_handlers.ts";
import { createJobServices } from "../jobs/job_services.ts";
import { type OperationAnswer, type OperationCall, readFor } from "../operation.ts";
import type { Gates } from "../plans/gates.ts";
import { type Start, startJobs } from "../start_jobs.ts";
import { planRequest, type ProductionPlan, readForPlan } from "./plan_production.ts";
import { productionGates } from "./production_gates.ts";
import type { ProductionRequest } from "./production_request.ts";

/** Long enough for a user to come back on Monday and confirm the cast. */
const DEADLINE_SECONDS = 7 * 24 * 3600;

/** What is known of a request before anything is charged. */
export interface PlannedProduction extends ProductionPlan {
  /** The caller's, in credits. */
  readonly balance: number;
  /** To be passed before it is charged. */
  readonly gates: Gates;
}

/**
 * Plans a production. A dry run is told its price whether it can be paid or not. Errors: `NOT_FOUND`, `MODEL_*`,
 * `PLAN_DOES_NOT_FIT`, `PROVIDER_NOT_CONFIGURED`; `BUDGET_EXCEEDED` and `INSUFFICIENT_CREDITS` with cheaper plans that would fit, where there
 * are any.
 */
export async function planProduction<Name extends OperationName>(
  call: OperationCall<Name>,
  operation: OperationName,
  request: ProductionRequest,
): Promise<Replay | PlannedProduction & { readonly replay: null }> {
  const context = await readForPlan(readFor(call, operation), request.projectId);
  if (context.replay !== null) return context;
  const planned = planRequest(context, request);
  const gates = productionGates(context, request, planned);
  gates.assertConfigured(call.log);
  if (request.isDryRun !== true) gates.assertAffordable();
  return { ...planned, gates, balance: context.balance, replay: null };
}

/** Begins what was planned: one click, one job; the rest is its own business. */
export async function startProduction<Name extends OperationName>(
  call: OperationCall<Name>,
  operation: OperationName & Name,
  { payload, plan, gates, projectId }:
    & Pick<PlannedProduction, "payload" | "plan" | "gates">
    & Pick<ProductionRequest, "projectId">,
): Promise<OperationAnswer> {
  await gates.assertAllowed(call.log);
  const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
  return await startJobs(call, operation, {
    ...productionStart({ payload, plan, projectId }),
    jobServices,
    handlers: createJobHandlers(jobServices),
  });
}

/** The one job of a production, and how an answer names it. */
export function productionStart(
  { payload, plan, projectId }:
    & ProductionPlan
    & Pick<ProductionRequest, "projectId">,
): Pick<Start, "jobs" | "answer"> {
  return {
    jobs: [{
      kind: "production",
      project_id: projectId ?? null,
      model_id: null,
      units: 0,
      deadline_sec: DEADLINE_SECONDS,
      payload: JSON.parse(JSON.stringify(payload)),
      asset: null,
    }],
    answer: { jobs: "job", many: false, extra: JSON.parse(JSON.stringify({ plan })) },
  };
}
