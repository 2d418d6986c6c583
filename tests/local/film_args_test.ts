import assert from "node:assert/strict";
import { parseFilmArgs } from "../../supabase/local/film/args.ts";
import { UsageError } from "../../supabase/local/film/usage_error.ts";

/** The command that these words mean. */
function parse(...words: string[]) {
  const command = parseFilmArgs(words);
  if (command === "help") throw new Error("That was a call for help");
  return command;
}

/** Asserts that these words are refused with this sentence. */
function assertRefused(words: string[], sentence: RegExp) {
  assert.throws(() => parseFilmArgs(words), (error) => {
    assert.ok(error instanceof UsageError, `${error} is no UsageError`);
    assert.match(error.message, sentence);
    assert.ok(!error.message.includes("\n"), "one sentence is one line");
    return true;
  });
}

Deno.test("parseFilmArgs() takes a prompt alone and chooses the rest", () => {
  const { wish, ...command } = parse("A shy robot learns to dance");
  assert.deepEqual(command, {
    out: "film.mp4",
    json: false,
    yes: false,
    dryRun: false,
    port: 54321,
  });
  assert.deepEqual(Object.entries(wish).filter(([, value]) => value !== undefined), [
    ["prompt", "A shy robot learns to dance"],
  ]);
});

Deno.test("parseFilmArgs() takes every flag, before or after the prompt", () => {
  const { wish, ...command } = parse(
    ...["--scenes", "3", "--length=20", "--language", "ko-KR", "--voice", "ko-KR-Neural2-A"],
    "수줍은 로봇",
    ...["--style", "watercolour, soft", "--platform", "tiktok", "--tone", "funny", "--json"],
    ...["--image-model", "flux-dev", "--video-model", "wan-2.5", "--out", "a/b.mp4"],
    ...["--dir", "/tmp/state", "--port", "0", "--shots", "2", "--characters", "3", "--yes"],
    ...["--budget", "120", "--dry-run", "--stop-at", "images"],
  );
  assert.deepEqual(wish, {
    prompt: "수줍은 로봇",
    sceneCount: 3,
    shotsPerScene: 2,
    characterCount: 3,
    targetSeconds: 20,
    language: "ko-KR",
    voiceId: "ko-KR-Neural2-A",
    style: "watercolour, soft",
    platform: "tiktok",
    tone: "funny",
    imageModel: "flux-dev",
    videoModel: "wan-2.5",
    budgetCredits: 120,
    stopAt: "images",
  });
  assert.deepEqual(command, {
    out: "a/b.mp4",
    json: true,
    yes: true,
    dryRun: true,
    dir: "/tmp/state",
    port: 0,
  });
});

Deno.test("parseFilmArgs() reads the same words with and without a -- before them", () => {
  const words = ["A shy robot", "--scenes", "2"];
  assert.deepEqual(parse("--", ...words), parse(...words));
});

Deno.test("parseFilmArgs() takes a prompt that begins with a dash after --", () => {
  assert.equal(
    parse("--scenes", "2", "--", "-5 degrees, and a robot").wish.prompt,
    "-5 degrees, and a robot",
  );
});

Deno.test("parseFilmArgs() casts two when --characters has no number", () => {
  for (
    const words of [
      ["A robot", "--characters"],
      ["--characters", "A robot"],
      ["A robot", "--characters", "--yes"],
      ["--characters", "--", "A robot"],
    ]
  ) {
    const { wish } = parse(...words);
    assert.deepEqual([wish.prompt, wish.characterCount], ["A robot", 2]);
  }
  assert.equal(parse("--characters", "4", "A robot").wish.characterCount, 4);
  assert.equal(parse("--characters=1", "A robot").wish.characterCount, 1);
  assert.equal(
    parse("--yes", "--", "--characters").wish.characterCount,
    undefined,
    "it is the prompt",
  );
});

Deno.test("parseFilmArgs() gives help for --help and -h, with or without a prompt", () => {
  for (const words of [["--help"], ["-h"], ["A robot", "--help"], ["--", "--help"]]) {
    assert.equal(parseFilmArgs(words), "help");
  }
});

Deno.test("parseFilmArgs() refuses a missing or empty prompt, and more than one", () => {
  assertRefused([], /without a prompt/);
  assertRefused(["--scenes", "3"], /without a prompt/);
  assertRefused(["   "], /without a prompt/);
  assertRefused(["a", "robot"], /^Cannot take 2 prompts/);
  assertRefused(["x".repeat(5001)], /^Cannot use the prompt: .*5000/);
});

Deno.test("parseFilmArgs() refuses flags it does not know or that lack their value", () => {
  assertRefused(["A robot", "--scene", "3"], /'--scene'/);
  assertRefused(["A robot", "-x"], /'-x'/);
  assertRefused(["A robot", "--scenes"], /--scenes/);
  assertRefused(["A robot", "--json=yes"], /--json/);
});

Deno.test("parseFilmArgs() refuses values outside the contract, naming the flag", () => {
  assertRefused(["A robot", "--scenes", "three"], /^Cannot use --scenes "three"/);
  assertRefused(["A robot", "--scenes", "2.5"], /^Cannot use --scenes "2.5"/);
  assertRefused(["A robot", "--scenes", "0"], /^Cannot use --scenes: .*1/);
  assertRefused(["A robot", "--scenes", "31"], /^Cannot use --scenes: .*30/);
  assertRefused(["A robot", "--length", "2"], /^Cannot use --length: .*3/);
  assertRefused(["A robot", "--length", "601"], /^Cannot use --length: .*600/);
  assertRefused(["A robot", "--language", "Korean!"], /^Cannot use --language: .*ko-KR/);
  assertRefused(["A robot", "--voice", "Wavenet"], /^Cannot use --voice: .*en-US/);
  assertRefused(["A robot", "--style", "x".repeat(501)], /^Cannot use --style: .*500/);
  assertRefused(["A robot", "--shots", "5"], /^Cannot use --shots: .*4/);
  assertRefused(["A robot", "--characters", "7"], /^Cannot use --characters: .*6/);
  assertRefused(["A robot", "--characters", "1.5"], /^Cannot use --characters "1.5"/);
  assertRefused(["A robot", "--budget", "0"], /^Cannot use --budget: .*1/);
  assertRefused(["A robot", "--stop-at", "pictures"], /^Cannot use --stop-at "pictures": .*images/);
  assertRefused(["A robot", "--tone", ""], /^Cannot use --tone: /);
  assertRefused(["A robot", "--video-model", ""], /^Cannot use --video-model: /);
  assertRefused(["A robot", "--port", "65536"], /^Cannot use --port/);
});
