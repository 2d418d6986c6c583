/**
 * Models asked for by name, looked up before the script is paid for.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../../shared/database.types.ts";
import type { FilmWish } from "./film_wish.ts";
import { UsageError } from "./usage_error.ts";

/** Checks that the catalogue offers them. Errors: {@link UsageError} with the ones it does offer. */
export async function checkModels(
  supabase: SupabaseClient<Database>,
  wish: Pick<FilmWish, "imageModel" | "videoModel">,
): Promise<void> {
  await checkOffered(supabase, [
    { flag: "--image-model", kind: "image", id: wish.imageModel },
    { flag: "--video-model", kind: "video", id: wish.videoModel },
  ]);
}

/** A model asked for by an option of the command line. */
export interface AskedModel {
  /** The option. */
  readonly flag: string;
  /** Of the catalogue's kinds. */
  readonly kind: string;
  /** Absent: any will do. */
  readonly id: string | undefined;
}

/** As {@link checkModels}, for options of any name. */
export async function checkOffered(
  supabase: SupabaseClient<Database>,
  models: readonly AskedModel[],
): Promise<void> {
  const asked = models.filter(({ id }) => id !== undefined);
  if (asked.length === 0) return;
  const { data, error } = await supabase.from("models").select("id, kind").is("retired_at", null)
    // A film has one picture a clip.
    .is("limits->last_frame_required", null).order("id");
  if (error !== null) throw new Error(`Cannot read the catalogue: ${error.message}`);
  for (const { flag, kind, id } of asked) {
    const offered = data.filter((model) => model.kind === kind).map((model) => model.id);
    if (offered.some((model) => model === id)) continue;
    throw new UsageError(`Cannot use ${flag} "${id}": the catalogue offers ${offered.join(", ")}`);
  }
}
