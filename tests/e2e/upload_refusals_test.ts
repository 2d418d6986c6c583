import assert from "node:assert/strict";
import { REFUSED_URLS } from "../fixtures/media/refused_urls.ts";
import {
  ascii,
  type Bytes,
  canvas96,
  join,
  jpegOf,
  pngOf,
  riff,
  talkativeJpeg,
  WEBP_96,
  zlib,
} from "../fixtures/media/uploads.ts";
import { as, ledgerOf, post, signUp, stack, type TestUser, withDatabase } from "./studio.ts";
import { imagesOf, newProject, objectsBelow, upload } from "./uploading.ts";

const SIZE = { width: 96, height: 64 };
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

/** Nothing of a refused upload is anywhere. */
async function assertNothingKept(user: TestUser, project: string): Promise<void> {
  assert.deepEqual(await imagesOf(user.id), []);
  assert.deepEqual(await objectsBelow(`projects/${project}/uploads`), []);
  const { charges, sum, balance } = await ledgerOf(user.id);
  assert.deepEqual([charges, sum], [0, balance]);
  const { data } = await user.studio.supabase.from("projects").select("id");
  assert.deepEqual(data, [{ id: project }]);
}

type Hostile = readonly [
  what: string,
  make: () => Bytes | Promise<Bytes>,
  type: string,
  code: string,
  reason?: string,
];

const HOSTILE: readonly Hostile[] = [
  ["11 MB", () => new Uint8Array(11_000_000), "image/jpeg", "PAYLOAD_TOO_LARGE"],
  ["an SVG", () => ascii(SVG), "image/png", "IMAGE_INVALID", "wrong_type"],
  ["HTML", () => ascii(`<html>${SVG}</html>`), "image/jpeg", "IMAGE_INVALID", "wrong_type"],
  ["a GIF", () => ascii("GIF89a\x40\0\x40\0"), "image/webp", "IMAGE_INVALID", "wrong_type"],
  ["a HEIC", () => ascii("\0\0\0\x18ftypheic"), "image/jpeg", "IMAGE_INVALID", "wrong_type"],
  ["nothing", () => new Uint8Array(), "image/png", "IMAGE_INVALID", "empty"],
  [
    "a PDF that holds a JPEG",
    () => join(ascii("%PDF-1.7\n"), jpegOf(SIZE)),
    "image/jpeg",
    "IMAGE_INVALID",
    "wrong_type",
  ],
  [
    "a script that begins like a JPEG",
    () => join(Uint8Array.of(0xff, 0xd8, 0xff), ascii(SVG)),
    "image/jpeg",
    "IMAGE_INVALID",
    "unreadable",
  ],
  [
    "a bomb of 10 gigapixels",
    () => pngOf({ ...SIZE, claims: { width: 100_000, height: 100_000 } }),
    "image/png",
    "IMAGE_INVALID",
    "dimensions",
  ],
  [
    "a bomb of packed zeros",
    async () => await pngOf({ ...SIZE, data: await zlib(new Uint8Array(100_000_000)) }),
    "image/png",
    "IMAGE_INVALID",
    "dimensions",
  ],
  [
    "a truncated JPEG",
    () => talkativeJpeg(SIZE).slice(0, -40),
    "image/jpeg",
    "IMAGE_INVALID",
    "truncated",
  ],
  [
    "a truncated PNG",
    async () => (await pngOf(SIZE)).slice(0, -5),
    "image/png",
    "IMAGE_INVALID",
    "truncated",
  ],
  ["a truncated WebP", () => WEBP_96.slice(0, -5), "image/webp", "IMAGE_INVALID", "truncated"],
  [
    "an animation",
    () => riff(["VP8X", canvas96(2)], ["ANIM", new Uint8Array(6)]),
    "image/webp",
    "IMAGE_INVALID",
    "animated",
  ],
  [
    "a picture of 63 pixels",
    () => jpegOf({ width: 63, height: 64 }),
    "image/jpeg",
    "IMAGE_INVALID",
    "dimensions",
  ],
  ["an SVG by its own name", () => ascii(SVG), "image/svg+xml", "UNSUPPORTED_MEDIA_TYPE"],
];

for (const [what, make, type, code, reason] of HOSTILE) {
  Deno.test(`promise 18: upload-image refuses ${what} as ${type}, and keeps and charges nothing`, async () => {
    const user = await signUp();
    const project = await newProject(user);
    const bytes = await make();
    const bodies: (Bytes | FormData)[] = [bytes];
    if (code === "IMAGE_INVALID") {
      const form = new FormData();
      form.set("file", new Blob([bytes], { type }), "photo");
      bodies.push(form);
    }
    for (const body of bodies) {
      const answer = await upload(user, body, { type, query: `?project_id=${project}` });
      assert.equal(answer.json["code"], code, answer.text);
      const status = { IMAGE_INVALID: 422, PAYLOAD_TOO_LARGE: 413, UNSUPPORTED_MEDIA_TYPE: 415 };
      assert.equal(answer.status, status[code as keyof typeof status]);
      assert.equal((answer.json["details"] as { reason?: string } | undefined)?.reason, reason);
    }
    await assertNothingKept(user, project);
  });
}

Deno.test("promise 18: upload-image cuts a polyglot down to its picture", async () => {
  const user = await signUp();
  const picture = jpegOf(SIZE);
  const { image } = await upload(user, join(picture, ascii(`PK\x03\x04${SVG}`)));
  const kept = await (await fetch(image?.url ?? "")).bytes();
  assert.deepEqual(kept, picture);
});

