/** Scenes as stored. @module */
import { z } from "zod";
import { id, instant } from "./fields.ts";

/** A scene of a project. */
export const sceneRow = z.object({
  id,
  user_id: id,
  project_id: id,
  /** 1..N within the project. */
  index: z.int().min(1),
  title: z.string(),
  /** What the narrator says. */
  text: z.string(),
  /** What is to be seen. */
  plot: z.string(),
  notes: z.string(),
  created_at: instant,
  updated_at: instant,
});
/** A row of `scenes`. */
export type Scene = z.infer<typeof sceneRow>;
