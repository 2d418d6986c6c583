/**
 * What a film would be and cost, for `--dry-run`.
 *
 * @module
 */
import Table from "cli-table3";
import type { FilmPlan } from "../../../shared/contract/film_operations.ts";

/** The plan for people. */
export function formatPlan(
  { plan, balance }: { readonly plan: FilmPlan; readonly balance: number },
): string {
  const shots = new Table({
    head: ["Scene", "Shot", "Shown s", "Clip s", "Picture credits", "Clip credits"],
    colAligns: ["right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const shot of plan.shots) {
    shots.push([
      shot.scene,
      shot.shot,
      shot.shown_sec.toFixed(1),
      shot.clip_sec.toFixed(1),
      shot.image_credits,
      shot.clip_credits,
    ]);
  }
  const items = new Table({
    head: ["What", "Model", "Provider", "Jobs", "Units", "Credits", "Usual s"],
    colAligns: ["left", "left", "left", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { kind, model_id, provider, count, units, unit, credits, typical_sec } of plan.items) {
    items.push([
      kind,
      model_id,
      provider,
      count,
      `${Math.round(units * 10) / 10} ${unit.replaceAll("_", " ")}`,
      credits,
      typical_sec,
    ]);
  }
  return [
    shots.toString(),
    items.toString(),
    `Film     ${plan.target_length} s in ${plan.scene_count} scenes, ${plan.shots.length} shots`,
    `Credits  ${plan.credits} of the ${balance} a new user has`,
    `Time     usually ${plan.typical_sec} s with real providers`,
    "Nothing was made, and nothing is charged",
  ].join("\n");
}
