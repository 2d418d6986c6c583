import assert from "node:assert/strict";
import type { FilmAccount } from "../../supabase/local/film/film_account_types.ts";
import { CastWaits, FilmError } from "../../supabase/local/film/film_error.ts";
import { formatFailure, formatWaiting } from "../../supabase/local/film/format_failure.ts";
import { formatPlan } from "../../supabase/local/film/format_plan.ts";
import { formatJson, formatReport } from "../../supabase/local/film/report.ts";

const storage = "http://127.0.0.1:54321/storage/v1/object/public/aiauto/projects/p";
const FILM_URL = `${storage}/films/f.mp4`;
const account: FilmAccount = {
  project_id: "6b0c6a0e-2a3a-4f0e-9d8a-0e5b7c1f2a3b",
  job_id: "0d5f3f1c-5a0f-4c55-8f7e-2f4b1b0f7a11",
  title: "The Shy Robot",
  film: { url: FILM_URL, duration_sec: 15.04 },
  scenes: [
    {
      index: 1,
      title: "첫 번째 비 오는 날",
      text: "비가 내립니다.",
      image_url: `${storage}/scenes/1/images/i.jpg`,
      audio_url: `${storage}/scenes/1/audio/a.mp3`,
      audio_duration_sec: 3.216,
      clip_url: `${storage}/videos/1.mp4`,
      clip_duration_sec: 5,
      shots: [{
        index: 1,
        characters: ["지우"],
        image_url: `${storage}/scenes/1/images/i.jpg`,
        clip_url: `${storage}/videos/1.mp4`,
        clip_duration_sec: 5,
        shown_sec: 4.5,
      }],
      credits: 22,
      seconds: 8.216,
    },
    {
      index: 2,
      title: "A title that is much longer than any column of a table may be",
      text: "It dances.",
      image_url: `${storage}/scenes/2/images/i.jpg`,
      audio_url: `${storage}/scenes/2/audio/a.mp3`,
      audio_duration_sec: 7.5,
      clip_url: `${storage}/videos/2.mp4`,
      clip_duration_sec: 10,
      shots: [],
      credits: 42,
      seconds: 9.99,
    },
  ],
  characters: [{
    name: "지우",
    description:
      "지우, 기운 자국이 있는 파란 외투, 잘 웃는다. Seen from afar by the coat alone, which is blue",
    voice_id: "ko-KR-Chirp3-HD-Puck",
    image_url: `${storage}/images/c.png`,
    credits: 4,
  }],
  credits_charged: 66,
  balance: 434,
};
const result = {
  account,
  file: {
    path: "/home/me/film.mp4",
    sizeBytes: 2_345_678,
    width: 1280,
    height: 720,
    durationSeconds: 15.04,
  },
  seconds: 21.349,
};

Deno.test("formatReport() shows a row for each scene, the totals, and how to look at the film", () => {
  const report = formatReport(result, { startAgain: "deno task start" });
  const rows = report.split("\n").filter((line) => /^│ +\d/.test(line));
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? "", /1 .*첫 번째 비 오는 날 .* 1 .* 3\.2 .* 5\.0 .* 22 .* 8\.2 /);
  assert.match(
    rows[1] ?? "",
    /2 .*A title that is much longer .*… .* 7\.5 .* 10\.0 .* 42 .* 10\.0 /,
  );
  for (
    const fact of [
      "/home/me/film.mp4: 15.0 s, 1280×720, 2.3 MB",
      FILM_URL,
      "66 charged",
      "434 left",
      "21.3 s in all",
      `deno task start, then open ${FILM_URL}`,
      "지우",
      "ko-KR-Chirp3-HD-Puck",
      `지우: ${storage}/images/c.png`,
    ]
  ) assert.ok(report.includes(fact), `"${fact}" is missing in\n${report}`);
});

Deno.test("formatReport() says to open the film at once when the stack goes on running", () => {
  const report = formatReport(result, { startAgain: null });
  assert.ok(report.endsWith(`open ${FILM_URL}`));
  assert.ok(!report.includes("deno task start"));
});

Deno.test("formatReport() stays within 100 columns, wide characters counted twice", () => {
  const report = formatReport(result, { startAgain: "deno task start" });
  const tables = report.split(/(?=^┌)/m).map((table) =>
    table.split("\n").filter((line) => /^[┌│├└]/.test(line))
  );
  assert.equal(tables.length, 2, "scenes and cast");
  for (const table of tables) {
    const widths = table.map((line) =>
      Array.from(line).reduce((sum, character) => sum + (/[가-힣]/.test(character) ? 2 : 1), 0)
    );
    assert.equal(new Set(widths).size, 1, "the table's edges are not straight");
    assert.ok((widths[0] ?? 0) <= 100, `${widths[0]} columns`);
  }
});

Deno.test("formatJson() gives one object with exactly the promised fields", () => {
  const object = JSON.parse(formatJson(result));
  assert.deepEqual(Object.keys(object), [
    "project_id",
    "job_id",
    "film",
    "characters",
    "scenes",
    "credits_charged",
    "seconds",
  ]);
  assert.deepEqual(object.film, {
    path: "/home/me/film.mp4",
    url: FILM_URL,
    duration_sec: 15.04,
  });
  assert.deepEqual(object.scenes[0], { ...account.scenes[0], seconds: 8.2 });
  assert.deepEqual(object.characters, account.characters);
  assert.equal(object.credits_charged, 66);
  assert.equal(object.seconds, 21.3);
});

