import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { gatherFacts } from "../../supabase/local/overview/facts.ts";
import { formatFacts, formatProbes } from "../../supabase/local/overview/print.ts";
import { probeProvider } from "../../supabase/local/overview/probes.ts";
import { startProviders } from "../../supabase/local/providers/server.ts";
import { KNOWN_PROVIDERS } from "../../supabase/local/simulated.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { ANY_PORTS } from "./fixture_stack.ts";

const NAMES = Object.keys(KNOWN_PROVIDERS);

Deno.test("probeProvider() finds every simulator's answer as documented, with all models of the catalogue", async () => {
  const providers = await startProviders({ port: 0 });
  const facts = await gatherFacts({ file: {}, simulate: undefined, stack: undefined });
  const lines: string[] = [];
  try {
    for (const { name, models } of facts) {
      const result = await probeProvider(name, {
        env: (variable) => providers.env[variable],
        log: createLog({}, (line) => lines.push(line)),
        endpoints: models.map(({ endpoint }) => endpoint),
      });
      assert.ok(result.ok, `${name}: ${JSON.stringify(result)}`);
      assert.ok(result.says.length > 5);
    }
    const said = lines.join("\n");
    for (const [variable, value] of Object.entries(providers.env)) {
      if (/KEY/.test(variable)) assert.ok(!said.includes(value), `${variable} is shown`);
    }
  } finally {
    await providers.stop();
  }
});

Deno.test("probeProvider() says what differs: a refused key, another shape, no JSON, nobody there, a model that is gone", async () => {
  const providers = await startProviders({ port: 0 });
  const setFault = async (fault: Record<string, string> | null) => {
    const response = await fetch(`${providers.url}/_control/faults`, {
      method: fault === null ? "DELETE" : "POST",
      ...(fault === null ? {} : { body: JSON.stringify(fault) }),
    });
    await response.body?.cancel();
    assert.ok(response.ok);
  };
  const probe = async (
    name: string,
    more: { env?: Record<string, string>; endpoints?: string[] } = {},
  ) => {
    const result = await probeProvider(name, {
      env: (variable) => more.env?.[variable] ?? providers.env[variable],
      log: createLog({}, () => {}),
      endpoints: more.endpoints ?? [],
    });
    return result.ok ? `ok: ${result.says}` : result.differs;
  };
  try {
    assert.match(await probe("fal", { env: { FAL_KEY: "someone:else" } }), /^HTTP status 401: /);
    assert.match(await probe("gemini", { env: { GEMINI_API_KEY: "invalid" } }), /^HTTP status 400/);
    assert.match(await probe("openai", { env: { OPENAI_API_KEY: "invalid" } }), /^HTTP status 401/);
    assert.match(await probe("runway", { env: { RUNWAY_API_KEY: "x" } }), /^HTTP status 401/);
    // KIE says so with HTTP 200.
    assert.match(await probe("kie", { env: { KIE_API_KEY: "x" } }), /^code: .*; data: /);
    assert.match(await probe("gemini", { endpoints: ["gemini-9"] }), /not among them: gemini-9/);
    await setFault({ provider: "kie", operation: "credit", kind: "wrong_shape" });
    assert.match(await probe("kie"), /^data: /);
    await setFault({ provider: "runway", kind: "garbage" });
    assert.equal(await probe("runway"), "the answer is not JSON");
    await setFault({ provider: "google_tts", operation: "token", kind: "bad_token" });
    assert.match(await probe("google_tts"), /google_tts/);
    await setFault(null);
    const nowhere = { KIE_BASE_URL: "http://127.0.0.1:9" };
    assert.match(await probe("kie", { env: nowhere }), /the connection failed/);
    await assert.rejects(probe("sora"), RangeError);
  } finally {
    await providers.stop();
  }
});

Deno.test("gatherFacts() reads models and health from a running stack, and the same models from the seed", async () => {
  const dir = await Deno.makeTempDir({ prefix: "overview-" });
  const stack = await startStack({
    dir,
    ports: ANY_PORTS,
    cron: false,
    providers: false,
    workers: 0,
  });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`update public.provider_limits set failure_count = 3 where provider = 'fal'`;
    await sql`update public.provider_limits set blocked_until = now() + interval '90 seconds'
      where provider = 'kie'`;
    const sources = {
      file: { RUNWAY_API_KEY: "secret", RUNWAY_BASE_URL: "http://x" },
      simulate: "fal",
    };
    const facts = await gatherFacts({
      ...sources,
      stack: { databaseUrl: stack.databaseUrl, providersUrl: "http://sim" },
    });
    const seeded = await gatherFacts({ ...sources, stack: undefined });
    assert.deepEqual(facts.map(({ name }) => name), NAMES);
    assert.deepEqual(seeded.map(({ models }) => models), facts.map(({ models }) => models));
    assert.ok(facts.every(({ models }) => models.length > 0));
    const of = (name: string) => facts.find((one) => one.name === name);
    assert.equal(of("fal")?.baseUrl, "http://sim/fal");
    assert.equal(of("fal")?.health, "down 3 times in a row");
    assert.match(of("kie")?.health ?? "", /^ok, left alone for (8\d|90) s$/);
    assert.deepEqual([of("runway")?.state, of("runway")?.baseUrl], ["real", "http://x"]);
    assert.deepEqual([of("kie")?.state, of("kie")?.missing], ["missing", "KIE_DONWON_API_KEY"]);
    assert.equal(of("google_tts")?.baseUrl, "https://texttospeech.googleapis.com");
    const text = formatFacts(facts);
    assert.match(text, /missing, KIE_DONWON_API_KEY is not set/);
    assert.ok(!text.includes("secret") && !text.includes("sora-2"));
  } finally {
    await sql.end();
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("formatProbes() gives a line a call, and says when there is none", () => {
  assert.equal(
    formatProbes([["kie", { ok: true, says: "5 left" }], ["fal", { ok: false, differs: "x" }]]),
    "ok      kie: 5 left\nDIFFERS fal: x",
  );
  assert.match(formatProbes([]), /nothing to call/);
});

Deno.test("deno task providers prints every provider and ends with 0, and with 2 when it is asked wrongly", async () => {
  const run = async (words: string[], env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(PROJECT_DIR, "supabase/local/list_providers.ts"), ...words],
      env: { NO_COLOR: "1", ...env },
      cwd: PROJECT_DIR,
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  };
  const dir = join(await Deno.makeTempDir(), "none");
  // Nothing is real, whatever is in .env: --live pays nobody.
  const { code, out } = await run(["--live", "--dir", dir], { SIMULATE: "all" });
  assert.equal(code, 0);
  for (const name of NAMES) assert.match(out, new RegExp(`${name} +│`));
  assert.match(out, /nothing to call/);
  const wrong = await run(["--lively"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /--live, --dir DIR/);
  const name = await run(["--dir", dir], { SIMULATE: "kling" });
  assert.equal(name.code, 2);
  assert.match(name.err, /Cannot simulate "kling"/);
});
