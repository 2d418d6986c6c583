/**
 * The cast that waits for the user's word: who they are, and another picture of one of them.
 *
 * @module
 */
import type { StudioClient } from "../../../shared/client/studio_client.ts";
import { StudioError } from "../../../shared/client/studio_error.ts";
import { reasonOf } from "./film_error.ts";
import { rowsOf } from "./production_look.ts";

/** Somebody in the film. */
export interface CastMember {
  /** Of the row. */
  readonly id: string;
  /** What the others call them. */
  readonly name: string;
  /** How they look. */
  readonly description: string;
  /** Null: the narrator speaks for them. */
  readonly voice_id: string | null;
  /** The reference picture. Null: none yet. */
  readonly image_url: string | null;
  /** What drew it. Null: uploaded, or none yet. */
  readonly image_model: string | null;
}

/** What the user says to the cast. */
export type CastAnswer =
  | { readonly kind: "confirm" }
  | { readonly kind: "reroll"; readonly member: CastMember }
  /** Not now: everything is kept, and the film goes on waiting. */
  | { readonly kind: "keep" };

/** Asks the user. `note`: what went wrong with what was asked for last. */
export type ConfirmCast = (cast: readonly CastMember[], note?: string) => Promise<CastAnswer>;

/** Largest that every painter takes. */
const SEEDS = 2 ** 31;

/** Reads a project's cast, in order. Errors: {@link StudioError}. */
export async function readCast(
  { supabase }: Pick<StudioClient, "supabase">,
  projectId: string,
): Promise<CastMember[]> {
  const [characters, images] = await Promise.all([
    supabase.from("characters").select("id, name, description, voice_id, image_id")
      .eq("project_id", projectId).order("created_at").order("name"),
    supabase.from("image_assets").select("id, url, model").eq("project_id", projectId)
      .not("character_id", "is", null),
  ]);
  const pictures = rowsOf(images);
  return rowsOf(characters).map(({ image_id, ...character }) => {
    const picture = pictures.find(({ id }) => id === image_id);
    return {
      ...character,
      image_url: picture?.url ?? null,
      image_model: picture?.model ?? null,
    };
  });
}

/**
 * Draws somebody anew, with the same model and words, and waits for it. Gives why that failed, or undefined:
 * the old picture is theirs until there is a new one. Costs as much as the first.
 */
export async function rerollPicture(
  studio: StudioClient,
  { id, name, image_model }: CastMember,
  { projectId, style, signal }: {
    readonly projectId: string;
    readonly style: string | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<string | undefined> {
  const call = signal === undefined ? {} : { signal };
  try {
    const { job } = await studio.call("generate-image", {
      project_id: projectId,
      character_id: id,
      style_prompt: style,
      model: image_model ?? undefined,
      model_options: { seed: Math.floor(Math.random() * SEEDS) },
    }, call);
    const [ended] = await studio.watch([job.id], call);
    if (ended?.state === "succeeded") return undefined;
    const { code, message } = reasonOf(ended?.error ?? null);
    return `Cannot draw ${name} anew: ${code}: ${message}`;
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return `Cannot draw ${name} anew: ${error.code}: ${error.message}`;
  }
}
