import assert from "node:assert/strict";
import { asUser } from "../as_user.ts";
import { withStudio } from "../database.ts";
import { refused } from "../looks.ts";

Deno.test("settings take values that the operations can use, and refuse the rest", () =>
  withStudio(async ({ owner, user }) => {
    const userId = await user();
    const set = (column: string, value: string | null) =>
      asUser(
        owner,
        userId,
        (session) => session`update public.settings set ${session(column)} = ${value} returning 1`,
      );
    const good: Record<string, string | null> = {
      default_language: "ko-KR",
      default_tone: "playful",
      default_image_style: "woodcut",
      default_tts_voice: "ko-KR-Neural2-A",
      script_model: "gemini-3.5-flash-lite",
      image_model: "flux-dev",
      video_model: "wan-2.5",
      tts_provider: "google_tts",
      video_provider: "fal",
    };
    for (const [column, value] of Object.entries(good)) {
      assert.equal((await set(column, value)).length, 1, column);
    }
    for (const column of ["script_model", "image_model", "video_model"]) {
      assert.equal((await set(column, null)).length, 1, column);
      await refused(set(column, "no-such-model"), "PT422", "MODEL_INPUT_INVALID");
      await refused(set(column, "google-tts"), "PT422", "MODEL_INPUT_INVALID");
    }
    const bad: Record<string, string> = {
      default_language: "not a language",
      default_tone: "",
      default_image_style: "x".repeat(501),
      default_tts_voice: "",
      tts_provider: "nobody",
      video_provider: "nobody",
    };
    for (const [column, value] of Object.entries(bad)) await refused(set(column, value), "23514");
  }));

Deno.test("settings refuse a retired model, and keep one that was retired since", () =>
  withStudio(async ({ owner, user, model }) => {
    const userId = await user();
    const modelId = await model();
    await owner`update public.settings set video_model = ${modelId} where user_id = ${userId}`;
    await owner`update public.models set retired_at = now(), replaced_by = 'wan-2.5'
      where id = ${modelId}`;
    await owner`update public.settings set default_tone = 'dry' where user_id = ${userId}`;
    const other = await user();
    const detail = await refused(
      owner`update public.settings set video_model = ${modelId} where user_id = ${other}`,
      "PT410",
      "MODEL_RETIRED",
    );
    assert.equal(detail["replaced_by"], "wan-2.5");
    await owner`update public.settings set video_model = null where user_id = ${userId}`;
  }));
