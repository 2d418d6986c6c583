import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { asUser } from "../as_user.ts";
import type { Session } from "../engine.ts";
import { refused } from "../looks.ts";
import { addCharacter, addFrame, addImage } from "../productions.ts";

/** Two scenes of one shot each, with Mina in the first; pictures, clips and narration of all, ready. */
async function setUp({ owner, user, project, scene }: Studio) {
  const userId = await user();
  const projectId = await project(userId);
  const whose = { userId, projectId };
  const imageId = await addImage(owner, whose);
  const mina = await addCharacter(owner, { ...whose, name: "Mina", imageId });
  const joon = await addCharacter(owner, { ...whose, name: "Joon", imageId });
  const scenes = [await scene(userId, projectId, 1), await scene(userId, projectId, 2)];
  await owner`update public.scenes set plot = 'A boat' where id = ${scenes[0] ?? ""}`;
  // Nothing that was uploaded is ever stale.
  await addImage(owner, { ...whose, sceneId: scenes[0] ?? null, source: "uploaded" });
  const frames = [
    await addFrame(owner, { ...whose, sceneId: scenes[0] ?? "", characterIds: [mina] }),
    await addFrame(owner, { ...whose, sceneId: scenes[1] ?? "" }),
  ];
  for (const [at, frameId] of frames.entries()) {
    const image = await addImage(owner, { ...whose, sceneId: scenes[at] ?? null, frameId });
    await owner`update public.frames set image_id = ${image} where id = ${frameId}`;
    await owner`
      insert into public.video_clips (
        user_id, project_id, scene_id, frame_id, image_id, provider, model_id, prompt, aspect_ratio,
        duration_sec, url, status
      ) values (
        ${userId}, ${projectId}, ${
      scenes[at] ?? ""
    }, ${frameId}, ${image}, 'test', 'test', 'A boat',
        '16:9', 5, 'https://a.test/a.mp4', 'ready'
      )`;
    await owner`
      insert into public.audio_clips (user_id, project_id, scene_id, provider, voice_id, url,
        duration_sec, status)
      values (${userId}, ${projectId}, ${scenes[at] ?? ""}, 'test', 'en-US-Test',
        'https://a.test/a.mp3', 4, 'ready')`;
  }
  return { userId, projectId, mina, joon, scenes, frames };
}

/** What is stale, as `picture 1`: kind and the shot's or scene's place. */
async function staleOf(session: Session, { projectId, scenes, frames }: {
  readonly projectId: string;
  readonly scenes: readonly string[];
  readonly frames: readonly string[];
}): Promise<string[]> {
  const rows = await session<{ kind: string; frame_id: string | null; scene_id: string | null }[]>`
    select 'picture' as kind, frame_id, null::uuid as scene_id from public.image_assets
      where project_id = ${projectId} and stale_at is not null
    union all
    select 'clip', frame_id, null from public.video_clips
      where project_id = ${projectId} and stale_at is not null
    union all
    select 'voice', null, scene_id from public.audio_clips
      where project_id = ${projectId} and stale_at is not null`;
  return rows.map(({ kind, frame_id, scene_id }) =>
    `${kind} ${
      frame_id === null ? scenes.indexOf(scene_id ?? "") + 1 : frames.indexOf(frame_id) + 1
    }`
  ).sort();
}

