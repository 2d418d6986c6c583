import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { fail, type Session } from "../engine.ts";
import { refused } from "../looks.ts";
import { hold, productionItem, startProduction } from "../productions.ts";

const ASKED = {
  platform: "tiktok",
  category: "advert",
  tone: "eerie",
  language: "ko-KR",
  target_length: 60,
};

async function columnsOf(owner: Session, projectId: string) {
  const [row] = await owner`
    select platform, category, tone, language, target_length from public.projects
    where id = ${projectId}`;
  return { ...row };
}

Deno.test("a new production writes what it was asked for to its project, a retry of it does not", () =>
  withStudio(async ({ owner, service, user, project }) => {
    const userId = await user();
    const [projectId, other] = [await project(userId), await project(userId)];
    const before = await columnsOf(owner, other);
    const item = productionItem(projectId, { wish: { ...ASKED, style: "ink" } });
    const job = await hold(service, await startProduction(service, userId, item));
    assert.deepEqual(await columnsOf(owner, projectId), ASKED);
    assert.deepEqual(await columnsOf(owner, other), before);
    await owner`update public.projects set tone = 'warm' where id = ${projectId}`;
    await fail(service, job);
    await startProduction(service, userId, { retry_of: job.id });
    assert.deepEqual(await columnsOf(owner, projectId), { ...ASKED, tone: "warm" });
  }));

Deno.test("a production that is refused leaves its project as it was", () =>
  withStudio(async ({ owner, service, user, project }) => {
    const userId = await user();
    const projectId = await project(userId);
    await startProduction(service, userId, productionItem(projectId));
    const before = await columnsOf(owner, projectId);
    const item = productionItem(projectId, { wish: ASKED });
    await refused(startProduction(service, userId, item), "PT409", "STATE_CONFLICT");
    assert.deepEqual(await columnsOf(owner, projectId), before);
  }));
