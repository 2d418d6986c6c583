import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import {
  type EnvReader,
  type ProviderEnv,
  readModeration,
  readPlatformEnv,
  readProviderEnv,
  readRunwayModel,
  readScriptFallback,
} from "../../supabase/functions/_shared/env.ts";

const PROVIDERS: { readonly [Name in keyof ProviderEnv]: true } = {
  gemini: true,
  openai: true,
  fal: true,
  googleTts: true,
  kie: true,
  runway: true,
};

/** Every name a reader asks for, found by answering only where it could not go on without. */
function namesOf(read: (env: EnvReader) => unknown): string[] {
  const asked = new Set<string>();
  const given = new Set<string>();
  while (true) {
    let last = "";
    try {
      read((name) => {
        asked.add(name);
        last = name;
        return given.has(name) ? "https://value.test" : undefined;
      });
      return [...asked];
    } catch (error) {
      if (given.has(last)) throw error;
      given.add(last);
    }
  }
}

async function sourcesBelow(dir: URL): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = new URL(`${entry.name}${entry.isDirectory ? "/" : ""}`, dir);
    if (entry.isDirectory) texts.push(...await sourcesBelow(path));
    else if (entry.name.endsWith(".ts")) texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

Deno.test(".env.example lists the variables that are read, each with its purpose, and no other", async () => {
  const read = new Set([
    ...namesOf(readPlatformEnv),
    ...namesOf(readScriptFallback),
    ...namesOf(readRunwayModel),
    ...namesOf(readModeration),
    ...Object.keys(PROVIDERS).flatMap((name) =>
      namesOf((env) => readProviderEnv(name as keyof ProviderEnv, env))
    ),
  ]);
  const root = new URL("../../", import.meta.url);
  const sources = [
    ...await sourcesBelow(new URL("supabase/", root)),
    ...await sourcesBelow(new URL("shared/", root)),
  ];
  for (const source of sources) {
    for (const [, name] of source.matchAll(/Deno\.env\.get\(\s*"([^"]+)"/g)) read.add(name ?? "");
  }
  const example = await Deno.readTextFile(new URL(".env.example", root));
  const listed: string[] = [];
  const lines = example.split("\n");
  for (const [at, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    assert.match(line, /^[A-Z][A-Z0-9_]*=$/, "NAME= and no value");
    // Names of one thing stand together, under its purpose.
    const above = lines.slice(0, at).findLast((other) => !/^[A-Z]/.test(other)) ?? "";
    assert.match(above, /^# .{10,}/, `${line} has its purpose above it`);
    listed.push(line.slice(0, -1));
  }
  assert.deepEqual(listed.toSorted(), [...read].sort());
  assert.equal(new Set(listed).size, listed.length);
});

Deno.test("readPlatformEnv() prefers the public address, cuts its slash and names the bucket", () => {
  const from = (variables: Record<string, string>) => readPlatformEnv((name) => variables[name]);
  assert.deepEqual(from({ SUPABASE_URL: "http://kong:8000" }), {
    supabaseUrl: "http://kong:8000",
    storageBucket: "aiauto",
  });
  assert.deepEqual(
    from({
      SUPABASE_URL: "http://kong:8000",
      PUBLIC_SUPABASE_URL: "https://studio.test/",
      STORAGE_BUCKET: " ",
      SUPABASE_STORAGE_BUCKET: "media",
    }),
    { supabaseUrl: "https://studio.test", storageBucket: "media" },
  );
  assert.throws(() => from({ SUPABASE_URL: "" }), /Missing environment variables: SUPABASE_URL/);
});

for (const name of Object.keys(PROVIDERS) as (keyof ProviderEnv)[]) {
  Deno.test(`readProviderEnv() says which variable ${name} lacks, for people and for programs`, () => {
    const empty: EnvReader = () => "  ";
    try {
      readProviderEnv(name, empty);
    } catch (error) {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "PROVIDER_NOT_CONFIGURED");
      const { variables } = error.details as { variables: string[] };
      assert.ok(error.message.includes(variables[0] ?? "nothing"));
      for (const variable of variables) assert.ok(error.hint?.includes(variable));
      return;
    }
    assert.fail("it was read from nothing");
  });
}

Deno.test("readProviderEnv() takes each of a key's names, and several Gemini keys", () => {
  const from = <Name extends keyof ProviderEnv>(name: Name, variables: Record<string, string>) =>
    readProviderEnv(name, (variable) => variables[variable]);
  assert.deepEqual(from("gemini", { GEMINI_API_KEYS: "a, b,,c " }).apiKeys, ["a", "b", "c"]);
  assert.deepEqual(from("gemini", { GEMINI_API_KEYS: "", GEMINI_API_KEY: "d" }).apiKeys, ["d"]);
  for (const name of ["FAL_KEY", "FAL_API_KEY", "FALAI_API_KEY"]) {
    assert.equal(from("fal", { [name]: "id:secret" }).apiKey, "id:secret");
  }
  for (const name of ["KIE_DONWON_API_KEY", "KIE_API_KEY"]) {
    assert.equal(from("kie", { [name]: "key" }).apiKey, "key");
  }
  assert.equal(from("kie", { KIE_API_KEY: "key" }).baseUrl, "https://api.kie.ai");
});

Deno.test("readModeration() is on unless it is off, and lets pass when down unless told to refuse", () => {
  const from = (variables: Record<string, string>) => readModeration((name) => variables[name]);
  assert.deepEqual(from({}), { isOff: false, refusesWhenDown: false });
  assert.deepEqual(from({ MODERATION: "of", MODERATION_WHEN_DOWN: "no" }), from({}));
  assert.deepEqual(from({ MODERATION: "OFF", MODERATION_WHEN_DOWN: "refuse" }), {
    isOff: true,
    refusesWhenDown: true,
  });
});
