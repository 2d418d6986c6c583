import assert from "node:assert/strict";
import { BlobSource, Input, MP4 } from "mediabunny";
import { exifOf, jpegOf, segment, withSegments } from "../fixtures/media/uploads.ts";
import {
  as,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  stack,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

/** A photo held upright, as phones store it: lying, with a note to turn it. */
const PHOTO = withSegments(
  jpegOf({ width: 640, height: 480 }),
  segment(0xe1, "Exif\0\0", exifOf(6)),
);

/** What the catalogue says, with its places filled as for an upload. */
async function filledTemplate(slug: string, words: string): Promise<string> {
  const [row] = await withDatabase((sql) =>
    sql<{ text: string }[]>`select prompt_template as text from public.presets where slug = ${slug}`
  );
  return (row?.text ?? "").replace("{subject}", "The person in the picture").replace(
    "{prompt}",
    words,
  );
}

Deno.test("one photo, one style, one clip: upload, preset, clip, download, one charge", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const before = await ledgerOf(user.id);
  const { project, image_asset } = await user.studio.uploadImage(PHOTO);
  const request = {
    project_id: project.id,
    image_ids: [image_asset.id],
    preset: "hip-hop",
    prompt: `on a rooftop, ${word}`,
  };
  const key = crypto.randomUUID();
  const first = await post("generate-video", request, as(user, key));
  assert.equal(first.status, 202, first.text);
  const again = await post("generate-video", request, as(user, key));
  assert.equal(again.text, first.text, "the same click is the same answer");
  const { jobs } = first.json as { jobs: { id: string }[] };
  const [job] = await user.studio.watch(jobs.map(({ id }) => id));
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));

  const { data: clip } = await user.studio.supabase.from("video_clips").select("*")
    .eq("id", job?.subject_id ?? "").single();
  assert.ok(clip);
  const template = await filledTemplate("hip-hop", `on a rooftop, ${word}`);
  assert.deepEqual([clip.status, clip.preset, clip.prompt_by], ["ready", "hip-hop", "model"]);
  assert.equal(clip.image_id, image_asset.id);
  assert.ok(clip.prompt.startsWith(template.slice(0, -1)), clip.prompt);
  assert.notEqual(clip.prompt, template, "a language model had a part in it");
  const creates = await providerCalls("kie", "create_task", word);
  assert.equal(creates.length, 1);
  assert.equal(JSON.parse(creates[0]?.body ?? "{}").input.prompt, clip.prompt, "stored as sent");

  const blob = await (await fetch(clip.url ?? "")).blob();
  using input = new Input({ formats: [MP4], source: new BlobSource(blob) });
  const track = await input.getPrimaryVideoTrack();
  assert.ok(track && track.displayHeight > track.displayWidth, "upright, as the photo was taken");
  assert.ok(Math.abs(await input.computeDuration() - 5) < 0.25);

  const after = await ledgerOf(user.id);
  assert.deepEqual([after.charges, after.refunds], [1, 0]);
  assert.equal(before.balance - after.balance, 20);
});

for (const kind of ["http_500", "refuse", "broken_envelope", "truncated", "empty", "hang"]) {
  Deno.test(`generate-video uses and stores the template when the language model plays ${kind}`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    await setFault({ provider: "gemini", kind, matching: word, times: 20 });
    const { project, image_asset } = await user.studio.uploadImage(PHOTO);
    const { video_clips: [clip] } = await user.studio.call("generate-video", {
      project_id: project.id,
      image_ids: [image_asset.id],
      preset: "ballet",
      prompt: word,
    });
    assert.equal(clip?.prompt_by, "template");
    assert.equal(clip?.prompt, await filledTemplate("ballet", word));
    const asked = await providerCalls("gemini", "generate_content", word);
    assert.ok(asked.length > 0, "it was asked");
  });
}

Deno.test("generate-video refuses a style that is not offered, naming those that are, before any charge", async () => {
  const user = await signUp();
  const { project, image_asset } = await user.studio.uploadImage(PHOTO);
  const ask = (more: object) =>
    post(
      "generate-video",
      { project_id: project.id, image_ids: [image_asset.id], ...more },
      as(user),
    );
  const unknown = await ask({ preset: "polka" });
  assert.equal(unknown.status, 422, unknown.text);
  assert.equal(unknown.json["code"], "MODEL_INPUT_INVALID");
  const { allowed } = unknown.json["details"] as { allowed: string[] };
  assert.ok(allowed.includes("hip-hop") && allowed.length >= 24);
  for (const preset of ["Hip Hop", "", 5, "x".repeat(61)]) {
    assert.equal((await ask({ preset })).status, 400);
  }
  const long = await ask({ preset: "hip-hop", prompt: "x".repeat(801), model: "wan-2.5" });
  assert.equal(long.status, 422, long.text);
  assert.equal((await ledgerOf(user.id)).charges, 0);
});

Deno.test("presets are read by every user through the Data API, and written by none", async () => {
  const { studio } = await signUp();
  const { data } = await studio.supabase.from("presets").select("*").eq("active", true)
    .order("kind").order("sort");
  assert.ok(data);
  const count = (kind: string) => data.filter((preset) => preset.kind === kind).length;
  assert.ok(count("dance") >= 12 && count("look") >= 12 && count("camera") >= 6);
  for (const preset of data) {
    assert.match(preset.prompt_template, /\{subject\}/, preset.slug);
    assert.match(preset.prompt_template, /; \{prompt\}\./, preset.slug);
    assert.match(preset.name_ko, /\p{Script=Hangul}/u, preset.slug);
    assert.match(preset.description_ko, /\p{Script=Hangul}/u, preset.slug);
    assert.doesNotMatch(preset.name_en + preset.description_en, /\p{Script=Hangul}/u, preset.slug);
  }
  const written = await studio.supabase.from("presets").update({ active: false }).eq(
    "slug",
    "hip-hop",
  );
  assert.ok(written.error !== null);
  const anonymous = await fetch(`${stack.url}/rest/v1/presets?select=slug`, {
    headers: { apikey: stack.publishableKey },
  });
  await anonymous.body?.cancel();
  assert.ok(anonymous.status >= 400);
});