Deno.test("formatReport() and formatJson() say that there is no film when it was to stop before", () => {
  const [scene] = account.scenes;
  assert.ok(scene);
  const unspoken = { ...scene, audio_duration_sec: null, clip_duration_sec: null };
  const stopped = {
    ...result,
    file: null,
    account: { ...account, film: null, characters: [], scenes: [unspoken] },
  };
  const report = formatReport(stopped, { startAgain: "deno task start" });
  assert.match(report, new RegExp(`${account.project_id}: no film yet`));
  assert.match(report, /1 .* – .* – .* 22 /);
  assert.ok(!report.includes("mp4") && !report.includes("Character"), report);
  assert.equal(JSON.parse(formatJson(stopped)).film, null);
});

const access = {
  url: "http://127.0.0.1:54321",
  publishable: "sb_publishable_x",
  startAgain: "deno task start",
  email: "film-1@example.com",
  password: "a-password",
};
const about = { scene: null, shot: null, character: null };

Deno.test("formatFailure() names part, scene, shot or character of each failure, what is kept, and what buys the rest", () => {
  const text = formatFailure(
    new FilmError([
      {
        ...about,
        stage: "images",
        scene: { index: 2, title: "The Rain" },
        shot: 3,
        code: "CONTENT_REFUSED",
        message: "The picture was refused",
      },
      { ...about, stage: "cast", character: "Mina", code: "NETWORK", message: "It broke off" },
    ], { projectId: "p1", jobId: "j1" }),
    access,
  );
  const [first, second, kept, retry, ...commands] = text.split("\n");
  assert.equal(
    first,
    'images of scene 2 "The Rain", shot 3: CONTENT_REFUSED: The picture was refused',
  );
  assert.equal(second, "cast of Mina: NETWORK: It broke off");
  assert.equal(kept, "What was made is kept in project p1; failed work is not charged");
  assert.equal(retry, "retry-job with job j1 buys only what failed and what hangs on it:");
  assert.match(commands[0] ?? "", /^ {2}deno task start /);
  assert.match(commands[1] ?? "", /auth\/v1\/token.*film-1@example\.com.*a-password/);
  assert.match(commands[2] ?? "", /functions\/v1\/retry-job.*Idempotency-Key.*"job_id":"j1"/);
});

Deno.test("formatFailure() offers what would fit, as flags, when credits do not suffice", () => {
  const text = formatFailure(
    new FilmError([{
      ...about,
      stage: "script",
      code: "BUDGET_EXCEEDED",
      message: "Cannot make this film: it would cost 66 of 50 credits",
      details: {
        options: [
          { options: { shots_per_scene: 1 }, credits: 45, target_length: 15 },
          { options: { target_length: 8, video_model: "wan-2.5" }, credits: 30, target_length: 8 },
        ],
      },
    }], { projectId: null, jobId: null }),
    access,
  );
  assert.deepEqual(text.split("\n"), [
    "script: BUDGET_EXCEEDED: Cannot make this film: it would cost 66 of 50 credits",
    "The credits do not suffice: fewer scenes or a cheaper model cost less",
    "  --shots 1: 45 credits, 15 s",
    "  --length 8 --video-model wan-2.5: 30 credits, 8 s",
    "Nothing was made, and nothing is charged",
  ]);
});

Deno.test("formatWaiting() says that nothing is lost and how the cast is confirmed", () => {
  const text = formatWaiting(new CastWaits("p1", "j1"), { ...access, startAgain: null });
  assert.match(text, /waits for its cast .*Nothing is lost: project p1, job j1/);
  assert.match(text, /functions\/v1\/confirm-characters.*"project_id":"p1"/);
  assert.match(text, /--yes/);
  assert.ok(!text.includes("deno task start"), "the stack goes on running");
});

Deno.test("formatPlan() shows each shot, each model, the price and the time", () => {
  const text = formatPlan({
    balance: 500,
    plan: {
      target_length: 15,
      scene_count: 2,
      shots: [
        { scene: 1, shot: 1, shown_sec: 7.5, clip_sec: 10, image_credits: 4, clip_credits: 40 },
        { scene: 2, shot: 1, shown_sec: 7.5, clip_sec: 10, image_credits: 4, clip_credits: 41 },
      ],
      items: [{
        kind: "video",
        model_id: "kling-2.5-turbo-pro",
        provider: "kie",
        count: 2,
        units: 20,
        unit: "second",
        credits: 81,
        typical_sec: 90,
      }],
      credits: 89,
      typical_sec: 110,
    },
  });
  const rows = text.split("\n").filter((line) => line.startsWith("│"));
  assert.match(rows[2] ?? "", / 2 .* 1 .* 7\.5 .* 10\.0 .* 4 .* 41 /);
  assert.match(rows[4] ?? "", /video .*kling-2\.5-turbo-pro.* kie .* 2 .* 20 second .* 81 .* 90 /);
  for (
    const fact of ["15 s in 2 scenes, 2 shots", "89 of the 500", "110 s", "nothing is charged"]
  ) {
    assert.ok(text.includes(fact), `"${fact}" is missing in\n${text}`);
  }
});