/** Edits as their owners make them, through the Data API's role. */
const EDITS: readonly {
  readonly what: string;
  readonly edit: (session: Session, of: Awaited<ReturnType<typeof setUp>>) => Promise<unknown>;
  readonly stale: readonly string[];
}[] = [
  {
    what: "a character's look",
    edit: (session, { mina }) =>
      session`update public.characters set description = 'A blue scarf' where id = ${mina}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a character's name",
    edit: (session, { mina }) =>
      session`update public.characters set name = 'Minji' where id = ${mina}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a character's voice",
    edit: (session, { mina }) =>
      session`update public.characters set voice_id = 'ko-KR-Neural2-A' where id = ${mina}`,
    stale: [],
  },
  {
    what: "a character who is in no shot",
    edit: (session, { joon }) =>
      session`update public.characters set description = 'Tall' where id = ${joon}`,
    stale: [],
  },
  {
    what: "what is seen in a shot",
    edit: (session, { frames }) =>
      session`update public.frames set action = 'A storm' where id = ${frames[1] ?? ""}`,
    stale: ["clip 2", "picture 2"],
  },
  {
    what: "what happens in a shot",
    edit: (session, { frames }) =>
      session`update public.frames set video_prompt = 'It sinks' where id = ${frames[1] ?? ""}`,
    stale: ["clip 2"],
  },
  {
    what: "who is put into a shot",
    edit: (session, { frames, joon, projectId }) =>
      session`
        insert into public.frame_characters (frame_id, character_id, project_id)
        values (${frames[1] ?? ""}, ${joon}, ${projectId})`,
    stale: ["clip 2", "picture 2"],
  },
  {
    what: "who is taken out of a shot",
    edit: (session, { frames, mina }) =>
      session`
        delete from public.frame_characters
        where frame_id = ${frames[0] ?? ""} and character_id = ${mina}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a character who is deleted",
    edit: (session, { mina }) => session`delete from public.characters where id = ${mina}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a scene's text, where a plot says what is seen",
    edit: (session, { scenes }) =>
      session`update public.scenes set text = 'Other words' where id = ${scenes[0] ?? ""}`,
    stale: ["voice 1"],
  },
  {
    what: "a scene's text, where it says what is seen too",
    edit: (session, { scenes }) =>
      session`update public.scenes set text = 'Other words' where id = ${scenes[1] ?? ""}`,
    stale: ["clip 2", "picture 2", "voice 2"],
  },
  {
    what: "a scene's plot",
    edit: (session, { scenes }) =>
      session`update public.scenes set plot = 'A storm' where id = ${scenes[0] ?? ""}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a scene's title",
    edit: (session, { scenes }) =>
      session`update public.scenes set title = 'Night' where id = ${scenes[0] ?? ""}`,
    stale: ["clip 1", "picture 1"],
  },
  {
    what: "a scene's notes and place",
    edit: (session, { scenes }) =>
      session`update public.scenes set notes = 'Hm', index = 9 where id = ${scenes[0] ?? ""}`,
    stale: [],
  },
  {
    what: "nothing, said again",
    edit: (session, { mina, frames }) =>
      session`
        with again as (update public.characters set name = name where id = ${mina} returning 1)
        update public.frames set action = action where id = ${frames[0] ?? ""}`,
    stale: [],
  },
];

for (const { what, edit, stale } of EDITS) {
  Deno.test(`an edit marks what shows it as stale, and no more: ${what}`, () =>
    withStudio(async (studio) => {
      const film = await setUp(studio);
      assert.deepEqual(await staleOf(studio.owner, film), []);
      const found = await asUser(studio.owner, film.userId, async (session) => {
        await edit(session, film);
        return await staleOf(session, film);
      });
      assert.deepEqual(found, stale);
    }));
}

Deno.test("choosing another picture for a shot marks its clip alone", () =>
  withStudio(async (studio) => {
    const film = await setUp(studio);
    const other = await addImage(studio.owner, film);
    const found = await asUser(studio.owner, film.userId, async (session) => {
      await session`
        update public.frames set image_id = ${other} where id = ${film.frames[0] ?? ""}`;
      return await staleOf(session, film);
    });
    assert.deepEqual(found, ["clip 1"]);
  }));

Deno.test("a second user neither sees nor changes cast and shots, nor borrows them", () =>
  withStudio(async (studio) => {
    const { owner, user, project, scene } = studio;
    const film = await setUp(studio);
    const strangerId = await user();
    const theirs = await project(strangerId);
    const theirScene = await scene(strangerId, theirs);
    await asUser(owner, strangerId, async (session) => {
      for (const table of ["characters", "frames", "frame_characters"]) {
        assert.equal((await session`select 1 from public.${session(table)}`).length, 0, table);
        assert.equal((await session`delete from public.${session(table)}`).count, 0, table);
      }
      assert.equal((await session`update public.characters set name = 'Mine'`).count, 0);
      assert.equal((await session`update public.frames set action = 'Mine'`).count, 0);
    });
    const borrow = (what: (session: Session) => PromiseLike<unknown>, state: string) =>
      refused(asUser(owner, strangerId, async (session) => await what(session)), state);
    await borrow(
      (session) =>
        session`
        insert into public.characters (project_id, name) values (${film.projectId}, 'Mina 2')`,
      "23503",
    );
    await borrow((session) =>
      session`
        insert into public.frames (project_id, scene_id, index, action)
        values (${theirs}, ${film.scenes[0] ?? ""}, 5, 'Mine')`, "23503");
    await borrow((session) =>
      session`
        insert into public.frames (project_id, scene_id, index, action, user_id)
        values (${theirs}, ${theirScene}, 1, 'Mine', ${film.userId})`, "42501");
    await borrow(async (session) => {
      const [frame] = await session<{ id: string }[]>`
        insert into public.frames (project_id, scene_id, index, action)
        values (${theirs}, ${theirScene}, 1, 'Mine') returning id`;
      await session`
        insert into public.frame_characters (frame_id, character_id, project_id)
        values (${frame?.id ?? ""}, ${film.mina}, ${theirs})`;
    }, "23503");
    await borrow(async (session) => {
      const [row] = await owner<{ image_id: string }[]>`
        select image_id from public.frames where id = ${film.frames[0] ?? ""}`;
      await session`
        insert into public.characters (project_id, name) values (${theirs}, 'Mine')`;
      await session`update public.characters set image_id = ${row?.image_id ?? ""}`;
    }, "23503");
  }));

Deno.test("users don't confirm by hand, nor write what productions write", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const film = await setUp(studio);
    const work = [
      (session: Session) => session`update public.characters set confirmed_at = now()`,
      (session: Session) => session`update public.frames set duration_sec = 1`,
      (session: Session) => session`update public.image_assets set stale_at = null`,
      (session: Session) => session`update public.video_clips set input_hash = null`,
    ];
    for (const write of work) {
      await refused(asUser(owner, film.userId, async (session) => await write(session)), "42501");
    }
  }));
