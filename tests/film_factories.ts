/**
 * Who is in a film, and its shots: valid rows with overrides.
 *
 * @module
 */
import type { Database } from "../shared/database.types.ts";
import type { FrameContext } from "../supabase/functions/_shared/database/studio_context.ts";
import { IDS } from "./factories.ts";

type Character = Database["public"]["Tables"]["characters"]["Row"];

const NOW = "2026-11-21T09:00:00+00:00";
const stamps = { created_at: NOW, updated_at: NOW };

/** Somebody in {@link projectOf}, drawn and not confirmed. */
export function characterOf(overrides: Partial<Character> = {}): Character {
  return {
    id: "8d3fcf98-e33c-4f80-9cd9-e1be7f0a5c09",
    user_id: IDS.user,
    project_id: IDS.project,
    name: "Mina",
    description: "A girl with a red scarf",
    voice_id: null,
    image_id: IDS.image,
    confirmed_at: null,
    ...stamps,
    ...overrides,
  };
}

/** The first shot of {@link sceneOf}, not fitted and with nothing made for it. */
export function frameOf(overrides: Partial<FrameContext> = {}): FrameContext {
  return {
    id: "9e4ad0a9-f44d-4091-8dea-f2cf801b6d0a",
    user_id: IDS.user,
    project_id: IDS.project,
    scene_id: IDS.scene,
    index: 1,
    camera: "Wide",
    action: "A lighthouse at dusk",
    video_prompt: "The lamp wakes",
    duration_sec: null,
    image_id: null,
    video_clip_id: null,
    character_ids: [],
    ...stamps,
    ...overrides,
  };
}
