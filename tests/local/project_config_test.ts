import assert from "node:assert/strict";
import { join } from "node:path";
import { readEnvFile } from "../../supabase/local/env_file.ts";
import { functionEnv } from "../../supabase/local/function_env.ts";
import { createKeys, loadKeys, publicKeySet } from "../../supabase/local/keys.ts";
import { parseSize, readProjectConfig } from "../../supabase/local/project_config.ts";
import { StackError } from "../../supabase/local/say.ts";
import { FIXTURE_PROJECT } from "./fixture_stack.ts";

Deno.test("readProjectConfig() finds the functions and their verify_jwt", async () => {
  const { functions } = await readProjectConfig(FIXTURE_PROJECT);
  assert.deepEqual(Object.fromEntries(functions), {
    broken: { verifyJwt: false },
    mirror: { verifyJwt: false },
    plain: { verifyJwt: true },
    service: { verifyJwt: false },
    whoami: { verifyJwt: true },
  });
});

Deno.test("readProjectConfig() gives the CLI's defaults for an empty project", async () => {
  const config = await readProjectConfig("/nowhere");
  assert.deepEqual({ ...config, functions: config.functions.size }, {
    functions: 0,
    schemas: ["public"],
    maxRows: 1000,
    jwtExpirySeconds: 3600,
    minimumPasswordLength: 6,
    siteUrl: "http://127.0.0.1:3000",
    seedPaths: ["./seed.sql"],
    fileSizeLimitBytes: 52_428_800,
  });
});

Deno.test("readProjectConfig() leaves out a function that is not enabled, and refuses broken TOML", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(join(dir, "functions", "off"), { recursive: true });
  await Deno.writeTextFile(join(dir, "functions", "off", "index.ts"), "");
  const config = join(dir, "config.toml");
  await Deno.writeTextFile(
    config,
    '[functions.off]\nenabled = false\n[storage]\nfile_size_limit = "2GiB"\n[db.seed]\nsql_paths = ["./a.sql", "./b.sql"]',
  );
  const read = await readProjectConfig(dir);
  assert.equal(read.functions.size, 0);
  assert.equal(read.fileSizeLimitBytes, 2 ** 31);
  assert.deepEqual(read.seedPaths, ["./a.sql", "./b.sql"]);
  await Deno.writeTextFile(config, "[functions");
  await assert.rejects(readProjectConfig(dir), StackError);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("parseSize() takes the CLI's units and nothing else", () => {
  assert.equal(parseSize("50MiB"), 52_428_800);
  assert.equal(parseSize("5MB"), 5_000_000);
  assert.equal(parseSize("1.5 KiB"), 1536);
  assert.equal(parseSize(1000), 1000);
  for (const wrong of ["", "MiB", "5 parsecs", undefined, null, -1]) {
    assert.equal(parseSize(wrong), undefined, String(wrong));
  }
});

Deno.test("functionEnv() simulates exactly the providers without a key in .env", async () => {
  const sources = {
    url: "http://127.0.0.1:1",
    databaseUrl: "postgresql://x",
    keys: await createKeys(),
    simulated: {
      KIE_BASE_URL: "http://simulated/kie",
      KIE_API_KEY: "simulated",
      KIE_WEBHOOK_HMAC_KEY: "simulated",
      GEMINI_BASE_URL: "http://simulated/gemini",
      GEMINI_API_KEY: "simulated",
    },
    more: {},
  };
  const file = { KIE_DONWON_API_KEY: "real", GEMINI_BASE_URL: "http://without.key", OTHER: "x" };
  const mixed = functionEnv({ ...sources, file });
  assert.equal(mixed.KIE_DONWON_API_KEY, "real");
  assert.equal(mixed.KIE_BASE_URL, undefined);
  assert.equal(mixed.KIE_API_KEY, undefined);
  assert.equal(mixed.GEMINI_BASE_URL, "http://simulated/gemini");
  assert.equal(mixed.OTHER, "x");
  const named = functionEnv({ ...sources, file, simulate: "kie" });
  assert.equal(named.KIE_DONWON_API_KEY, undefined, "a real key would win over the simulator's");
  assert.equal(named.KIE_API_KEY, "simulated");
  assert.equal(named.GEMINI_API_KEY, undefined);
  assert.equal(named.GEMINI_BASE_URL, "http://without.key", "neither simulated nor configured");
  const given = functionEnv({ ...sources, file: {}, more: { KIE_BASE_URL: "http://test" } });
  assert.equal(given.KIE_BASE_URL, "http://test");
});

Deno.test("readEnvFile() leaves out what is empty, and a file that is not there is empty", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, '# note\nA=1\nB=\nC="two words"\nexport D=4\n');
  assert.deepEqual(await readEnvFile(path), { A: "1", C: "two words", D: "4" });
  await Deno.remove(path);
  assert.deepEqual(await readEnvFile(path), {});
});

Deno.test("loadKeys() makes keys once, for their owner only, and publishes no secret", async () => {
  const dir = await Deno.makeTempDir();
  const first = await loadKeys(dir);
  assert.deepEqual(await loadKeys(dir), first);
  assert.match(first.publishable, /^sb_publishable_[\w-]{22}_[\w-]{8}$/);
  assert.match(first.secret, /^sb_secret_[\w-]{22}_[\w-]{8}$/);
  const { mode } = await Deno.stat(join(dir, "keys.json"));
  assert.equal((mode ?? 0) & 0o077, 0);
  const published = JSON.stringify(publicKeySet(first));
  assert.ok(!published.includes(first.signingKey.d ?? ""));
  await Deno.remove(dir, { recursive: true });
});
