/**
 * SQL functions of productions, and projects that are worked on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { JOB_KINDS } from "../../shared/contract/statuses.ts";
import type postgres from "postgres";
import type { Studio } from "./database.ts";
import { claim, type Held, type JobRow, type Session, startJob } from "./engine.ts";
import type { Item } from "./items.ts";

/** What `step_production` answers. */
export interface Stepped {
  /** stepped, busy or lost. */
  readonly decision: string;
  /** With stepped. */
  readonly started?: readonly { readonly id: string; readonly kind: string }[];
}

/** What a step writes. */
export interface Step {
  /** Default `images`. */
  readonly stage?: string;
  /** Default 0.1. */
  readonly progress?: number;
  /** Children to start. */
  readonly items?: readonly Item[];
  /** Shots to add or to fit. */
  readonly frames?: readonly Item[];
}

/** Calls `step_production`. */
export async function step(session: Session, job: Held, what: Step = {}): Promise<Stepped> {
  const { stage = "images", progress = 0.1, items = [], frames = [] } = what;
  const [row] = await session<{ result: Stepped }[]>`
    select public.step_production(
      ${job.id}, ${job.attempt}, ${stage}, ${progress}, ${session.json([...items])},
      ${session.json([...frames])}
    ) as result`;
  assert.ok(row);
  return row.result;
}

/** Calls `read_production`. */
export async function readProduction(session: Session, jobId: string) {
  const [row] = await session<{ result: Record<string, postgres.JSONValue> | null }[]>`
    select public.read_production(${jobId}) as result`;
  assert.ok(row);
  return row.result;
}

/** Calls `confirm_characters`. */
export async function confirm(
  session: Session,
  userId: string,
  { projectId, ids = null }: { readonly projectId: string; readonly ids?: string[] | null },
) {
  const [row] = await session<
    { result: { characters: { id: string; confirmed_at: string | null }[]; job_ids: string[] } }[]
  >`select public.confirm_characters(${userId}, ${projectId}, ${ids}) as result`;
  assert.ok(row);
  return row.result;
}

/** A production of a project, or of none yet. */
export function productionItem(projectId: string | null, payload: Item = {}): Item {
  return {
    kind: "production",
    project_id: projectId,
    model_id: null,
    units: 0,
    deadline_sec: 3600,
    payload: { budget_credits: null, ...payload },
    asset: null,
  };
}

/** Starts a production by a click. */
export function startProduction(
  session: Session,
  userId: string,
  item: Item,
): Promise<string> {
  return startJob(session, userId, item, {
    operation: "make-film",
    answer: { assets: "assets", jobs: "jobs", many: true },
  });
}

/** Claims a production, or a child of any kind, as a worker does. */
export async function hold(session: Session, jobId: string): Promise<JobRow> {
  const [job] = await claim(session, { jobId, kinds: [...JOB_KINDS] });
  assert.ok(job, "the job could not be claimed");
  return job;
}

/** A user with a project in production, held by a worker, and a model that a child costs `price` with. */
export async function inProduction(
  { user, project, model, service }: Studio,
  { balance = 500, price = 3, budget = null, projectBudget = null }: {
    readonly balance?: number;
    readonly price?: number;
    readonly budget?: number | null;
    readonly projectBudget?: number | null;
  } = {},
) {
  const userId = await user(balance);
  const projectId = await project(userId, { budget_credits: projectBudget });
  const modelId = await model({ kind: "image", price });
  const id = await startProduction(
    service,
    userId,
    productionItem(projectId, { budget_credits: budget }),
  );
  return { userId, projectId, modelId, job: await hold(service, id) };
}

/** A picture as a child. */
export function childItem(
  key: string,
  { projectId, modelId }: { readonly projectId: string; readonly modelId: string },
  asset: Item = {},
): Item {
  return {
    kind: "image",
    child_key: key,
    project_id: projectId,
    model_id: modelId,
    units: 1,
    deadline_sec: 1800,
    payload: {},
    asset: { prompt: key, model: modelId, ...asset },
  };
}

/** A character of a project. */
export async function addCharacter(
  owner: Session,
  { userId, projectId, name, imageId = null }: {
    readonly userId: string;
    readonly projectId: string;
    readonly name: string;
    readonly imageId?: string | null;
  },
): Promise<string> {
  const [row] = await owner<{ id: string }[]>`
    insert into public.characters (user_id, project_id, name, description, image_id)
    values (${userId}, ${projectId}, ${name}, ${`How ${name} looks`}, ${imageId}) returning id`;
  assert.ok(row);
  return row.id;
}

/** A ready picture of a project. */
export async function addImage(
  owner: Session,
  { userId, projectId, sceneId = null, frameId = null, source = "generated" }: {
    readonly userId: string;
    readonly projectId: string;
    readonly sceneId?: string | null;
    readonly frameId?: string | null;
    readonly source?: string;
  },
): Promise<string> {
  const [row] = await owner<{ id: string }[]>`
    insert into public.image_assets (
      user_id, project_id, scene_id, frame_id, source, prompt, model, url, status
    ) values (
      ${userId}, ${projectId}, ${sceneId}, ${frameId}, ${source}, 'A boat', 'test',
      'https://a.test/a.jpg', 'ready'
    )
    returning id`;
  assert.ok(row);
  return row.id;
}

/** A shot of a scene with somebody in it. */
export async function addFrame(
  owner: Session,
  { userId, projectId, sceneId, index = 1, characterIds = [] }: {
    readonly userId: string;
    readonly projectId: string;
    readonly sceneId: string;
    readonly index?: number;
    readonly characterIds?: readonly string[];
  },
): Promise<string> {
  const [row] = await owner<{ id: string }[]>`
    insert into public.frames (user_id, project_id, scene_id, index, action)
    values (${userId}, ${projectId}, ${sceneId}, ${index}, 'A boat') returning id`;
  assert.ok(row);
  for (const characterId of characterIds) {
    await owner`
      insert into public.frame_characters (frame_id, character_id, project_id, user_id)
      values (${row.id}, ${characterId}, ${projectId}, ${userId})`;
  }
  return row.id;
}
