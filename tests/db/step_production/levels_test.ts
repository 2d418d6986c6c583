import assert from "node:assert/strict";
import { asUser } from "../as_user.ts";
import { withStudio } from "../database.ts";
import { fail, succeed } from "../engine.ts";
import { childItem, hold, inProduction, step } from "../productions.ts";

const IMAGE = { url: "https://studio.test/a.jpg", width: 16, height: 9 };

Deno.test("read_job() counts a production's parts by kind, for its owner", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const film = await inProduction(studio);
    const items = ["one", "two", "three"].map((key) => childItem(key, film));
    const { started = [] } = await step(service, film.job, { items });
    const [first, second] = await Promise.all(started.map(({ id }) => hold(service, id)));
    assert.ok(first && second);
    await succeed(service, first, IMAGE);
    await fail(service, second);
    const read = (userId: string) =>
      asUser(owner, userId, async (session) => {
        const [row] = await session<{ job: { levels: unknown } | null }[]>`
          select public.read_job(${film.job.id}) as job`;
        return row?.job ?? null;
      });
    assert.deepEqual((await read(film.userId))?.levels, [
      { kind: "image", total: 3, succeeded: 1, failed: 1 },
    ]);
    assert.equal(await read(await user()), null);
  }));
