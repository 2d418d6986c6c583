/**
 * `POST estimate`: what an operation would cost if it were called now, at no cost.
 *
 * Caller: user JWT. Request `estimateRequest`: an operation that spends and its body, answer 200 with `{ operation,
 * credits, typical_sec, items, plan?, balance }`. It is planned by the code that the operation itself plans
 * with, so the sum is what will be charged, as long as nothing changes in between.
 * Errors: those the operation itself has before it charges, 503 `PROVIDER_NOT_CONFIGURED` among them: what can't be
 * bought has no price. Not 402, and nobody is asked: neither moderation nor whether a voice exists.
 * Touches: nothing; reads what the operation reads.
 *
 * @module
 */
import { createOperation } from "../_shared/operation.ts";
import { planOperation } from "../_shared/plans/plan_operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("estimate", services, async (call) => {
    const { quote, plan, balance, gates } = await planOperation(call.identity.client, call.body);
    gates.assertConfigured(call.log);
    return {
      body: {
        operation: call.body.operation,
        ...quote,
        ...(plan === null ? {} : { plan }),
        balance,
      },
    };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
