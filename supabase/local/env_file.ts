/**
 * The project's `.env`: keys of real providers and settings of the functions.
 *
 * @module
 */
import { parseEnv } from "node:util";

/** Reads `NAME=value` lines as the Supabase CLI does; a file that is not there is an empty one. */
export async function readEnvFile(path: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (value !== undefined && value !== "") values[name] = value;
  }
  return values;
}
