import assert from "node:assert/strict";
import type { SupabaseClient } from "@supabase/supabase-js";
import { parseRange } from "../../supabase/local/object_files.ts";
import { clientOf, signUp, startFixtureStack } from "./fixture_stack.ts";

let stack: Awaited<ReturnType<typeof startFixtureStack>>;
let service: SupabaseClient;
Deno.test.beforeAll(async () => {
  stack = await startFixtureStack({ workers: 1 });
  service = clientOf(stack, stack.keys.secret);
});
Deno.test.afterAll(() => stack.dispose());

/** A folder no other test uses. */
const folder = () => `projects/${crypto.randomUUID()}`;
const text = (content: string) => new TextEncoder().encode(content);

/** `size` bytes that are not all the same, in chunks, and made as they are read. */
function stream(size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = Uint8Array.from(
        { length: Math.min(65_536, size - at) },
        (_, index) => (at + index) % 251,
      );
      at += chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (at === size) controller.close();
    },
  });
}

Deno.test("fixStorage() takes a Blob, a File, bytes and a stream, each with its own type", async () => {
  const dir = folder();
  const bodies = {
    "blob.png": new Blob([text("blob")], { type: "image/png" }),
    "file.jpg": new File([text("file")], "other.txt", { type: "image/jpeg" }),
    "bytes.mp4": text("bytes"),
    "stream.mp3": stream(300_000),
  };
  const types = {
    "blob.png": "image/png",
    "file.jpg": "image/jpeg",
    "bytes.mp4": "video/mp4",
    "stream.mp3": "audio/mpeg",
  };
  for (const [name, body] of Object.entries(bodies)) {
    const contentType = types[name as keyof typeof types];
    const { data, error } = await service.storage.from("open")
      .upload(`${dir}/${name}`, body, { contentType, cacheControl: "60" });
    assert.equal(error, null, name);
    assert.equal(data?.path, `${dir}/${name}`);
    assert.equal(data?.fullPath, `open/${dir}/${name}`);
    const { publicUrl } = service.storage.from("open").getPublicUrl(`${dir}/${name}`).data;
    const response = await fetch(publicUrl);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), contentType, name);
    assert.equal(response.headers.get("cache-control"), "max-age=60", name);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    const received = await response.bytes();
    const sent = name === "stream.mp3"
      ? await new Response(stream(300_000)).bytes()
      : text(name.split(".")[0] ?? "");
    assert.deepEqual(received, sent, name);
  }
});

Deno.test("fixStorage() lists a folder's own names, so what was listed can be removed", async () => {
  const dir = folder();
  const bucket = service.storage.from("open");
  for (const name of ["b.txt", "a.txt", "deep/c.txt", "deep/d.txt"]) {
    await bucket.upload(`${dir}/${name}`, text(name), { contentType: "text/plain" });
  }
  const { data, error } = await bucket.list(dir);
  assert.equal(error, null);
  assert.deepEqual(data?.map(({ name, id }) => [name, id === null]), [
    ["a.txt", false],
    ["b.txt", false],
    ["deep", true],
  ]);
  assert.equal(data?.[0]?.metadata?.size, 5);
  assert.equal(data?.[0]?.metadata?.mimetype, "text/plain");
  const page = await bucket.list(dir, {
    limit: 1,
    offset: 1,
    sortBy: { column: "name", order: "desc" },
  });
  assert.deepEqual(page.data?.map(({ name }) => name), ["b.txt"]);

  const files = data?.filter(({ id }) => id !== null).map(({ name }) => `${dir}/${name}`) ?? [];
  const removed = await bucket.remove(files);
  assert.deepEqual(removed.data?.map(({ name }) => name), files);
  assert.deepEqual((await bucket.list(dir)).data?.map(({ name }) => name), ["deep"]);
  const gone = await fetch(bucket.getPublicUrl(files[0] ?? "").data.publicUrl);
  assert.equal(gone.status, 400);
  await gone.body?.cancel();
});

Deno.test("fixStorage() takes a folder's name as it is, not as a pattern", async () => {
  const dir = folder();
  const bucket = service.storage.from("open");
  await bucket.upload(`${dir}/a_b/one.txt`, text("1"), { contentType: "text/plain" });
  await bucket.upload(`${dir}/axb/two.txt`, text("2"), { contentType: "text/plain" });
  const { data } = await bucket.list(`${dir}/a_b`);
  assert.deepEqual(data?.map(({ name }) => name), ["one.txt"]);
});

