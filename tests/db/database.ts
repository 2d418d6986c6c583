/**
 * The database under test: sessions, tenants of a test's own that go with it, and the engine's functions as
 * the service calls them.
 *
 * @module
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import { readDatabaseUrl } from "../stack.ts";

/** What a test works with. Whatever it makes is removed at its end, whether it passed or failed. */
export interface Studio {
  /** The database's owner. */
  readonly owner: postgres.Sql;
  /** As the functions connect: `service_role`. */
  readonly service: postgres.Sql;
  /** A new user with 500 credits, or as many as given. */
  user(balance?: number): Promise<string>;
  /** A project of a user. */
  project(userId: string, columns?: Record<string, unknown>): Promise<string>;
  /** The id of scene `index` of a project of a user. */
  scene(userId: string, projectId: string, index?: number): Promise<string>;
  /** A provider of the test's own, so that no other test's submits count. */
  provider(limits?: { slots?: number; creates?: number; window_sec?: number }): Promise<string>;
  /** A model of a provider that sells one unit at `price`. */
  model(columns?: { provider?: string; kind?: string; price?: number }): Promise<string>;
}

const QUIET = { onnotice: () => {} };

/** Runs a test with `sessions` connections for the service. */
export async function withStudio(
  run: (studio: Studio) => Promise<void>,
  { sessions = 2 }: { sessions?: number } = {},
): Promise<void> {
  const url = readDatabaseUrl();
  const owner = postgres(url, { max: 4, ...QUIET });
  const service = postgres(url, { max: sessions, connection: { role: "service_role" }, ...QUIET });
  const users: string[] = [];
  const models: string[] = [];
  const providers: string[] = [];
  const studio: Studio = {
    owner,
    service,
    async user(balance = 500) {
      const id = crypto.randomUUID();
      users.push(id);
      await owner`insert into auth.users (id, email) values (${id}, ${`${id}@example.com`})`;
      if (balance !== 500) {
        await service`select public.grant_credits(${id}, ${balance - 500}, 'test')`;
      }
      return id;
    },
    async project(userId, columns = {}) {
      const row = { user_id: userId, title: "A test", ...columns };
      return idOf(await owner`insert into public.projects ${owner(row)} returning id`);
    },
    async scene(userId, projectId, index = 1) {
      const row = { user_id: userId, project_id: projectId, index, text: `Scene ${index}` };
      return idOf(await owner`insert into public.scenes ${owner(row)} returning id`);
    },
    async provider(limits = {}) {
      const provider = `test-${crypto.randomUUID()}`;
      providers.push(provider);
      const row = { provider, slots: 1000, creates: 1000, window_sec: 10, ...limits };
      await owner`insert into public.provider_limits ${owner(row)}`;
      return provider;
    },
    async model(columns = {}) {
      const id = `test-${crypto.randomUUID()}`;
      models.push(id);
      const row = { kind: "video", price: 1, unit: "second", typical_sec: 1, ...columns };
      const provider = row.provider ?? await studio.provider();
      const named = { ...row, id, provider, endpoint: "test/model", title: "Test" };
      await owner`insert into public.models ${owner(named)}`;
      return id;
    },
  };
  try {
    await run(studio);
  } finally {
    await owner`delete from auth.users where id = any (${users})`;
    await owner`delete from public.models where id = any (${models})`;
    await owner`delete from public.provider_limits where provider = any (${providers})`;
    await Promise.all([owner.end({ timeout: 5 }), service.end({ timeout: 5 })]);
  }
}

function idOf(rows: readonly postgres.Row[]): string {
  const id: unknown = rows[0]?.["id"];
  assert.ok(typeof id === "string");
  return id;
}