Deno.test("upload-image keeps nothing of a body that breaks off", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const bytes = jpegOf({ width: 1000, height: 1000 }, 95);
  let sent = 0;
  const broken = new ReadableStream<Bytes>({
    pull(controller) {
      if (sent > 0) return controller.error(new Error("broken on purpose"));
      controller.enqueue(bytes.slice(0, 5000));
      sent += 1;
    },
  });
  const url = `${stack.url}/functions/v1/upload-image?project_id=${project}`;
  const headers = { Authorization: `Bearer ${user.token}`, "Content-Type": "image/jpeg" };
  await assert.rejects(fetch(url, { method: "POST", headers, body: broken }));
  await assertNothingKept(user, project);
});

Deno.test("promise 18: upload-image refuses every URL that may lead inside, over HTTP, and keeps nothing", async () => {
  const user = await signUp();
  const project = await newProject(user);
  assert.ok(REFUSED_URLS.length >= 40);
  for (const [image_url, reason] of REFUSED_URLS) {
    const answer = await post("upload-image", { project_id: project, image_url }, as(user));
    const shown = `${image_url.slice(0, 80)}: ${answer.text}`;
    const isNoText = image_url === "" || image_url.length > 4096;
    assert.equal(answer.json["code"], isNoText ? "VALIDATION_FAILED" : "IMAGE_INVALID", shown);
    if (isNoText) continue;
    assert.equal(answer.status, 422, shown);
    assert.equal((answer.json["details"] as { reason: string }).reason, reason, shown);
  }
  await assertNothingKept(user, project);
});

Deno.test("upload-image refuses JSON that names no picture, or more than one", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const path = `${user.id}/${crypto.randomUUID()}`;
  const bodies: [unknown, number][] = [
    [{}, 400],
    [{ project_id: project }, 400],
    [{ image_url: "https://a.org/x.png", upload_path: path }, 400],
    [{ content_type: "image/png" }, 400],
    [{ size_bytes: 5 }, 400],
    [{ content_type: "image/gif", size_bytes: 5 }, 400],
    [{ content_type: "image/png", size_bytes: 11_000_000 }, 400],
    [{ content_type: "image/png", size_bytes: 0 }, 400],
    [{ upload_path: "../../etc/passwd" }, 400],
    [{ upload_path: path }, 404],
  ];
  for (const [body, status] of bodies) {
    const answer = await post("upload-image", body, as(user));
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
  }
  await assertNothingKept(user, project);
});

Deno.test("promise 15: nobody uploads into another's project, or into a deleted one, or sees what is there", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const project = await newProject(owner);
  const { image } = await upload(owner, jpegOf(SIZE), { query: `?project_id=${project}` });
  const other = jpegOf({ width: 100, height: 100 });
  const calls = async (user: TestUser) => [
    await upload(user, other, { query: `?project_id=${project}` }),
    // The owner's own picture, too: whether it is there must not show.
    await upload(user, jpegOf(SIZE), { query: `?project_id=${project}` }),
    await post(
      "upload-image",
      { project_id: project, content_type: "image/png", size_bytes: 9 },
      as(user),
    ),
    await post(
      "generate-video",
      { project_id: project, image_ids: [image?.id], preset: "hip-hop" },
      as(user),
    ),
  ];
  for (const answer of await calls(stranger)) {
    assert.equal(answer.status, 404, answer.text);
    assert.equal(answer.json["code"], "NOT_FOUND");
  }
  const { data } = await stranger.studio.supabase.from("image_assets").select("id");
  assert.deepEqual(data, []);
  assert.deepEqual(await imagesOf(stranger.id), []);
  // The same picture of another user is that user's own, in a project of theirs.
  const theirs = await stranger.studio.uploadImage(jpegOf(SIZE));
  assert.equal(theirs.is_new, true);
  assert.notEqual(theirs.image_asset.id, image?.id);

  await withDatabase((sql) =>
    sql`update public.projects set deleted_at = now() where id = ${project}`
  );
  for (const answer of await calls(owner)) assert.equal(answer.status, 404, answer.text);
  assert.deepEqual(await objectsBelow(`projects/${project}/uploads`), [`${image?.id}.jpg`]);
});

Deno.test("upload-image takes 300 pictures a day and says when that is over, keeping nothing more", async () => {
  const user = await signUp();
  const project = await newProject(user);
  const add = (count: number) =>
    withDatabase((sql) =>
      sql`insert into public.image_assets (user_id, project_id, source, url, status, content_hash)
        select ${user.id}, ${project}, 'uploaded', 'https://studio.test/' || i, 'ready',
          encode(sha256(i::text::bytea), 'hex') from generate_series(1, ${count}::int) as i`
    );
  await add(299);
  const query = `?project_id=${project}`;
  const last = await upload(user, jpegOf(SIZE), { query });
  assert.equal(last.status, 200, last.text);
  for (const place of [query, ""]) {
    const more = await upload(user, jpegOf({ width: 100, height: 64 }), { query: place });
    assert.equal(more.status, 429, more.text);
    assert.equal(more.json["code"], "RATE_LIMITED");
  }
  const again = await upload(user, jpegOf(SIZE), { query });
  assert.deepEqual([again.status, again.isNew], [200, false], "what is there is still answered");
  assert.deepEqual(await objectsBelow(`projects/${project}/uploads`), [`${last.image?.id}.jpg`]);
});
