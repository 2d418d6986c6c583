import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import {
  ascii,
  type Bytes,
  holds,
  jpegOf,
  pngOf,
  SECRETS,
  talkativeJpeg,
  WEBP_96,
} from "../fixtures/media/uploads.ts";
import { notesOf } from "./deletion.ts";
import { ledgerOf, signUp, stack } from "./studio.ts";
import { imagesOf, newProject, objectsBelow, upload } from "./uploading.ts";

const SIZE = { width: 320, height: 200 };

Deno.test("promise 18: upload-image keeps a photo without its place, its words and its author", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const sent = talkativeJpeg(SIZE, 6);
  const answer = await upload(user, sent, { query: `?project_id=${project}` });
  assert.equal(answer.status, 200, answer.text);
  const body = OPERATIONS["upload-image"].response.parse(answer.json);
  assert.ok("is_new" in body);
  const { image_asset: image } = body;
  assert.equal(body.is_new, true);
  assert.equal(body.project.id, project);
  assert.deepEqual(
    [image.source, image.status, image.scene_id, image.is_main, image.width, image.height],
    ["uploaded", "ready", null, false, 200, 320],
    "width and height as shown: it lies on its side",
  );
  const path = `projects/${project}/uploads/${image.id}.jpg`;
  assert.equal(image.url, `${stack.url}/storage/v1/object/public/aiauto/${path}`);
  const response = await fetch(image.url ?? "");
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  const kept = await response.bytes();
  for (const secret of [...SECRETS, "Photoshop", "http"]) assert.ok(!holds(kept, secret), secret);
  assert.ok(holds(kept, "ICC_PROFILE"), "colours stay right");
  assert.ok(
    holds(kept, "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"),
    "so does the turn",
  );
  assert.ok(kept.length < sent.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", kept));
  assert.equal(image.content_hash, digest.toHex());
  assert.equal((await ledgerOf(user.id)).charges, 0);
});

Deno.test("upload-image takes a body or a form of each type, by its bytes and not by its name", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const pictures: readonly (readonly [Bytes, string, string])[] = [
    [jpegOf(SIZE), "image/png", "image/jpeg"],
    [await pngOf(SIZE), "image/webp", "image/png"],
    [WEBP_96, "image/jpeg", "image/webp"],
  ];
  for (const [bytes, claimed, real] of pictures) {
    const form = new FormData();
    form.set("project_id", project);
    form.set("photo", new File([bytes], "x.exe", { type: claimed }));
    const [plain, filled] = [
      await upload(user, bytes, { type: claimed, query: `?project_id=${project}` }),
      await upload(user, form),
    ];
    assert.equal(plain.status, 200, plain.text);
    assert.equal(filled.status, 200, filled.text);
    assert.equal(filled.image?.id, plain.image?.id, "the same picture is the same row");
    assert.deepEqual([plain.isNew, filled.isNew], [true, false]);
    const stored = await fetch(plain.image?.url ?? "");
    assert.equal(stored.headers.get("content-type"), real);
    await stored.body?.cancel();
  }
  assert.equal((await imagesOf(user.id)).length, 3);
  assert.equal((await objectsBelow(`projects/${project}/uploads`)).length, 3);
});

Deno.test("upload-image without a project makes one, and the same one for the same picture", async () => {
  const user = await signUp();
  const bytes = talkativeJpeg(SIZE);
  const first = await user.studio.uploadImage(new Blob([bytes], { type: "image/jpeg" }));
  const again = await user.studio.uploadImage(bytes);
  const other = await user.studio.uploadImage(jpegOf({ width: 64, height: 64 }));
  assert.match(first.project.title, /^Photo of \d{4}-\d\d-\d\d$/);
  assert.equal(first.project.user_id, user.id);
  assert.equal(again.image_asset.id, first.image_asset.id);
  assert.deepEqual([first.is_new, again.is_new, other.is_new], [true, false, true]);
  assert.notEqual(other.project.id, first.project.id);
  const { data } = await user.studio.supabase.from("projects").select("id");
  assert.equal(data?.length, 2);
  const notes = await notesOf([first.project.id, other.project.id]);
  assert.equal(notes.length, 0, "their folders are nobody's to empty");
  // A project of the user's own is another place: the picture is kept there too.
  const own = await newProject(user);
  const there = await user.studio.uploadImage(bytes, { projectId: own });
  assert.equal(there.is_new, true);
  assert.notEqual(there.image_asset.id, first.image_asset.id);
});

Deno.test("upload-image keeps one row and one object of a picture that comes ten times at once", async () => {
  const user = await signUp();
  const project = await newProject(user);
  for (const query of [`?project_id=${project}`, ""]) {
    const bytes = jpegOf({ width: 64 + query.length, height: 100 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => upload(user, bytes, { query })),
    );
    for (const { status, text } of answers) assert.equal(status, 200, text);
    assert.equal(new Set(answers.map(({ image }) => image?.id)).size, 1);
    assert.equal(answers.filter(({ isNew }) => isNew).length, 1);
    const [kept] = answers;
    const objects = await objectsBelow(`projects/${kept?.image?.project_id}/uploads`);
    assert.deepEqual(objects, [`${kept?.image?.id}.jpg`]);
  }
  const { data } = await user.studio.supabase.from("projects").select("id");
  assert.equal(data?.length, 2);
});

Deno.test("upload-image refuses forms that are not one file, and files with a way of another kind", async () => {
  const user = await signUp();
  const file = () => new File([jpegOf(SIZE)], "a.jpg", { type: "image/jpeg" });
  const forms: (readonly [string, string | File])[][] = [
    [],
    [["project_id", crypto.randomUUID()]],
    [["a", file()], ["b", file()]],
    [["a", file()], ["project_id", "not an id"]],
    [["a", file()], ["user_id", crypto.randomUUID()]],
  ];
  for (const parts of forms) {
    const form = new FormData();
    for (const [name, value] of parts) form.append(name, value);
    const answer = await upload(user, form);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json["code"], "VALIDATION_FAILED");
  }
  const broken = await upload(user, ascii("--x\r\nnot a form"), {
    type: "multipart/form-data; boundary=x",
  });
  assert.equal(broken.status, 400, broken.text);
  const queries = ["?image_url=https://a.org/x.png", "?project_id=1", "?surprise=1", "?user_id=1"];
  for (const query of queries) {
    const answer = await upload(user, jpegOf(SIZE), { query });
    assert.equal(answer.status, 400, `${query}: ${answer.text}`);
  }
  assert.deepEqual(await imagesOf(user.id), []);
});
