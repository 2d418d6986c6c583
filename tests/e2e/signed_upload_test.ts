import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import {
  ascii,
  type Bytes,
  holds,
  jpegOf,
  SECRETS,
  talkativeJpeg,
} from "../fixtures/media/uploads.ts";
import { purgeUntil } from "./deletion.ts";
import { as, post, signUp, stack, type TestUser, withDatabase } from "./studio.ts";
import { imagesOf, newProject, objectsBelow } from "./uploading.ts";

const SIZE = { width: 320, height: 200 };
const WISH = { content_type: "image/jpeg", size_bytes: 5000 } as const;

/** A client without a session: the token alone lets the file in. */
const anyone = createClient(stack.url, stack.publishableKey, {
  auth: { persistSession: false, autoRefreshToken: false },
}).storage;

/** Asks for a place, as a client does. */
async function placeFor(user: TestUser, projectId?: string) {
  const answer = await user.studio.call("upload-image", { ...WISH, project_id: projectId });
  assert.ok("upload" in answer);
  return answer.upload;
}

/** Asks for a place and puts a file there by the official client. */
async function stage(user: TestUser, file: Bytes | Blob, contentType = "image/jpeg") {
  const place = await placeFor(user);
  const { error } = await anyone.from(place.bucket)
    .uploadToSignedUrl(place.path, place.token, file, { contentType });
  return { ...place, error };
}

Deno.test("upload-image takes what was put into Storage by a signed URL, cleaned, and removes the original", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const place = await placeFor(user, project);
  const blob = new Blob([talkativeJpeg(SIZE)], { type: "image/jpeg" });
  const sent = await anyone.from(place.bucket)
    .uploadToSignedUrl(place.path, place.token, blob, { contentType: "image/jpeg" });
  assert.equal(sent.error, null);
  const finish = { project_id: project, upload_path: place.path };
  const answer = await post("upload-image", finish, as(user));
  assert.equal(answer.status, 200, answer.text);
  const { image_asset: image, is_new } = answer.json as {
    image_asset: { id: string; url: string };
    is_new: boolean;
  };
  assert.equal(is_new, true);
  assert.equal(place.path, `${user.id}/${image.id}`);
  const kept = await (await fetch(image.url)).bytes();
  for (const secret of SECRETS) assert.ok(!holds(kept, secret), secret);
  assert.deepEqual(await objectsBelow(user.id, place.bucket), []);

  const again = await post("upload-image", finish, as(user));
  assert.equal(again.status, 200, again.text);
  assert.deepEqual(
    again.json["image_asset"],
    answer.json["image_asset"],
    "a lost answer comes again",
  );
});

Deno.test("upload-image's signed URL takes a plain PUT, and the finish makes a project where none is named", async () => {
  const user = await signUp();
  const place = await placeFor(user);
  const put = await fetch(place.url, {
    method: "PUT",
    headers: { "Content-Type": "image/jpeg" },
    body: jpegOf(SIZE),
  });
  assert.equal(put.status, 200, await put.text());
  const finishes = await Promise.all(
    Array.from({ length: 5 }, () => post("upload-image", { upload_path: place.path }, as(user))),
  );
  const taken = finishes.filter(({ status }) => status === 200);
  assert.ok(taken.length > 0, finishes[0]?.text ?? "");
  // One that comes while the file is just being taken away may miss both; asked again, it is there.
  for (const { status } of finishes) assert.ok(status === 200 || status === 404);
  const [image] = await imagesOf(user.id);
  assert.equal((await imagesOf(user.id)).length, 1);
  assert.deepEqual(await objectsBelow(`projects/${image?.project_id}/uploads`), [
    `${image?.id}.jpg`,
  ]);
  const { data } = await user.studio.supabase.from("projects").select("id");
  assert.equal(data?.length, 1);
  assert.deepEqual(await objectsBelow(user.id, place.bucket), []);
});

Deno.test("promise 18: upload-image refuses a hostile file from Storage too, and leaves nothing of it", async () => {
  const user = await signUp();
  for (
    const [file, reason] of [[ascii("<svg/>"), "wrong_type"], [
      jpegOf(SIZE).slice(0, 500),
      "truncated",
    ]] as const
  ) {
    const place = await stage(user, file);
    assert.equal(place.error, null);
    const answer = await post("upload-image", { upload_path: place.path }, as(user));
    assert.equal(answer.status, 422, answer.text);
    assert.equal((answer.json["details"] as { reason: string }).reason, reason);
    assert.deepEqual(await objectsBelow(user.id, place.bucket), []);
  }
  assert.deepEqual(await imagesOf(user.id), []);
});