Deno.test("fixStorage() signs downloads that work without a key, one or many", async () => {
  const path = `${folder()}/clip.mp4`;
  const bucket = service.storage.from("closed");
  await bucket.upload(path, text("signed"), { contentType: "video/mp4" });
  const bare = await fetch(`${stack.url}/storage/v1/object/public/closed/${path}`);
  assert.equal(bare.status, 400);
  await bare.body?.cancel();

  const one = await bucket.createSignedUrl(path, 60);
  assert.equal(one.error, null);
  const many = await bucket.createSignedUrls([path, `${path}.not`], 60);
  assert.equal(many.data?.[1]?.signedUrl, null);
  assert.match(many.data?.[1]?.error ?? "", /does not exist/);
  for (const url of [one.data?.signedUrl ?? "", many.data?.[0]?.signedUrl ?? ""]) {
    const response = await fetch(url);
    assert.equal(response.headers.get("content-type"), "video/mp4");
    assert.equal(await response.text(), "signed");
  }
  const named = await bucket.createSignedUrl(path, 60, { download: "film.mp4" });
  const response = await fetch(named.data?.signedUrl ?? "");
  assert.match(response.headers.get("content-disposition") ?? "", /attachment.*film\.mp4/);
  await response.body?.cancel();

  const other = (one.data?.signedUrl ?? "").replace("clip.mp4", "other.mp4");
  const refused = await fetch(other);
  assert.ok(refused.status >= 400);
  await refused.body?.cancel();
});

Deno.test("fixStorage() signs uploads that work without a session", async () => {
  const path = `${folder()}/upload.png`;
  const { data, error } = await service.storage.from("closed").createSignedUploadUrl(path);
  assert.equal(error, null);
  const anon = clientOf(stack).storage.from("closed");
  const sent = await anon.uploadToSignedUrl(path, data?.token ?? "", text("up"), {
    contentType: "image/png",
  });
  assert.equal(sent.error, null);
  const blob = await service.storage.from("closed").download(path);
  assert.equal(blob.data?.type, "image/png");
  assert.equal(await blob.data?.text(), "up");
});

Deno.test("fixStorage() tells whether an object exists", async () => {
  const path = `${folder()}/here.txt`;
  const bucket = service.storage.from("closed");
  await bucket.upload(path, text("here"), { contentType: "text/plain" });
  assert.equal((await bucket.exists(path)).data, true);
  assert.equal((await bucket.exists(`${path}.not`)).data, false);
  assert.equal((await bucket.info(path)).data?.name, path);
});

Deno.test("fixStorage() refuses to overwrite unless asked to", async () => {
  const path = `${folder()}/once.txt`;
  const bucket = service.storage.from("closed");
  await bucket.upload(path, text("first"), { contentType: "text/plain" });
  const second = await bucket.upload(path, text("second"), { contentType: "text/plain" });
  assert.ok(second.error !== null);
  assert.equal(await (await bucket.download(path)).data?.text(), "first");
  const third = await bucket.upload(path, text("third"), {
    contentType: "text/plain",
    upsert: true,
  });
  assert.equal(third.error, null);
  assert.equal(await (await bucket.download(path)).data?.text(), "third");
});

Deno.test("ObjectFiles.getObject() serves parts of a film, as players ask for them", async () => {
  const path = `${folder()}/film.mp4`;
  const size = 1_000_000;
  await service.storage.from("open").upload(path, stream(size), { contentType: "video/mp4" });
  const whole = await new Response(stream(size)).bytes();
  const { publicUrl } = service.storage.from("open").getPublicUrl(path).data;
  for (
    const [range, first, last] of [
      ["bytes=0-99", 0, 99],
      ["bytes=999900-", 999_900, 999_999],
      ["bytes=-50", 999_950, 999_999],
      ["bytes=100000-2000000", 100_000, 999_999],
    ] as const
  ) {
    const response = await fetch(publicUrl, { headers: { range } });
    assert.equal(response.status, 206, range);
    assert.equal(response.headers.get("content-range"), `bytes ${first}-${last}/${size}`);
    assert.equal(response.headers.get("content-length"), String(last - first + 1));
    assert.deepEqual(await response.bytes(), whole.subarray(first, last + 1), range);
  }
  const head = await fetch(publicUrl, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(size));
  assert.equal(head.headers.get("accept-ranges"), "bytes");
});

Deno.test("parseRange() ignores what it cannot serve", () => {
  for (const header of [null, "", "bytes=", "bytes=-", "items=0-1", "bytes=0-1,3-4", "bytes=9-2"]) {
    assert.equal(parseRange(header, 5), undefined, String(header));
  }
});

