/**
 * The running stack as tests use it: fresh users, raw requests, the database from outside, fault switches.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { type Database, StudioClient } from "../../shared/mod.ts";
import type { Fault, LoggedCall } from "../../supabase/local/providers/simulator.ts";

/** What `tests/run.ts` says of the stack it started. */
interface TestStack {
  readonly url: string;
  readonly databaseUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly providersUrl: string;
}

function readStack(): TestStack {
  const text = Deno.env.get("TEST_STACK");
  if (text === undefined) throw new Error("No stack to test: run deno task test");
  return JSON.parse(text);
}

/** The stack under test. */
export const stack: TestStack = readStack();

/** A new user, signed in. */
export interface TestUser {
  readonly id: string;
  readonly token: string;
  readonly studio: StudioClient;
}

/** Signs a new user up, as a client would. */
export async function signUp(): Promise<TestUser> {
  const supabase = createClient<Database>(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await supabase.auth.signUp({
    email: `${crypto.randomUUID()}@example.com`,
    password: crypto.randomUUID(),
  });
  if (error !== null || data.session === null) throw new Error(`Cannot sign up: ${error?.message}`);
  const studio = new StudioClient({
    supabase,
    url: stack.url,
    publishableKey: stack.publishableKey,
  });
  return { id: data.session.user.id, token: data.session.access_token, studio };
}

/** Sends one raw request to a function. */
export async function post(name: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${stack.url}/functions/v1/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Headers of a user's call with a fresh key. */
export function as(user: TestUser, key: string = crypto.randomUUID()): Record<string, string> {
  return { Authorization: `Bearer ${user.token}`, "Idempotency-Key": key };
}

/** Runs SQL as the database's owner: the view from outside. */
export async function withDatabase<T>(use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

/** Sets a fault for calls whose body contains `matching`, runs, and leaves other tests' faults alone. */
export async function setFault(fault: Fault & { readonly matching: string }): Promise<void> {
  const response = await fetch(`${stack.providersUrl}/_control/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`Cannot set fault: ${response.status}`);
}

/** The calls a simulator received whose body contains a text. */
export async function providerCalls(
  provider: string,
  operation: string,
  containing: string,
): Promise<LoggedCall[]> {
  const response = await fetch(
    `${stack.providersUrl}/_control/calls?provider=${provider}&operation=${operation}`,
  );
  const body: LoggedCall[] | { calls: LoggedCall[] } = await response.json();
  const calls = Array.isArray(body) ? body : body.calls;
  return calls.filter((call) => call.body.includes(containing));
}

/** A word that no other test uses: finds a test's own calls in the simulators' logs. */
export function uniqueWord(): string {
  return `zq${crypto.randomUUID().slice(0, 8)}`;
}

/** A project with scenes, written through the Data API as a client would. */
export async function createProject(user: TestUser, texts: readonly string[]) {
  const { data: project, error } = await user.studio.supabase.from("projects")
    .insert({ title: "A test" }).select().single();
  if (error !== null) throw new Error(`Cannot insert a project: ${error.message}`);
  const { data: scenes, error: failed } = await user.studio.supabase.from("scenes").insert(
    texts.map((text, at) => ({ project_id: project.id, index: at + 1, text, plot: text })),
  ).select().order("index");
  if (failed !== null) throw new Error(`Cannot insert scenes: ${failed.message}`);
  return { project, scenes };
}

/** A user's ledger from outside: entries' sum, balance, and entries by kind. */
export async function ledgerOf(userId: string) {
  return await withDatabase(async (sql) => {
    const [row] = await sql<
      { sum: number; balance: number; charges: number; refunds: number }[]
    >`select
        coalesce(sum(e.amount), 0)::int as sum,
        (select a.balance from public.credit_accounts a where a.user_id = ${userId}) as balance,
        (count(*) filter (where e.kind = 'charge'))::int as charges,
        (count(*) filter (where e.kind = 'refund'))::int as refunds
      from public.credit_entries e where e.user_id = ${userId}`;
    if (row === undefined) throw new Error("No ledger");
    return row;
  });
}
