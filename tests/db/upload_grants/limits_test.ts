import assert from "node:assert/strict";
import type postgres from "postgres";
import { withStudio } from "../database.ts";
import type { Session } from "../engine.ts";

async function grant(session: Session, userId: string, kind: "picture" | "track" = "picture") {
  const id = crypto.randomUUID();
  await session`select public.grant_upload(${userId}, ${id}, ${kind})`;
  return `${userId}/${id}`;
}

/** Fails unless one more is refused. Gives the refusal's detail. */
async function refusalOf(session: Session, userId: string, kind: "picture" | "track") {
  const refusal = await grant(session, userId, kind).catch((error: postgres.PostgresError) =>
    error
  );
  assert.ok(typeof refusal !== "string");
  assert.deepEqual([refusal.code, refusal.message], ["PT429", "RATE_LIMITED"]);
  return JSON.parse(refusal.detail ?? "");
}

/** Places of a user that are over. */
async function expiredOf(session: Session, userId: string) {
  const rows = await session<{ place_id: string; path: string }[]>`
    select place_id, path from public.expired_upload_places(100000)`;
  return rows.filter(({ path }) => path.startsWith(`${userId}/`));
}

/** Moves a user's places into the past. */
async function age(owner: Session, userId: string, minutes: number): Promise<void> {
  await owner`
    update public.upload_grants set created_at = created_at - make_interval(mins => ${minutes})
    where user_id = ${userId}`;
}

Deno.test("grant_upload() gives a user 60 places in 3 hours, also when all are asked for at once", () =>
  withStudio(async ({ owner, service, user }) => {
    const [userId, other] = [await user(), await user()];
    const asked = await Promise.allSettled(
      Array.from({ length: 70 }, () => grant(service, userId)),
    );
    assert.equal(asked.filter(({ status }) => status === "fulfilled").length, 60);
    await age(owner, userId, 179);
    const { retry_after_sec, ...told } = await refusalOf(service, userId, "picture");
    assert.deepEqual(told, { uploads: 60, window_sec: 10800 });
    assert.ok(Number(retry_after_sec) > 0 && Number(retry_after_sec) <= 60);
    await grant(service, other);
    await age(owner, userId, 1);
    await grant(service, userId);
  }));

Deno.test("grant_upload() gives a user 100 tracks a day, whatever became of their pictures, and forgets old ones", () =>
  withStudio(async ({ owner, service, user }) => {
    const userId = await user();
    await grant(service, userId);
    await Promise.all(Array.from({ length: 100 }, () => grant(service, userId, "track")));
    await age(owner, userId, 24 * 60 - 1);
    const { uploads, window_sec } = await refusalOf(service, userId, "track");
    assert.deepEqual([uploads, window_sec], [100, 86400]);
    await age(owner, userId, 1);
    await grant(service, userId, "track");
    const left = await owner`select kind from public.upload_grants where user_id = ${userId}`;
    assert.deepEqual(left.map(({ kind }) => kind).sort(), ["picture", "track"]);
  }));

Deno.test("expired_upload_places() names places nothing can come to any more, until they are forgotten", () =>
  withStudio(async ({ owner, service, user }) => {
    const userId = await user();
    const paths = [await grant(service, userId), await grant(service, userId)];
    await grant(service, userId, "track");
    await age(owner, userId, 179);
    assert.deepEqual(await expiredOf(service, userId), []);
    await age(owner, userId, 1);
    const fresh = await grant(service, userId);
    const expired = await expiredOf(service, userId);
    assert.deepEqual(expired.map(({ path }) => path).sort(), paths.sort());
    const ids = expired.map(({ place_id }) => place_id);
    await service`select public.forget_upload_places(${ids})`;
    assert.deepEqual(await expiredOf(service, userId), []);
    await age(owner, userId, 180);
    assert.deepEqual((await expiredOf(service, userId)).map(({ path }) => path), [fresh]);
  }));

Deno.test("grant_upload() gives nothing to an account that is gone, and its places go with it", () =>
  withStudio(async ({ owner, service, user }) => {
    const userId = await user();
    await grant(service, userId);
    await service`select public.delete_account(${userId})`;
    const left = await owner`select 1 from public.upload_grants where user_id = ${userId}`;
    assert.equal(left.length, 0);
    await assert.rejects(grant(service, userId), /UNAUTHENTICATED/);
  }));