Deno.test("ObjectFiles.uploadObject() refuses a stream beyond the bucket's limit and keeps nothing", async () => {
  const path = `${folder()}/large.mp4`;
  const { error } = await service.storage.from("closed")
    .upload(path, stream(1_000_001), { contentType: "video/mp4" });
  assert.match(error?.message ?? "", /exceeded the maximum allowed size/);
  assert.equal((await service.storage.from("closed").exists(path)).data, false);
});

Deno.test("ObjectFiles.uploadObject() keeps nothing of a broken upload", async () => {
  const path = `${folder()}/broken.mp4`;
  let sent = 0;
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      if (sent > 3) controller.error(new Error("broken on purpose"));
      else controller.enqueue(new Uint8Array(65_536));
    },
  });
  const { error } = await service.storage.from("closed")
    .upload(path, broken, { contentType: "video/mp4" });
  assert.ok(error !== null);
  assert.equal((await service.storage.from("closed").exists(path)).data, false);
});

Deno.test("lite enforces the bucket's policies for each caller and each verb", async () => {
  const [ada, bob] = [await signUp(stack), await signUp(stack)];
  const own = `${ada.id}/picture.png`;
  const options = { contentType: "image/png" };
  const closed = (client: SupabaseClient) => client.storage.from("closed");
  assert.equal((await closed(ada.client).upload(own, text("ada"), options)).error, null);
  assert.equal(await (await closed(ada.client).download(own)).data?.text(), "ada");
  assert.deepEqual((await closed(ada.client).list(ada.id)).data?.map(({ name }) => name), [
    "picture.png",
  ]);
  // Her own, but no policy lets her change or delete.
  assert.ok((await closed(ada.client).update(own, text("x"), options)).error !== null);
  assert.deepEqual((await closed(ada.client).remove([own])).data, []);

  for (const stranger of [bob.client, clientOf(stack)]) {
    const there = closed(stranger);
    assert.ok((await there.download(own)).error !== null, "download");
    assert.deepEqual((await there.list(ada.id)).data ?? [], [], "list");
    assert.ok((await there.upload(`${ada.id}/new.png`, text("x"), options)).error !== null);
    assert.ok(
      (await there.upload(own, text("x"), { ...options, upsert: true })).error !== null,
      "overwrite",
    );
    assert.deepEqual((await there.remove([own])).data ?? [], [], "remove");
    assert.ok((await there.createSignedUrl(own, 60)).error !== null, "sign");
    assert.ok((await there.createSignedUploadUrl(`${ada.id}/n.png`)).error !== null, "sign upload");
    assert.ok((await there.move(own, `${bob.id}/stolen.png`)).error !== null, "move");
    assert.ok((await there.copy(own, `${bob.id}/stolen.png`)).error !== null, "copy");
  }
  assert.equal(await (await closed(ada.client).download(own)).data?.text(), "ada");
});

Deno.test("lite lets anyone read a public object and nobody list or write beside it", async () => {
  const dir = folder();
  await service.storage.from("open").upload(`${dir}/a.txt`, text("a"), {
    contentType: "text/plain",
  });
  const { client } = await signUp(stack);
  for (const caller of [client, clientOf(stack)]) {
    const open = caller.storage.from("open");
    const response = await fetch(open.getPublicUrl(`${dir}/a.txt`).data.publicUrl);
    assert.equal(await response.text(), "a");
    assert.deepEqual((await open.list(dir)).data ?? [], []);
    const written = await open.upload(`${dir}/b.txt`, text("b"), { contentType: "text/plain" });
    assert.ok(written.error !== null);
    assert.deepEqual((await caller.storage.listBuckets()).data ?? [], []);
  }
});

Deno.test("ObjectFiles keeps hostile names inside its folder", async () => {
  const attempts = [
    "../../escape.txt",
    "%2e%2e/%2e%2e/escape.txt",
    "a/%2e%2e%2f%2e%2e%2fescape.txt",
    "..%2fescape.txt",
    "a/../../../escape.txt",
    "@bytes",
    "a/@facts",
    "nul%00.txt",
  ];
  for (const name of attempts) {
    const response = await fetch(`${stack.url}/storage/v1/object/closed/${name}`, {
      method: "POST",
      headers: { apikey: stack.keys.secret, "content-type": "text/plain" },
      body: "x",
    });
    await response.body?.cancel();
  }
  const outside: string[] = [];
  for await (const entry of Deno.readDir(`${stack.dir}/storage`)) {
    if (!["open", "closed"].includes(entry.name)) outside.push(entry.name);
  }
  assert.deepEqual(outside, []);
  for (const place of [stack.dir, `${stack.dir}/..`, "."]) {
    await assert.rejects(Deno.stat(`${place}/escape.txt`), Deno.errors.NotFound);
  }
});
