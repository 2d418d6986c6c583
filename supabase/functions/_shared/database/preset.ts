/**
 * Styles of the catalogue.
 *
 * @module
 */
import { type Preset, presetRow } from "../../../../shared/contract/preset.ts";
import { AppError } from "../app_error.ts";
import type { Client } from "./rpc.ts";

/**
 * Reads a style that is offered, with the caller's own rights; null when none was asked for.
 * Errors: `MODEL_INPUT_INVALID` with those that are offered.
 */
export async function readPreset(client: Client, slug: string | undefined): Promise<Preset | null> {
  if (slug === undefined) return null;
  const offered = client.from("presets").select("*").eq("active", true);
  const { data, error } = await offered.eq("slug", slug).maybeSingle();
  if (error !== null) throw unread(error);
  if (data !== null) return presetRow.parse(data);
  const all = await client.from("presets").select("slug").eq("active", true).order("slug");
  if (all.error !== null) throw unread(all.error);
  throw new AppError("MODEL_INPUT_INVALID", `Cannot use preset "${slug}": it is not offered`, {
    details: { field: "preset", allowed: all.data.map((preset) => preset.slug) },
  });
}

function unread(cause: { readonly message: string }): Error {
  return new Error(`Cannot read the presets: ${cause.message}`, { cause });
}
