/**
 * Every operation of the contract with its handler, and requests as a client or an attacker sends them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ErrorCode, ERRORS } from "../../shared/contract/errors.ts";
import type { OperationDefinition } from "../../shared/contract/operation.ts";
import { type OperationName, OPERATIONS } from "../../shared/contract/operations.ts";
import type { Services } from "../../supabase/functions/_shared/services.ts";
import { isolateVoices } from "../../supabase/functions/_shared/providers/speech_provider.ts";
import { createFakeApi, type FakeApi } from "../fakes/fake_api.ts";
import { createFakeKeys, FAKE_URL, type FakeKeys } from "../fakes/fake_keys.ts";
import { createFakeServices, type FakeServices } from "../fakes/fake_services.ts";
import { catalogueOf, clipOf, jobOf, projectOf, studioOf } from "../factories.ts";
import { exportOf } from "../film_factories.ts";
import { REQUESTS } from "../requests.ts";

/** Answers a request. */
export type Handler = (request: Request) => Promise<Response>;

/** What `supabase/functions/<name>/index.ts` exports. */
interface FunctionModule {
  readonly createHandler: (services: () => Services) => Handler;
  readonly default: Deno.ServeDefaultExport;
}

/** Imports the function of an operation. Fails when an operation has none. */
export async function importFunction(name: OperationName): Promise<FunctionModule> {
  return await import(`../../supabase/functions/${name}/index.ts`);
}

/** Every operation. */
export const NAMES = Object.keys(OPERATIONS) as OperationName[];

/** The definition, with its optional fields. */
export function definitionOf(name: OperationName): OperationDefinition {
  return OPERATIONS[name];
}

/** Operations that a user's token opens. */
export const FOR_USERS: readonly OperationName[] = NAMES.filter((name) =>
  definitionOf(name).caller.startsWith("user")
);

/** Keys of the project under test. */
export const keys: FakeKeys = await createFakeKeys();

// Voices were asked for before, within the hour: no test here has a network to ask again.
await isolateVoices.get(() =>
  Promise.resolve([{
    voiceId: "en-US-Neural2-C",
    languages: ["en-US"],
    gender: "female",
    sampleRateHz: 24_000,
  }])
);

/** An API in which everything is there, and whatever is asked for succeeds. */
export function createWillingApi(): FakeApi {
  const job = jobOf({ state: "succeeded", finished_at: "2026-11-21T09:01:00+00:00" });
  const answer = { status: 202, body: '{"started":true}', replayed: false };
  return createFakeApi({
    studio_context: ({ p_kind }) => studioOf({ models: catalogueOf(String(p_kind)) }),
    find_upload: () => null,
    create_jobs: ({ p_answer }) => p_answer === null ? { status: null, job_id: job.id } : answer,
    read_answer: () => ({ state: "succeeded", error: null, status: 200, body: '{"written":true}' }),
    read_job: () => ({ job, asset: clipOf() }),
    cancel_job: () => ({ job, cancelled_count: 0, balance: 500, tasks: [] }),
    production_history: () => ({ wish: null, spent_credits: 0 }),
    confirm_characters: () => ({ characters: [], job_ids: [] }),
    delete_project: () => ({ project: projectOf(), cancelled_count: 0, balance: 500, tasks: [] }),
    restore_project: () => ({ project: projectOf() }),
    delete_account: () => ({ project_count: 1, cancelled_count: 0, tasks: [] }),
    delete_expired_projects: () => 0,
    claim_storage_purges: () => [],
    expired_upload_places: () => [],
    grant_upload: () => null,
    queue_status: () => ({ counts: [], unfinished_count: 0, oldest_unfinished_at: null }),
    read_export: () => exportOf(),
    claim_jobs: () => [],
    wake_by_callback: () => null,
    confirm_director_proposal: () => ({ status: 200, body: '{"deleted":true}', replayed: false }),
  });
}

/** The handler of an operation, and what it did besides answering. */
export async function handlerOf(
  name: OperationName,
  api: FakeApi = createWillingApi(),
): Promise<{ handle: Handler; fake: FakeServices; api: FakeApi }> {
  const fake = createFakeServices(keys, api);
  const { createHandler } = await importFunction(name);
  return { handle: createHandler(fake.services), fake, api };
}

/** What a request may differ in from a right one. */
export interface Parts {
  /** Default `POST`. */
  readonly method?: string;
  /** With its question mark. */
  readonly query?: string;
  /** Sent as it is when text, bytes or a stream; else as JSON. */
  readonly body?: unknown;
  /** Null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** A request that the operation takes, but for what `parts` says. */
export async function requestOf(name: OperationName, parts: Parts = {}): Promise<Request> {
  const { caller, spends } = definitionOf(name);
  const headers = new Headers({ "Content-Type": "application/json" });
  if (caller.startsWith("user")) headers.set("Authorization", `Bearer ${await keys.sign()}`);
  if (caller === "cron") headers.set("apikey", keys.secret);
  if (spends) headers.set("Idempotency-Key", crypto.randomUUID());
  for (const [header, value] of Object.entries(parts.headers ?? {})) {
    if (value === null) headers.delete(header);
    else headers.set(header, value);
  }
  const { method = "POST", body = REQUESTS[name] } = parts;
  return new Request(`${FAKE_URL}/functions/v1/${name}${parts.query ?? ""}`, {
    method,
    headers,
    ...(["GET", "HEAD", "OPTIONS"].includes(method) ? {} : { body: bodyOf(body) }),
  });
}

function bodyOf(body: unknown): BodyInit {
  if (typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream) {
    return body as BodyInit;
  }
  return JSON.stringify(body);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Fails unless an answer is this code's, whole: status, envelope and headers. Gives the envelope. */
export async function assertRefused(
  response: Response,
  code: ErrorCode,
  what = "",
): Promise<Record<string, unknown>> {
  const envelope: Record<string, unknown> = await response.json();
  const said = `${what}: ${response.status} ${JSON.stringify(envelope).slice(0, 500)}`;
  assert.equal(envelope["code"], code, said);
  assert.equal(response.status, ERRORS[code].status, said);
  const known = new Set(["code", "message", "details", "hint", "request_id"]);
  assert.deepEqual(Object.keys(envelope).filter((field) => !known.has(field)), [], said);
  assert.match(String(envelope["message"]), /^[A-Z].{10,}$/s, said);
  assert.match(String(envelope["request_id"]), UUID, said);
  assert.equal(response.headers.get("x-request-id"), envelope["request_id"], said);
  assert.equal(response.headers.get("content-type"), "application/json", said);
  assertCors(response, said);
  return envelope;
}

/** Fails unless a page of any origin may read the answer and the headers it needs. */
export function assertCors(response: Response, what = ""): void {
  const header = (name: string) => response.headers.get(`access-control-${name}`) ?? "";
  assert.equal(header("allow-origin"), "*", what);
  for (const name of ["authorization", "apikey", "content-type", "idempotency-key"]) {
    assert.ok(header("allow-headers").split(", ").includes(name), `${what}: ${name}`);
  }
  for (const name of ["x-idempotent-replay", "x-request-id", "retry-after"]) {
    assert.ok(header("expose-headers").split(", ").includes(name), `${what}: ${name}`);
  }
}
