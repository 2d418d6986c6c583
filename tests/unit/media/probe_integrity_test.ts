import assert from "node:assert/strict";
import fc from "fast-check";
import { createIntegrityCheck } from "../../../supabase/functions/_shared/media/probe_integrity.ts";
import { sniffMedia } from "../../../supabase/functions/_shared/media/sniff.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { JPEG, PNG, WEBP, WEBP_EXTENDED, WEBP_LOSSLESS } from "../../fixtures/media/pictures.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const CUT = { code: "RESULT_INVALID", reason: "truncated" } as const;
const CLIP = await makeClip({ seconds: 0.4 });

/** Sends a file through its check in pieces of a size. */
function check(file: Uint8Array, pieceBytes = file.byteLength) {
  const type = sniffMedia(file);
  assert.ok(type);
  const integrity = createIntegrityCheck(type);
  for (let at = 0; at < file.byteLength; at += pieceBytes) {
    integrity.write(file.subarray(at, at + pieceBytes));
  }
  integrity.end();
  return integrity;
}

function box(type: string, body: Uint8Array | readonly number[] = []): number[] {
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setUint32(0, bytes.byteLength);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  return [...bytes];
}

const FTYP = box("ftyp", new TextEncoder().encode("isom\0\0\0\0"));
const mp4 = (...parts: readonly (readonly number[])[]) =>
  Uint8Array.from([...FTYP, ...parts.flat()]);

const WHOLE: Readonly<Record<string, Uint8Array>> = {
  "an encoder's clip": CLIP,
  "a jpeg": JPEG,
  "a png": PNG,
  "a lossy webp": WEBP,
  "a lossless webp": WEBP_LOSSLESS,
  "an extended webp": WEBP_EXTENDED,
  "an mp4 with its index first": mp4(box("moov", [1]), box("mdat", [1, 2])),
  "an mp4 with its index last": mp4(box("free"), box("mdat", [1, 2]), box("moov", [1])),
  "a fragmented mp4": mp4(box("moov"), box("moof", [1]), box("mdat", [1]), box("mfra")),
  "an mp4 whose last box reaches to the end": mp4(
    box("moov"),
    [0, 0, 0, 0, ...box("mdat", [1]).slice(4), 2, 3],
  ),
  "an mp4 with a 64-bit box": mp4(
    [0, 0, 0, 1, 0x6d, 0x64, 0x61, 0x74, 0, 0, 0, 0, 0, 0, 0, 17, 9],
    box("moov"),
  ),
  "an mp4 with foreign bytes behind it": mp4(box("moov"), box("mdat", [1]), Array(20).fill(0)),
  "a jpeg with a trailer": Uint8Array.from([...JPEG, ...Array(500).fill(7)]),
};

for (const [name, file] of Object.entries(WHOLE)) {
  Deno.test(`createIntegrityCheck() accepts ${name} in pieces of any size`, () => {
    for (const size of [1, 2, 7, 64, file.byteLength]) check(file, size);
  });
}

/** The encoder puts an empty box behind its index; a clip that lacks just this box is whole. */
const LAST_BOX_BYTES = 136;

Deno.test("createIntegrityCheck() finds a clip cut anywhere", async () => {
  for (let length = 64; length < CLIP.byteLength; length++) {
    if (length === CLIP.byteLength - LAST_BOX_BYTES) continue;
    await assertFails(() => check(CLIP.slice(0, length), 64), CUT);
  }
});

for (const [name, file] of Object.entries({ JPEG, PNG, WEBP, WEBP_LOSSLESS, WEBP_EXTENDED })) {
  Deno.test(`createIntegrityCheck() finds ${name} cut anywhere`, async () => {
    for (let length = 32; length < file.byteLength; length++) {
      await assertFails(() => check(file.slice(0, length)), CUT);
    }
  });
}

const BROKEN: Readonly<Record<string, Uint8Array>> = {
  "no index": mp4(box("mdat", [1])),
  "no media": mp4(box("moov", [1])),
  "media of no bytes": mp4(box("moov", [1]), box("mdat")),
  "only a type": mp4(),
  "a page behind its type": mp4([...new TextEncoder().encode("<html>502 Bad Gateway</html>")]),
  "a box smaller than its header": mp4([0, 0, 0, 4, 0x6d, 0x6f, 0x6f, 0x76], box("mdat", [1])),
  "a header cut in two": mp4(box("moov"), box("mdat", [1]), [0, 0, 0]),
  "a fragment without its media's end": mp4(
    box("moov"),
    box("moof"),
    box("mdat", [1]),
    box("moof"),
    box("mdat", [1, 2]).slice(0, -1),
  ),
};

for (const [name, file] of Object.entries(BROKEN)) {
  Deno.test(`createIntegrityCheck() refuses an mp4 with ${name}`, async () => {
    for (const size of [1, 5, file.byteLength]) await assertFails(() => check(file, size), CUT);
  });
}

Deno.test("createIntegrityCheck() refuses or accepts, and never fails otherwise, whatever follows a type", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (rest) => {
    try {
      check(mp4([...rest]), 3);
    } catch (cause) {
      await assertFails(() => Promise.reject(cause), CUT);
    }
  }));
});

Deno.test("createIntegrityCheck() keeps an mp4's type and index for the probe", () => {
  const file = mp4(box("free", [1, 2]), box("mdat", [1, 2, 3]), box("moov", [4, 5]));
  const kept = Uint8Array.from([...FTYP, ...box("moov", [4, 5])]);
  assert.deepEqual(check(file, 3).mp4Header(), kept);
});

Deno.test("mp4Header() gives null when the file is in fragments, or no mp4", async () => {
  assert.equal(check(mp4(box("moov"), box("moof"), box("mdat", [1]))).mp4Header(), null);
  assert.equal(check(PNG).mp4Header(), null);
  assert.equal(check(await makeTone({ seconds: 0.1 })).mp4Header(), null);
});
