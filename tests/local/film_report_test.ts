import assert from "node:assert/strict";
import type { FilmAccount } from "../../supabase/local/film/film_account.ts";
import { FilmError } from "../../supabase/local/film/film_error.ts";
import { formatFailure, formatJson, formatReport } from "../../supabase/local/film/report.ts";

const storage = "http://127.0.0.1:54321/storage/v1/object/public/aiauto/projects/p";
const account: FilmAccount = {
  project_id: "6b0c6a0e-2a3a-4f0e-9d8a-0e5b7c1f2a3b",
  title: "The Shy Robot",
  film: { url: `${storage}/films/f.mp4`, duration_sec: 15.04 },
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
      credits: 42,
      seconds: 9.99,
    },
  ],
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
  assert.match(rows[0] ?? "", /1 .*첫 번째 비 오는 날 .* 3\.2 .* 5\.0 .* 22 .* 8\.2 /);
  assert.match(
    rows[1] ?? "",
    /2 .*A title that is much longer .*… .* 7\.5 .* 10\.0 .* 42 .* 10\.0 /,
  );
  for (
    const fact of [
      "/home/me/film.mp4: 15.0 s, 1280×720, 2.3 MB",
      account.film.url,
      "66 charged",
      "434 left",
      "21.3 s in all",
      `deno task start, then open ${account.film.url}`,
    ]
  ) assert.ok(report.includes(fact), `"${fact}" is missing in\n${report}`);
});

Deno.test("formatReport() says to open the film at once when the stack goes on running", () => {
  const report = formatReport(result, { startAgain: null });
  assert.ok(report.endsWith(`open ${account.film.url}`));
  assert.ok(!report.includes("deno task start"));
});

Deno.test("formatReport() stays within 100 columns, wide characters counted twice", () => {
  const table = formatReport(result, { startAgain: "deno task start" }).split("\n")
    .filter((line) => /^[┌│├└]/.test(line));
  const widths = table.map((line) =>
    Array.from(line).reduce((sum, character) => sum + (/[가-힣]/.test(character) ? 2 : 1), 0)
  );
  assert.equal(new Set(widths).size, 1, "the table's edges are not straight");
  assert.ok((widths[0] ?? 0) <= 100);
});

Deno.test("formatJson() gives one object with exactly the promised fields", () => {
  const object = JSON.parse(formatJson(result));
  assert.deepEqual(Object.keys(object), [
    "project_id",
    "film",
    "scenes",
    "credits_charged",
    "seconds",
  ]);
  assert.deepEqual(object.film, {
    path: "/home/me/film.mp4",
    url: account.film.url,
    duration_sec: 15.04,
  });
  assert.deepEqual(object.scenes[0], { ...account.scenes[0], seconds: 8.2 });
  assert.equal(object.credits_charged, 66);
  assert.equal(object.seconds, 21.3);
});

Deno.test("formatFailure() names scene, code and message of each failure, and what is kept", () => {
  const text = formatFailure(
    new FilmError([
      {
        stage: "images",
        scene: { index: 2, title: "The Rain" },
        code: "CONTENT_REFUSED",
        message: "The picture was refused",
      },
      { stage: "film", scene: null, code: "NETWORK", message: "Cannot reach stitch-video" },
    ], "p1"),
  );
  assert.deepEqual(text.split("\n"), [
    'images of scene 2 "The Rain": CONTENT_REFUSED: The picture was refused',
    "film: NETWORK: Cannot reach stitch-video",
    "What was made is kept in project p1; failed work is not charged",
  ]);
});

Deno.test("formatFailure() says what to do when credits do not suffice", () => {
  const text = formatFailure(
    new FilmError([{
      stage: "clips",
      scene: { index: 9, title: "The End" },
      code: "INSUFFICIENT_CREDITS",
      message: "Cannot charge 40 credits: the balance is 12",
    }], "p1"),
  );
  assert.match(
    text,
    /scene 9 "The End": INSUFFICIENT_CREDITS: Cannot charge 40 credits: the balance is 12/,
  );
  assert.match(text, /fewer scenes or a cheaper model/);
});
