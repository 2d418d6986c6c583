import assert from "node:assert/strict";
import { BufferSource } from "mediabunny";
import { planClip } from "../../../supabase/functions/_shared/media/stitch_clip.ts";
import {
  type FilmPacket,
  type FilmPlan,
  planFilm,
} from "../../../supabase/functions/_shared/media/stitch_plan.ts";
import {
  makeFilmHead,
  writeFilmMedia,
} from "../../../supabase/functions/_shared/media/stitch_write.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";

const clip = await planClip(new BufferSource(await makeClip({ seconds: 1 })));
const FILM = planFilm([{ clip, narration: null }, { clip, narration: null }]);

function withPackets(change: (packet: FilmPacket, index: number) => FilmPacket): FilmPlan {
  const scenes = FILM.scenes.map((scene) => ({ ...scene, packets: scene.packets.map(change) }));
  return { ...FILM, scenes };
}

/** Feeds packets filled with their number, so that their order can be read from the film. */
async function write(film: FilmPlan, sizeOf: (planned: number) => number = (size) => size) {
  const head = await makeFilmHead(film);
  const pieces: number[] = [];
  let number = 0;
  await writeFilmMedia(film, head, {
    feed: (_scene, feed) =>
      feed(({ sizeBytes }) => new Uint8Array(sizeOf(sizeBytes)).fill(++number)),
    write: (bytes) => {
      pieces.push(...bytes);
      return Promise.resolve();
    },
  });
  return { head, media: pieces };
}

Deno.test("writeFilmMedia() gives as many bytes as the head says, packet after packet", async () => {
  const { head, media } = await write(FILM);
  const sizes = FILM.scenes.flatMap(({ packets }) => packets.map(({ sizeBytes }) => sizeBytes));
  assert.equal(media.length, head.mediaBytes);
  assert.deepEqual(media, sizes.flatMap((size, index) => Array(size).fill(index + 1)));
});

Deno.test("writeFilmMedia() fails when packets are larger or smaller than planned", async () => {
  for (const change of [1, -1]) {
    await assertFails(() => write(FILM, (size) => size + change), {
      code: "STATE_CONFLICT",
      reason: "changed",
    });
  }
});

Deno.test("writeFilmMedia() fails as its reader does", async () => {
  const head = await makeFilmHead(FILM);
  const gone = new Error("reader is gone");
  await assert.rejects(
    writeFilmMedia(FILM, head, {
      feed: (_scene, feed) => feed(({ sizeBytes }) => new Uint8Array(sizeBytes)),
      write: () => Promise.reject(gone),
    }),
    gone,
  );
});

Deno.test("makeFilmHead() refuses packets that go back behind a whole picture", async () => {
  const back = withPackets((packet, index) => ({ ...packet, type: "key", timestamp: 10 - index }));
  await assertFails(() => makeFilmHead(back), { code: "STATE_CONFLICT", reason: "not_copyable" });
});

Deno.test("makeFilmHead() refuses a film over 4 GB", async () => {
  const huge = withPackets((packet) => ({ ...packet, sizeBytes: 2 ** 27 }));
  await assertFails(() => makeFilmHead(huge), { code: "RESULT_INVALID", reason: "too_large" });
});

Deno.test("makeFilmHead() takes no memory for packets, only for their list", async () => {
  // 50 packets of 80 MB each: were their bytes made, the process would not survive.
  const large = withPackets((packet) => ({ ...packet, sizeBytes: 80_000_000 }));
  const { bytes, mediaBytes } = await makeFilmHead(large);
  assert.equal(mediaBytes, 50 * 80_000_000);
  assert.ok(bytes.byteLength < 5_000);
});
