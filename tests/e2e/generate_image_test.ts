import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  stack,
  uniqueWord,
} from "./studio.ts";

async function imageOf(user: Awaited<ReturnType<typeof signUp>>, id: string) {
  const { data } = await user.studio.supabase.from("image_assets").select("*").eq("id", id)
    .single();
  assert.ok(data);
  return data;
}

Deno.test("generate-image draws a scene's picture, keeps it in Storage and makes it the main one", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { scenes } = await createProject(user, [`A tin robot named ${word} in the rain`]);
  const request = { scene_id: scenes[0]?.id, style_prompt: "ink drawing" };
  const answer = await post("generate-image", request, as(user));
  assert.equal(answer.status, 202, answer.text);
  const body = OPERATIONS["generate-image"].response.parse(answer.json);
  assert.equal(body.image_asset.status, "pending");
  assert.match(body.image_asset.prompt, new RegExp(word));
  assert.match(body.image_asset.prompt, /ink drawing/);
  const [job] = await user.studio.watch([body.job.id]);
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  const image = await imageOf(user, body.image_asset.id);
  assert.equal(image.status, "ready");
  assert.equal(image.is_main, true);
  assert.ok((image.width ?? 0) > (image.height ?? 0), "16:9 for youtube");
  assert.ok(
    image.url?.startsWith(`${stack.url}/storage/v1/object/public/aiauto/projects/`),
    image.url ?? "",
  );
  const picture = await fetch(image.url ?? "");
  assert.equal(picture.status, 200);
  assert.equal(picture.headers.get("content-type"), "image/jpeg");
  const bytes = new Uint8Array(await picture.arrayBuffer());
  assert.deepEqual([...bytes.slice(0, 2)], [0xff, 0xd8]);
  assert.equal((await providerCalls("fal", "submit", word)).length, 1);
});

Deno.test("generate-image of a project alone is drawn without a scene, upright for tiktok", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["One scene"]);
  await user.studio.supabase.from("projects").update({ platform: "tiktok" }).eq("id", project.id);
  const { image_asset, job } = await user.studio.call("generate-image", { project_id: project.id });
  await user.studio.watch([job.id]);
  const image = await imageOf(user, image_asset.id);
  assert.equal(image.status, "ready");
  assert.equal(image.scene_id, null);
  assert.ok((image.height ?? 0) > (image.width ?? 0));
});

const FAULTS: readonly (readonly [string, string])[] = [
  ["refuse", "CONTENT_REFUSED"],
  ["no_credit", "PROVIDER_REJECTED"],
  ["fail", "PROVIDER_FAILED"],
  ["wrong_type_file", "RESULT_INVALID"],
];
for (const [kind, code] of FAULTS) {
  Deno.test(`promise 4: generate-image ends failed with ${code} and the credits back when fal plays ${kind}`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    const { scenes } = await createProject(user, [`About ${word}`]);
    await setFault({ provider: "fal", kind, matching: word });
    const { image_asset, job } = await user.studio.call("generate-image", {
      scene_id: scenes[0]?.id ?? "",
    });
    const [ended] = await user.studio.watch([job.id]);
    assert.equal(ended?.state, "failed");
    const image = await imageOf(user, image_asset.id);
    assert.equal(image.status, "failed");
    const error = image.error as { code: string; message: string };
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10);
    const ledger = await ledgerOf(user.id);
    assert.equal(ledger.balance, 500);
    assert.equal(ledger.sum, 500);
    assert.equal(ledger.refunds, 1);
  });
}

Deno.test("generate-image refuses bad input before any charge", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["One scene"]);
  const scene_id = scenes[0]?.id;
  const cases: [unknown, number, string][] = [
    [{}, 400, "VALIDATION_FAILED"],
    [{ scene_id, project_id: project.id }, 400, "VALIDATION_FAILED"],
    [{ scene_id: "7" }, 400, "VALIDATION_FAILED"],
    [{ scene_id, user_id: user.id }, 400, "VALIDATION_FAILED"],
    [{ scene_id, model_options: { seed: -1 } }, 400, "VALIDATION_FAILED"],
    [{ scene_id, model: "sdxl" }, 422, "MODEL_INPUT_INVALID"],
    [{ scene_id, model_options: { num_inference_steps: 28 } }, 422, "MODEL_INPUT_INVALID"],
    [
      { scene_id, model: "gemini-nano-banana-2.1", model_options: { guidance_scale: 3 } },
      422,
      "MODEL_INPUT_INVALID",
    ],
    [{ scene_id, aspect_ratio: "21:9" }, 422, "MODEL_INPUT_INVALID"],
    [{ scene_id: crypto.randomUUID() }, 404, "NOT_FOUND"],
  ];
  for (const [body, status, code] of cases) {
    const answer = await post("generate-image", body, as(user));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json["code"], code);
  }
  assert.equal((await ledgerOf(user.id)).charges, 0);
});
