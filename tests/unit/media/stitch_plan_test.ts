import assert from "node:assert/strict";
import { BufferSource } from "mediabunny";
import {
  type ClipPlan,
  planClip,
  type PlannedPacket,
} from "../../../supabase/functions/_shared/media/stitch_clip.ts";
import { readNarration } from "../../../supabase/functions/_shared/media/stitch_narration.ts";
import { planFilm } from "../../../supabase/functions/_shared/media/stitch_plan.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const CLIP = await planClip(new BufferSource(await makeClip({ seconds: 1 })));

function withSound(...timestamps: readonly number[]): ClipPlan {
  const packets = timestamps.map((timestamp): PlannedPacket => ({
    type: "key",
    timestamp,
    duration: 0.02,
    sizeBytes: 10,
  }));
  const config = { codec: "mp4a.40.2", sampleRate: 48_000, numberOfChannels: 2 };
  return { ...CLIP, sound: { codec: "aac", config, packets } };
}

Deno.test("planClip() keeps nothing of the file but its decoder's parameters", () => {
  const { description } = CLIP.config;
  assert.ok(description && ArrayBuffer.isView(description));
  assert.equal(description.buffer.byteLength, description.byteLength);
});

Deno.test("planFilm() writes sound beside the pictures it belongs to", async () => {
  const narration = await readNarration(await makeTone({ seconds: 0.9 }));
  const scenes = [{ clip: CLIP, narration }, { clip: CLIP, narration }];
  const packets = planFilm(scenes).scenes.flatMap(({ packets }) => packets);
  for (const [index, packet] of packets.entries()) {
    const before = packets[index - 1]?.timestamp ?? 0;
    // A frame of sound is on the grid of the film, not on the scene's begin.
    assert.ok(packet.timestamp >= before - 0.012, `${before} before ${packet.timestamp}`);
  }
});

Deno.test("planFilm() leaves out a clip's sound from before its first picture and after its last", () => {
  const clip = withSound(-0.04, -0.001, 0, 0.5, 0.98, 0.995, 1.2);
  const film = planFilm([{ clip, narration: null }, { clip, narration: null }]);
  assert.equal(film.soundSource, "clips");
  const heard = film.scenes.map(({ packets }, at) =>
    packets.filter(({ track, isSkipped }) => track === "sound" && !isSkipped)
      .map(({ timestamp }) => (timestamp - (film.chapters[at]?.startSeconds ?? 0)).toFixed(3))
  );
  assert.deepEqual(heard, [["0.000", "0.500", "0.980"], ["0.000", "0.500", "0.980"]]);
  const read = film.scenes[1]?.packets.filter(({ track }) => track === "sound");
  assert.equal(read?.length, 7);
});

Deno.test("planFilm() takes no clip's sound when it differs, or one has none", () => {
  const clip = withSound(0, 0.5);
  assert.ok(clip.sound);
  const mono = { ...clip, sound: { ...clip.sound, config: { ...clip.sound.config } } };
  mono.sound.config.numberOfChannels = 1;
  for (const other of [mono, CLIP]) {
    const scenes = [{ clip, narration: null }, { clip: other, narration: null }];
    const film = planFilm(scenes);
    assert.equal(film.soundSource, "none");
    assert.equal(film.sound, null);
  }
});

Deno.test("planFilm() prefers narration to the clips' own sound", async () => {
  const narration = await readNarration(await makeTone({ seconds: 0.5 }));
  const film = planFilm([{ clip: withSound(0, 0.5), narration: null }, { clip: CLIP, narration }]);
  assert.equal(film.soundSource, "narration");
  const sound = film.scenes[0]?.packets.filter(({ track }) => track === "sound") ?? [];
  assert.equal(sound.every(({ data }) => data !== null), true);
});
