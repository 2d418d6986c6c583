import assert from "node:assert/strict";
import { join } from "node:path";
import { FilmFileError, prepareFilmPath, saveFilm } from "../../supabase/local/film/film_file.ts";
import { UsageError } from "../../supabase/local/film/usage_error.ts";
import { makeClip } from "../fixtures/media/clip.ts";

const folder = await Deno.makeTempDir({ prefix: "film-file-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Saves what a server answers and gives the reason why that failed. */
async function reasonFor(answer: () => Response, durationSeconds = 1): Promise<string> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  const path = join(folder, "refused.mp4");
  await Deno.writeTextFile(path, "an older film");
  try {
    await saveFilm(`http://127.0.0.1:${server.addr.port}/f.mp4`, path, { durationSeconds });
    return "it was saved";
  } catch (error) {
    assert.ok(error instanceof FilmFileError, `${error} is no FilmFileError`);
    assert.equal(await Deno.readTextFile(path), "an older film");
    assert.deepEqual(Array.from(Deno.readDirSync(folder), (entry) => entry.name), ["refused.mp4"]);
    return error.message;
  } finally {
    await server.shutdown();
    await Deno.remove(path);
  }
}

Deno.test("prepareFilmPath() gives the absolute path, makes its folder, and leaves no trace in it", async () => {
  const path = await prepareFilmPath(join(folder, "new", "deep", "film.mp4"));
  assert.equal(path, join(folder, "new", "deep", "film.mp4"));
  assert.deepEqual([...Deno.readDirSync(join(folder, "new", "deep"))], []);
  await Deno.remove(join(folder, "new"), { recursive: true });
});

Deno.test("prepareFilmPath() leaves a film that is there already alone", async () => {
  const path = join(folder, "film.mp4");
  await Deno.writeTextFile(path, "an older film");
  await prepareFilmPath(path);
  assert.equal(await Deno.readTextFile(path), "an older film");
  await Deno.remove(path);
});

Deno.test("prepareFilmPath() refuses a folder, and a place that cannot be written", async () => {
  for (const path of [folder, "/dev/null/film.mp4", "/proc/film/film.mp4"]) {
    await assert.rejects(prepareFilmPath(path), (error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(error.message.startsWith(`Cannot write to --out "${path}": `));
      return true;
    });
  }
});

Deno.test("saveFilm() refuses an answer that is not a success", async () => {
  assert.match(await reasonFor(() => new Response("no", { status: 404 })), /answers 404/);
});

Deno.test("saveFilm() refuses a file that is no film", async () => {
  assert.match(
    await reasonFor(() => new Response("<html>".repeat(100))),
    /^Cannot save the film: /,
  );
  assert.match(await reasonFor(() => new Response(new Uint8Array())), /0 of 0 bytes/);
});

Deno.test("saveFilm() refuses a film without sound", async () => {
  const clip = await makeClip();
  assert.match(await reasonFor(() => new Response(clip)), /not an mp4 with picture and sound/);
});

Deno.test("saveFilm() refuses a film that breaks off", async () => {
  const clip = await makeClip();
  assert.match(await reasonFor(() => new Response(clip.slice(0, clip.length / 2))), /^Cannot /);
});

Deno.test("saveFilm() stops when its signal is aborted", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
  );
  const stop = new AbortController();
  const saving = saveFilm(`http://127.0.0.1:${server.addr.port}/f.mp4`, join(folder, "x.mp4"), {
    durationSeconds: 1,
    signal: stop.signal,
  });
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(saving, { name: "AbortError" });
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await server.shutdown();
});
