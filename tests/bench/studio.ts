/**
 * The whole stack with simulated providers whose keys the bench knows too, and one client of it.
 *
 * @module
 */
import { join } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { type Database, StudioClient } from "../../shared/mod.ts";
import { startPostgres } from "../../supabase/local/postgres.ts";
import { startProvidersChild } from "../../supabase/local/providers.ts";
import type { Fault } from "../../supabase/local/providers/simulator.ts";
import { type Stack, startStack } from "../../supabase/local/stack.ts";
import { type FileSizeHost, startFileSizeHost } from "./file_size_host.ts";

/** A signed-in user with credits, and a project whose only scene has a picture. */
export interface Director {
  /** The user's. */
  readonly id: string;
  /** Access token. Secret. */
  readonly token: string;
  /** Signed in. */
  readonly client: StudioClient;
  /** The project's. */
  readonly projectId: string;
  /** The picture's, ready. */
  readonly imageId: string;
}

/** The stack as the bench uses it. */
export interface Studio {
  /** What it runs on. */
  readonly stack: Stack;
  /** As the database's owner. */
  readonly sql: postgres.Sql;
  /** With the secret key. */
  readonly service: SupabaseClient<Database>;
  /** What points functions to the simulators: addresses and keys. */
  readonly providerEnv: Readonly<Record<string, string>>;
  /** How large KIE's clips are. */
  readonly files: FileSizeHost;
  /** Makes a user with a picture to film. */
  director(): Promise<Director>;
  /** Sets a fault at the simulators. */
  setFault(fault: Fault): Promise<void>;
  /** Removes all faults. */
  clearFaults(): Promise<void>;
  /** Sets how long simulated renders take from now on, in milliseconds. Absent: as short as they get. */
  setRenderTimes(times?: { readonly image: number; readonly video: number }): Promise<void>;
  /** Ends what is unfinished, as its deadline would. */
  endJobs(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** Renders as short as they get: what is measured comes before and after them. */
const RENDER_MS = { image: 0, video: 0 };

/** Wide enough that no subject but fairness ever waits for a provider's limits. */
const OPEN_LIMIT = 10_000;

/** Starts it in `dir`. Side effects: files there, processes that end with this one. */
export async function openStudio(dir: string): Promise<Studio> {
  await recordCommitTimes(dir);
  await using begun = new AsyncDisposableStack();
  const providers = await startProvidersChild(0, () => {});
  begun.defer(() => providers.child.stop());
  const files = await startFileSizeHost(providers.url);
  begun.defer(() => files.stop());
  const providerEnv = { ...providers.env, KIE_BASE_URL: files.kieUrl };
  const stack = await startStack({
    dir,
    ports: { api: 0, postgres: 0, providers: 0 },
    providers: false,
    env: providerEnv,
  });
  begun.defer(() => stack.stop());
  const sql = postgres(stack.databaseUrl, { max: 4, onnotice: () => {} });
  begun.defer(() => sql.end({ timeout: 5 }));
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${providers.url}/_control${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status}`);
  };
  await control("PUT", "/render_ms", RENDER_MS);
  await control("PUT", "/limits", { kie_creates_per_10s: OPEN_LIMIT });
  await sql`update public.provider_limits set creates = ${OPEN_LIMIT}, slots = ${OPEN_LIMIT}`;
  const studio = {
    stack,
    sql,
    service: createClient<Database>(stack.url, stack.keys.secret, { auth: QUIET_AUTH }),
    providerEnv,
    files,
    director: () => createDirector(stack, sql),
    setFault: (fault: Fault) => control("POST", "/faults", fault),
    clearFaults: () => control("DELETE", "/faults"),
    setRenderTimes: (times = RENDER_MS) => control("PUT", "/render_ms", times),
    endJobs: async () => {
      await sql`update public.jobs set deadline_at = now() where finished_at is null`;
      await sql`select public.expire_jobs(100000)`;
    },
  };
  const everything = begun.move();
  return { ...studio, stop: () => everything.disposeAsync() };
}

const QUIET_AUTH = { persistSession: false, autoRefreshToken: false };

/** When a row became visible is then on record; a look every few milliseconds would load the machine. */
async function recordCommitTimes(dir: string): Promise<void> {
  const server = await startPostgres({ dir: join(dir, "postgres"), port: 0 });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql`alter system set track_commit_timestamp = on`;
  await sql.end({ timeout: 5 });
  await server.stop();
}

async function createDirector(stack: Stack, sql: postgres.Sql): Promise<Director> {
  const supabase = createClient<Database>(stack.url, stack.keys.publishable, { auth: QUIET_AUTH });
  const { data, error } = await supabase.auth.signUp({
    email: `${crypto.randomUUID()}@example.com`,
    password: crypto.randomUUID(),
  });
  if (error !== null || data.session === null) throw new Error(`Cannot sign up: ${error?.message}`);
  const { user, access_token: token } = data.session;
  await sql`select public.grant_credits(${user.id}, 100000, 'bench')`;
  const client = new StudioClient({
    supabase,
    url: stack.url,
    publishableKey: stack.keys.publishable,
  });
  const project = await supabase.from("projects").insert({ title: "A film" }).select().single()
    .throwOnError();
  const scene = await supabase.from("scenes")
    .insert({ project_id: project.data.id, index: 1, text: "A boat at dawn", plot: "A boat" })
    .select().single().throwOnError();
  const { image_asset, job } = await client.call("generate-image", { scene_id: scene.data.id });
  const [ended] = await client.watch([job.id], { intervalMs: 100 });
  if (ended?.state !== "succeeded") {
    throw new Error(`Cannot draw a picture: ${JSON.stringify(ended?.error)}`);
  }
  return { id: user.id, token, client, projectId: project.data.id, imageId: image_asset.id };
}

/** Asks for one clip. Gives the row to be filled and its job. Throws unless it was taken. */
export async function requestClip(
  director: Director,
): Promise<{ readonly clipId: string; readonly jobId: string }> {
  const { video_clips: [clip], jobs: [job] } = await director.client.call("generate-video", {
    project_id: director.projectId,
    image_ids: [director.imageId],
    duration_sec: 5,
  }, { attempts: 1 });
  if (clip === undefined || job === undefined) throw new Error("Cannot measure: no clip was begun");
  return { clipId: clip.id, jobId: job.id };
}

/** Waits between two measurements, or for something to happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
