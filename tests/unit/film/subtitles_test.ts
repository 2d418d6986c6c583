import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import {
  keepSubtitles,
  planSubtitles,
} from "../../../supabase/functions/_shared/film/subtitles.ts";
import type { MediaStore } from "../../../supabase/functions/_shared/media_store.ts";
import { audioOf, IDS, projectOf, sceneOf, studioOf } from "../../factories.ts";
import { filmOf } from "../../film_factories.ts";
import { parseWebVtt } from "../../fixtures/parse_webvtt.ts";

/** Keeps texts by path. */
function createMemoryStore() {
  const files = new Map<string, string>();
  const store: MediaStore = {
    put: (path, body) => {
      assert.ok(body instanceof Uint8Array);
      files.set(path, new TextDecoder().decode(body));
      return Promise.resolve(`https://studio.test/${path}`);
    },
  };
  return { store, files };
}

const film = { project: IDS.project, film: filmOf().id, filmSeconds: 15 };
const said = (text: string) => ({ text, duration_sec: 4 });
const entries = [{ start_sec: 0 }, { start_sec: 5 }, { start_sec: 10 }];

Deno.test("keepSubtitles() writes both files beside the film, each narration where its entry begins", async () => {
  const { store, files } = createMemoryStore();
  const plan = { language: "en-US", narrations: [said("One."), null, said("Two.")] };
  const urls = await keepSubtitles(store, { ...film, plan, entries });
  const base = `projects/${IDS.project}/films/${film.film}`;
  assert.deepEqual(urls, {
    subtitles_vtt_url: `https://studio.test/${base}.vtt`,
    subtitles_srt_url: `https://studio.test/${base}.srt`,
  });
  assert.deepEqual([...files.keys()].sort(), [`${base}.srt`, `${base}.vtt`]);
  assert.deepEqual(
    parseWebVtt(files.get(`${base}.vtt`) ?? "").cues.map(({ text, startMs }) => [text, startMs]),
    [["One.", 0], ["Two.", 10_000]],
  );
});

Deno.test("keepSubtitles() writes nothing when nothing is said, and for jobs from before there were any", async () => {
  const { store, files } = createMemoryStore();
  const silent = { language: "en-US", narrations: [null, null, null] };
  for (const plan of [silent, undefined]) {
    assert.equal(await keepSubtitles(store, { ...film, plan, entries }), null);
  }
  assert.equal(files.size, 0);
});

Deno.test("keepSubtitles() fails as Storage fails", async () => {
  const store: MediaStore = {
    put: () => Promise.reject(new AppError("PROVIDER_UNAVAILABLE", "Storage is away")),
  };
  const plan = { language: "en-US", narrations: [said("One.")] };
  await assert.rejects(keepSubtitles(store, { ...film, plan, entries }), /Storage is away/);
});

Deno.test("planSubtitles() takes a scene's words once, whether its later shots name the narration or nothing", () => {
  const other = sceneOf({ id: "s2", text: "Two." });
  const studio = studioOf({
    project: projectOf({ language: "ko-KR" }),
    scenes: [sceneOf({ text: "One." }), other],
    audio_clips: [audioOf({ id: "a", duration_sec: 8 }), audioOf({ id: "b", scene_id: "s2" })],
  });
  for (const later of ["a", null]) {
    assert.deepEqual(planSubtitles(studio, ["a", later, "b", null]), {
      language: "ko-KR",
      narrations: [
        { text: "One.", duration_sec: 8 },
        null,
        { text: "Two.", duration_sec: 4.2 },
        null,
      ],
    });
  }
});
