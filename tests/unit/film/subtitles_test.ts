import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { keepSubtitles } from "../../../supabase/functions/_shared/film/subtitles.ts";
import type { MediaStore } from "../../../supabase/functions/_shared/media_store.ts";
import { filmOf, IDS } from "../../factories.ts";
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

const film = { project: IDS.project, film: filmOf().id, language: "en-US", filmSeconds: 15 };
const said = (text: string) => ({ text, duration_sec: 4 });

Deno.test("keepSubtitles() writes both files beside the film and gives their URLs", async () => {
  const { store, files } = createMemoryStore();
  const urls = await keepSubtitles(store, {
    ...film,
    entries: [{ start_sec: 0, audio_clip_id: "a", narration: said("One.") }],
  });
  const base = `projects/${IDS.project}/films/${film.film}`;
  assert.deepEqual(urls, {
    subtitles_vtt_url: `https://studio.test/${base}.vtt`,
    subtitles_srt_url: `https://studio.test/${base}.srt`,
  });
  assert.deepEqual([...files.keys()].sort(), [`${base}.srt`, `${base}.vtt`]);
});

Deno.test("keepSubtitles() says a narration once, whether the shots after its first name it or nothing", async () => {
  for (const later of ["a", null]) {
    const { store, files } = createMemoryStore();
    await keepSubtitles(store, {
      ...film,
      entries: [
        { start_sec: 0, audio_clip_id: "a", narration: said("One.") },
        {
          start_sec: 5,
          audio_clip_id: later,
          narration: later === null ? null : said("One."),
        },
        { start_sec: 10, audio_clip_id: "b", narration: said("Two.") },
      ],
    });
    const vtt = files.get(`projects/${IDS.project}/films/${film.film}.vtt`) ?? "";
    assert.deepEqual(
      parseWebVtt(vtt).cues.map(({ text, startMs }) => [text, startMs]),
      [["One.", 0], ["Two.", 10_000]],
    );
  }
});

Deno.test("keepSubtitles() writes nothing when nothing is said, also for jobs from before there were any", async () => {
  const { store, files } = createMemoryStore();
  const entries = [
    { start_sec: 0, audio_clip_id: "a" },
    { start_sec: 5, audio_clip_id: null, narration: null },
  ];
  assert.equal(await keepSubtitles(store, { ...film, entries }), null);
  assert.equal(files.size, 0);
});

Deno.test("keepSubtitles() fails as Storage fails", async () => {
  const store: MediaStore = {
    put: () => Promise.reject(new AppError("PROVIDER_UNAVAILABLE", "Storage is away")),
  };
  await assert.rejects(
    keepSubtitles(store, {
      ...film,
      entries: [{ start_sec: 0, audio_clip_id: "a", narration: said("One.") }],
    }),
    /Storage is away/,
  );
});
