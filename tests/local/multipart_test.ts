import assert from "node:assert/strict";
import { multipartBoundary, readMultipart } from "../../supabase/local/multipart.ts";

const BODY = [
  "--xyz",
  'Content-Disposition: form-data; name="cacheControl"',
  "",
  "3600",
  "--xyz",
  'Content-Disposition: form-data; name=""; filename="a.png"',
  "Content-Type: image/png",
  "",
  "line one\r\n--xy not the end\r\n-",
  "--xyz--",
  "",
].join("\r\n");

/** The text in pieces of `size` bytes. */
function pieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

Deno.test("readMultipart() gives fields and file however the body is cut", async () => {
  for (const size of [1, 2, 3, 5, 7, 64, 10_000]) {
    const upload = await readMultipart(pieces(BODY, size), "xyz");
    assert.equal(upload?.fields.get("cacheControl"), "3600");
    assert.equal(upload?.file.type, "image/png");
    assert.equal(
      await new Response(upload?.file.stream).text(),
      "line one\r\n--xy not the end\r\n-",
      `in pieces of ${size}`,
    );
  }
});

Deno.test("readMultipart() fails the file's stream when the body ends too early", async () => {
  const upload = await readMultipart(pieces(BODY.slice(0, -12), 16), "xyz");
  await assert.rejects(new Response(upload?.file.stream).text(), TypeError);
});

Deno.test("readMultipart() gives nothing for a body that is none or has no file", async () => {
  const withoutFile = BODY.replace('; filename="a.png"', "");
  for (const body of ["", "garbage", "--xyz", "--xyz--", withoutFile, "x".repeat(100_000)]) {
    assert.equal(await readMultipart(pieces(body, 1000), "xyz"), undefined, body.slice(0, 20));
  }
});

Deno.test("multipartBoundary() reads both forms of a boundary and refuses other types", () => {
  assert.equal(multipartBoundary("multipart/form-data; boundary=xyz"), "xyz");
  assert.equal(multipartBoundary('Multipart/Form-Data; charset=x; boundary="x y"'), "x y");
  for (
    const type of [null, "", "image/png", "multipart/mixed; boundary=a", "multipart/form-data"]
  ) {
    assert.equal(multipartBoundary(type), undefined);
  }
});
