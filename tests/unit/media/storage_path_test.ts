import assert from "node:assert/strict";
import fc from "fast-check";
import {
  audioPath,
  clipPath,
  filmPath,
  imagePath,
  projectFolder,
  publicUrl,
  uploadPath,
} from "../../../supabase/functions/_shared/media/storage_path.ts";

const A = "11111111-1111-4111-8111-111111111111";
const B = "22222222-2222-4222-8222-222222222222";
const C = "33333333-3333-4333-8333-333333333333";

Deno.test("storage paths are those of the layout when given UUIDs", () => {
  assert.deepEqual(
    [
      projectFolder(A),
      imagePath({ project: A, scene: B, image: C, extension: "jpg" }),
      imagePath({ project: A, scene: null, image: C, extension: "webp" }),
      audioPath({ project: A, scene: B, audio: C, extension: "mp3" }),
      clipPath({ project: A, clip: B }),
      uploadPath({ project: A, image: B, extension: "png" }),
      filmPath({ project: A, film: B }),
    ],
    [
      `projects/${A}`,
      `projects/${A}/scenes/${B}/images/${C}.jpg`,
      `projects/${A}/images/${C}.webp`,
      `projects/${A}/scenes/${B}/audio/${C}.mp3`,
      `projects/${A}/videos/${B}.mp4`,
      `projects/${A}/uploads/${B}.png`,
      `projects/${A}/films/${B}.mp4`,
    ],
  );
});

Deno.test("storage paths are the same when a UUID is written in capitals", () => {
  const id = "ABCDEF00-0000-4000-8000-00000000000F";
  assert.equal(
    clipPath({ project: id, clip: id }),
    clipPath({
      project: id.toLowerCase(),
      clip: id.toLowerCase(),
    }),
  );
});

const MAKERS: Record<string, (id: string) => string> = {
  projectFolder,
  "imagePath project": (id) => imagePath({ project: id, scene: A, image: A, extension: "jpg" }),
  "imagePath scene": (id) => imagePath({ project: A, scene: id, image: A, extension: "jpg" }),
  "imagePath image": (id) => imagePath({ project: A, scene: A, image: id, extension: "jpg" }),
  "audioPath project": (id) => audioPath({ project: id, scene: A, audio: A, extension: "mp3" }),
  "audioPath scene": (id) => audioPath({ project: A, scene: id, audio: A, extension: "mp3" }),
  "audioPath audio": (id) => audioPath({ project: A, scene: A, audio: id, extension: "mp3" }),
  "clipPath project": (id) => clipPath({ project: id, clip: A }),
  "clipPath clip": (id) => clipPath({ project: A, clip: id }),
  "uploadPath project": (id) => uploadPath({ project: id, image: A, extension: "jpg" }),
  "uploadPath image": (id) => uploadPath({ project: A, image: id, extension: "jpg" }),
  "filmPath project": (id) => filmPath({ project: id, film: A }),
  "filmPath film": (id) => filmPath({ project: A, film: id }),
};

const BAD_IDS = [
  "",
  "..",
  `../${A}`,
  `${A}/..`,
  `${A}/`,
  `/${A}`,
  `${A}\n`,
  `${A}\0`,
  ` ${A}`,
  "%2e%2e",
  "11111111-1111-4111-8111-11111111111",
  "11111111-1111-4111-8111-1111111111111",
  "11111111111141118111111111111111",
  `{${A}}`,
  "g1111111-1111-4111-8111-111111111111",
];

for (const [name, make] of Object.entries(MAKERS)) {
  Deno.test(`${name} throws when the id is not a UUID`, () => {
    for (const id of BAD_IDS) assert.throws(() => make(id), TypeError, JSON.stringify(id));
  });
}

Deno.test("storage paths have no part of a text that is not a UUID when it is any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const make of Object.values(MAKERS)) assert.throws(() => make(text), TypeError);
  }));
});

Deno.test("publicUrl() gives the public address when the API's URL has a path or slash", () => {
  const place = { bucket: "aiauto", path: `projects/${A}/videos/${B}.mp4` };
  const tail = `storage/v1/object/public/aiauto/projects/${A}/videos/${B}.mp4`;
  assert.equal(publicUrl("https://ref.supabase.co", place), `https://ref.supabase.co/${tail}`);
  assert.equal(publicUrl("https://ref.supabase.co/", place), `https://ref.supabase.co/${tail}`);
  assert.equal(publicUrl("https://host/api", place), `https://host/api/${tail}`);
});

Deno.test("publicUrl() stays within the API when the bucket's name has other characters", () => {
  const url = publicUrl("https://ref.supabase.co", { bucket: "a/../b ?#", path: "x" });
  assert.equal(url, "https://ref.supabase.co/storage/v1/object/public/a%2F..%2Fb%20%3F%23/x");
});
