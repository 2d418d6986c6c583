/**
 * A style asked for by name, looked up before the photo is sent.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../../shared/database.types.ts";
import { UsageError } from "../film/usage_error.ts";

/** Checks that the catalogue offers it. Errors: {@link UsageError} with those it does offer, by kind. */
export async function checkPreset(
  supabase: SupabaseClient<Database>,
  slug: string | undefined,
): Promise<void> {
  if (slug === undefined) return;
  const { data, error } = await supabase.from("presets").select("slug, kind").eq("active", true)
    .order("kind").order("sort");
  if (error !== null) throw new Error(`Cannot read the presets: ${error.message}`);
  if (data.some((preset) => preset.slug === slug)) return;
  const lines = Object.entries(Object.groupBy(data, ({ kind }) => kind)).map(([kind, presets]) =>
    `  ${kind}: ${presets?.map((preset) => preset.slug).join(", ")}`
  );
  throw new UsageError(
    [`Cannot use --preset "${slug}": the catalogue offers`, ...lines].join("\n"),
  );
}
