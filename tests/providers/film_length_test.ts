import assert from "node:assert/strict";
import {
  scriptInstructions,
  scriptSchema,
} from "../../supabase/functions/_shared/jobs/script_job.ts";
import { fitScenes, LENGTH_TOLERANCE } from "../../supabase/functions/_shared/production/fit.ts";
import { clipsOfScene, durationsOf } from "../../supabase/functions/_shared/production/shots.ts";
import { sceneTextChars } from "../../supabase/functions/_shared/production/speech_rate.ts";
import { resolveWish } from "../../supabase/functions/_shared/production/resolve_wish.ts";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { settingsOf } from "../factories.ts";
import { FILM_MODELS } from "../unit/production/film_models.ts";
import { serveSimulator } from "./harness.ts";

/** Ideas as they come: in the film's language, in another one, and in two at once. */
const IDEAS: Readonly<Record<string, readonly string[]>> = {
  "en-US": ["A shy robot learns to dance", "등대지기와 고래", "A 1987 Walkman plays one last tape"],
  "ko-KR": [
    "할머니가 시장에서 마지막 붕어빵을 굽는다",
    "A kite over the Han river",
    "로봇 Z-9의 first day",
  ],
  "ja-JP": ["小さな灯台の最後の夜", "A paper boat in Tokyo", "ロボットと the old piano"],
  "de-DE": ["Ein Bäcker und der letzte Schnee", "Der Roboter und 바다", "A clockmaker in Ulm"],
  "fr-FR": [
    "Une boulangère sauve la fête du village",
    "Le dernier train de 23 h 59",
    "A fox in Lyon",
  ],
  "es-ES": ["Un faro que aprende a bailar", "A surfer in Cádiz", "La abuela y el robot número 7"],
};

const LENGTHS = [15, 30, 60, 90];

/** Two grids: with gaps that narration must not fall into, and one that is fine. */
const CAMERAS = ["camera", "fine-camera"];

const SCRIPTS = Object.entries(IDEAS).flatMap(([language, ideas], row) =>
  LENGTHS.map((seconds, column) => ({
    language,
    seconds,
    idea: ideas[(row + column) % ideas.length] ?? "",
    camera: CAMERAS[(row + column) % CAMERAS.length] ?? "",
  }))
);

/** Scripts of both grids and all ideas, and a third of them with several shots a scene. */
for (const [at, { language, seconds, idea, camera }] of SCRIPTS.entries()) {
  const shots_per_scene = at % 3 === 0 ? 2 : 1;
  Deno.test(
    `a film of ${seconds} s in ${language} (${camera}, ${shots_per_scene} shots a scene) fits as it was planned`,
    async () => {
      const wish = resolveWish({ settings: settingsOf(), models: FILM_MODELS }, {
        language,
        target_length: seconds,
        video_model: camera,
        shots_per_scene,
      });
      const model = FILM_MODELS.find(({ id }) => id === camera);
      const durations = durationsOf(model?.limits as { durations_sec: number[] });
      const max_text_chars = sceneTextChars(wish, { durations, sceneCount: wish.scene_count });
      await using gemini = await serveSimulator("gemini", createGeminiSimulator);
      const { scenes } = await createGemini({
        apiKeys: ["a-key"],
        baseUrl: gemini.url,
        log: gemini.log,
      }).generateObject({
        model: "gemini-3.8-flash",
        schema: scriptSchema(wish.scene_count, max_text_chars),
        system: scriptInstructions({ ...wish, max_text_chars }),
        prompt: idea,
      }, { signal: AbortSignal.timeout(30_000) });

      await using google = await serveSimulator("google_tts", createGoogleTtsSimulator);
      const tts = createGoogleTts({
        serviceAccountJson: await serviceAccountJson(google.url),
        baseUrl: google.url,
        log: google.log,
      });
      const clipSeconds = clipsOfScene(seconds / wish.scene_count, {
        durations,
        shots: shots_per_scene,
      });
      const spoken = [];
      for (const { text } of scenes) {
        const { durationSeconds } = await tts.synthesize({ text, voiceId: wish.voice_id });
        spoken.push({ narrationSeconds: durationSeconds, clipSeconds });
      }
      const fit = fitScenes(spoken, { targetSeconds: seconds, durations });
      assert.ok(fit.fits, JSON.stringify({ fit, spoken, scenes }));
      const shots = fit.scenes.flatMap((scene) => scene.shots);
      const shown = shots.reduce((sum, shot) => sum + shot.shownSeconds, 0);
      assert.ok(Math.abs(shown - seconds) <= seconds * LENGTH_TOLERANCE);
      assert.deepEqual(
        shots.map((shot) => shot.clipSeconds),
        spoken.flatMap((scene) => scene.clipSeconds),
        "it costs what it was quoted",
      );
      // Whoever wrote as much as there was room for fills at least a third of it.
      const said = spoken.reduce((sum, scene) => sum + scene.narrationSeconds, 0);
      assert.ok(said > seconds / 3, `${said} s are spoken of ${seconds} s`);
    },
  );
}
