/**
 * `POST director`: talks with the user about a project, and runs what the user confirmed.
 * `GET director?pages`: the pages of a client, with their tools.
 *
 * Caller: user JWT. Request `directorRequest`, one of three:
 * - a turn, `{ id, messages, trigger, messageId, project_id, page }`, as the AI SDK's `DefaultChatTransport`
 *   sends it with `body: { project_id, page }`. Only the text of the last message is read (8 KB of a body
 *   of 4 MB); what was said before is in `director_messages`. Answers 200 `text/event-stream`, a UI message stream (v1): text, tools with
 *   input and output, `data-proposal`, comments as signs of life. Failures after it has begun are an `error` part
 *   whose text is the envelope. Whoever hangs up ends the model's call.
 * - a yes, `{ confirm }`: runs a proposal once and answers as its operation does (202; 200 for cancelling,
 *   deleting and confirming a cast). The proposal's id is the click's key, whatever `Idempotency-Key` says.
 * - `{ pages: "" }`.
 *
 * Errors besides the pipeline's: 404 (project or proposal, also another tenant's), 409 `PROPOSAL_CHANGED`, 410
 * `PROPOSAL_EXPIRED`, 429 `RATE_LIMITED`, 503 `PROVIDER_NOT_CONFIGURED`; a yes: those of its operation.
 * Limits: 10 turns a minute, 120 an hour; a turn: 8 model calls of 4,096 tokens, 16 tool calls with
 * 120,000 characters of results, 6 proposals, 400,000 tokens read and one call more, 100 s. A turn costs nothing.
 * Touches: `director_messages`, `director_proposals`; what tools write with the user's rights (`scenes`,
 * `characters`, `frames`, `projects`, `settings`, `image_assets`); the language model; on a yes what its operation touches.
 *
 * @module
 */
import { directorText } from "../../../shared/contract/director_operations.ts";
import { AppError } from "../_shared/app_error.ts";
import { confirm } from "../_shared/director/confirm.ts";
import { beginTurn } from "../_shared/director/conversation.ts";
import { listPages } from "../_shared/director/pages.ts";
import { runTurn } from "../_shared/director/turn.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Source: AI SDK, `UI_MESSAGE_STREAM_HEADERS`. Proxies must neither keep nor collect it. */
const STREAM_HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-transform",
  "X-Vercel-AI-UI-Message-Stream": "v1",
  "X-Accel-Buffering": "no",
};

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("director", services, async (call) => {
    const { messages, confirm: proposalId, project_id, page, trigger } = call.body;
    if (call.request.method === "GET" && (messages !== undefined || proposalId !== undefined)) {
      throw new AppError("VALIDATION_FAILED", "Cannot talk or confirm by GET: send it by POST");
    }
    if (proposalId !== undefined) return await confirm(call, proposalId);
    if (messages === undefined || project_id === undefined) return { body: { pages: listPages() } };
    const { client, serviceClient: service, userId } = call.identity;
    const said = { projectId: project_id, page, text: directorText({ messages }) };
    const begun = await beginTurn(client, { ...said, replaces: trigger === "regenerate-message" });
    const { stream, done } = runTurn({
      ...said,
      begun,
      userId,
      client,
      service,
      requestId: call.requestId,
      log: call.log,
    });
    call.services.waitUntil(done);
    return { body: stream, headers: STREAM_HEADERS };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
