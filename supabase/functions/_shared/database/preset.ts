/**
 * Styles of the catalogue.
 *
 * @module
 */
import { type Preset, presetRow } from "../../../../shared/contract/preset.ts";
import { AppError } from "../app_error.ts";
import type { Client } from "./rpc.ts";

const style = presetRow.pick({
  slug: true,
  kind: true,
  prompt_template: true,
  sample_settings: true,
});

/** What clips need to know of a style. */
export type Style = Pick<Preset, keyof typeof style.shape>;

/**
 * Reads a style that is offered, with the caller's own rights; null when none was asked for.
 * Errors: `MODEL_INPUT_INVALID` with those that are offered.
 */
export async function readPreset(client: Client, slug: string | undefined): Promise<Style | null> {
  if (slug === undefined) return null;
  const { data, error } = await client.from("presets")
    .select("slug, kind, prompt_template, sample_settings")
    .eq("active", true).eq("slug", slug).maybeSingle();
  if (error !== null) throw unread(error);
  if (data !== null) return style.parse(data);
  const all = await client.from("presets").select("slug").eq("active", true).order("slug");
  if (all.error !== null) throw unread(all.error);
  throw new AppError("MODEL_INPUT_INVALID", `Cannot use preset "${slug}": it is not offered`, {
    details: { field: "preset", allowed: all.data.map((preset) => preset.slug) },
  });
}

function unread(cause: { readonly message: string }): Error {
  return new Error(`Cannot read the presets: ${cause.message}`, { cause });
}
