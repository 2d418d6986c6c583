/**
 * The cast: written, drawn, and confirmed by the user.
 *
 * @module
 */
import { planReference } from "./asset_plans.ts";
import type { FilmContext } from "./film_context.ts";
import type { Step } from "./step.ts";
import { wantUnrefused } from "./want_unrefused.ts";
import { planCharacters, type WritingContext } from "./writing_plans.ts";

/** How the cast stands. */
export type CastState = "writing" | "drawing" | "confirmation" | "ready";

/**
 * Wants as many characters as asked for, a reference picture of each, and the user's word for them. `draws`:
 * whether pictures may be bought yet.
 */
export function wantCast(
  step: Step,
  film: FilmContext,
  { writing, draws }: { readonly writing: WritingContext; readonly draws: boolean },
): CastState {
  const { state, wish, project } = film;
  if (state.characters.length < wish.character_count) {
    const written = step.want(
      "characters",
      1,
      () =>
        planCharacters(writing, { project, scenes: state.scenes, characters: state.characters }),
    );
    // Fewer than asked for may have been written, or the user took some out, or all: who is left is the cast.
    if (written !== "made") {
      step.count(2 * (wish.character_count - state.characters.length), false);
      return "writing";
    }
  }
  const bare = state.characters.filter(({ image_id }) => image_id === null);
  if (!draws) step.count(2 * bare.length, false);
  for (const character of draws ? bare : []) {
    wantUnrefused(step, {
      prefix: `reference:${character.id}`,
      weight: 2,
      first: planReference(film, { character, isMild: false }),
      milder: planReference(film, { character, isMild: true }),
      // A picture becomes its character's in the moment it is made: who has none gave it up.
      isGone: true,
    });
  }
  if (bare.length > 0) return "drawing";
  const isConfirmed = wish.auto_confirm ||
    state.characters.every(({ confirmed_at }) => confirmed_at !== null);
  return isConfirmed ? "ready" : "confirmation";
}
