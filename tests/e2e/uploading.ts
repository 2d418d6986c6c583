/**
 * What the tests of uploads share: raw uploads, and Storage and rows seen from outside.
 *
 * @module
 */
import { createClient } from "@supabase/supabase-js";
import type { ImageAsset } from "../../shared/mod.ts";
import type { Bytes } from "../fixtures/media/uploads.ts";
import { stack, type TestUser, withDatabase } from "./studio.ts";

/** Storage with the service's rights. */
export const storage = createClient(stack.url, stack.secretKey, {
  auth: { persistSession: false, autoRefreshToken: false },
}).storage;

/** Sends a picture or a form as a user. */
export async function upload(
  user: TestUser,
  body: Bytes | FormData,
  { type = "image/jpeg", query = "" }: { type?: string; query?: string } = {},
) {
  const response = await fetch(`${stack.url}/functions/v1/upload-image${query}`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${user.token}`,
      ...(body instanceof FormData ? {} : { "Content-Type": type }),
    },
    body,
  });
  const text = await response.text();
  const json: Record<string, unknown> = JSON.parse(text);
  return {
    status: response.status,
    text,
    json,
    image: json["image_asset"] as ImageAsset | undefined,
    isNew: json["is_new"] as boolean | undefined,
  };
}

/** Makes an empty project through the Data API. Gives its id. */
export async function newProject(user: TestUser): Promise<string> {
  const { data, error } = await user.studio.supabase.from("projects")
    .insert({ title: "A test" }).select("id").single();
  if (error !== null) throw new Error(`Cannot insert a project: ${error.message}`);
  return data.id;
}

/** Names of the objects in a folder of the media bucket. */
export async function objectsBelow(folder: string, bucket = "aiauto"): Promise<string[]> {
  const { data, error } = await storage.from(bucket).list(folder);
  if (error !== null) throw error;
  return data.map(({ name }) => name);
}

/** A user's pictures, from outside. */
export async function imagesOf(userId: string): Promise<{ id: string; project_id: string }[]> {
  return await withDatabase(async (sql) => [
    ...await sql<{ id: string; project_id: string }[]>`
      select id, project_id from public.image_assets where user_id = ${userId}`,
  ]);
}