Deno.test("Storage itself refuses signed uploads that are too large or of another type", async () => {
  const user = await signUp();
  const large = await stage(user, new Uint8Array(10 * 1024 * 1024));
  assert.match(large.error?.message ?? "", /exceeded the maximum allowed size/);
  const svg = await stage(user, ascii("<svg/>"), "image/svg+xml");
  assert.ok(svg.error !== null, "an SVG");
  assert.deepEqual(await objectsBelow(user.id, large.bucket), []);
});

Deno.test("promise 15: a waiting file is nobody else's to read, list, take or replace", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const place = await stage(owner, talkativeJpeg(SIZE));
  assert.equal(place.error, null);
  for (const client of [stranger.studio.supabase.storage, owner.studio.supabase.storage, anyone]) {
    const bucket = client.from(place.bucket);
    assert.ok((await bucket.download(place.path)).error !== null, "read");
    assert.deepEqual((await bucket.list(owner.id)).data ?? [], [], "list");
    const options = { contentType: "image/jpeg", upsert: true };
    assert.ok((await bucket.upload(place.path, jpegOf(SIZE), options)).error !== null, "replace");
    assert.deepEqual((await bucket.remove([place.path])).data ?? [], [], "remove");
  }
  const open = await fetch(bucketUrl(place));
  assert.ok(open.status >= 400);
  await open.body?.cancel();
  // Its token is for its own path alone.
  const elsewhere = `${stranger.id}/${crypto.randomUUID()}`;
  const moved = await anyone.from(place.bucket)
    .uploadToSignedUrl(elsewhere, place.token, jpegOf(SIZE), { contentType: "image/jpeg" });
  assert.ok(moved.error !== null, "another path");
  const stolen = await post("upload-image", { upload_path: place.path }, as(stranger));
  assert.equal(stolen.status, 404, stolen.text);
  assert.deepEqual(await imagesOf(stranger.id), []);
  const taken = await post("upload-image", { upload_path: place.path }, as(owner));
  assert.equal(taken.status, 200, taken.text);
});

Deno.test("upload-image gives 60 places in 3 hours, whether anything was put there or not", async () => {
  const user = await signUp();
  await withDatabase((sql) =>
    sql`insert into public.upload_grants (id, user_id, kind)
      select gen_random_uuid(), ${user.id}, 'picture' from generate_series(1, 59)`
  );
  await placeFor(user);
  const answer = await post("upload-image", WISH, as(user));
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.json["code"], "RATE_LIMITED");
  assert.match(String(answer.json["message"]), /60 in 10800 seconds/);
});

Deno.test("a picture that nobody had taken, or that was put there again, does not stay in Storage", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const taken = await stage(user, talkativeJpeg(SIZE));
  const finish = { project_id: project, upload_path: taken.path };
  assert.equal((await post("upload-image", finish, as(user))).status, 200);
  const putAgain = () =>
    anyone.from(taken.bucket)
      .uploadToSignedUrl(taken.path, taken.token, talkativeJpeg(SIZE), {
        contentType: "image/jpeg",
      });
  assert.equal((await putAgain()).error, null, "its token is still good");
  assert.equal((await post("upload-image", finish, as(user))).status, 200);
  assert.deepEqual(await objectsBelow(user.id, taken.bucket), [], "the repeat removes it");

  assert.equal((await putAgain()).error, null);
  const forgotten = await stage(user, talkativeJpeg(SIZE));
  const nowhere = { project_id: crypto.randomUUID(), upload_path: forgotten.path };
  assert.equal((await post("upload-image", nowhere, as(user))).status, 404);
  assert.equal((await objectsBelow(user.id, taken.bucket)).length, 2);
  await withDatabase((sql) =>
    sql`update public.upload_grants set created_at = now() - private.late_upload_window()
      where user_id = ${user.id}`
  );
  const isGone = async () => (await objectsBelow(user.id, taken.bucket)).length === 0;
  await purgeUntil(isGone, "pictures that were not taken");
  assert.equal((await imagesOf(user.id)).length, 1);
});

function bucketUrl({ bucket, path }: { bucket: string; path: string }): string {
  return `${stack.url}/storage/v1/object/public/${bucket}/${path}`;
}
