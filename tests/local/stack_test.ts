import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import { silent, StackError } from "../../supabase/local/say.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { readStackState, takeDir } from "../../supabase/local/state.ts";
import { runSupabaseCli } from "../supabase_cli.ts";
import {
  ANY_PORTS,
  clientOf,
  FIXTURE_PROJECT,
  isAlive,
  signUp,
  startFixtureStack,
  until,
  withDir,
} from "./fixture_stack.ts";

/** Twice what a user is promised: other tests may keep this machine busy. */
const READY_MS = 20_000;

/** Starts the fixture stack in a program of its own and waits until it is up. */
async function startProgram(dir: string): Promise<{ program: Deno.ChildProcess; pids: number[] }> {
  const program = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tests/fixtures/run_stack.ts", dir],
    cwd: PROJECT_DIR,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await until(async () => await readStackState(dir) !== undefined, "the program's stack is up");
  return { program, pids: [...(await readStackState(dir))?.pids ?? []] };
}

Deno.test("startStack() is ready in time, and stop() leaves no process, port or lock", async () => {
  await withDir(async (dir) => {
    const said: string[] = [];
    const stack = await startStack({
      dir,
      projectDir: FIXTURE_PROJECT,
      ports: ANY_PORTS,
      providers: false,
      say: (line) => said.push(line),
    });
    const pids = stack.pids();
    assert.ok(stack.startedInMs < READY_MS, `ready after ${stack.startedInMs} ms`);
    assert.equal(pids.length, 5, "guard, PostgreSQL, API, two workers");
    assert.ok(pids.every(isAlive));
    assert.ok(said.length > 0, "says what it does meanwhile");
    const state = await readStackState(dir);
    assert.equal(state?.url, stack.url);
    assert.deepEqual(state?.workerPids, stack.workers.pids());

    await stack.stop();
    assert.deepEqual(pids.filter(isAlive), []);
    await assert.rejects(fetch(stack.url));
    assert.equal(await readStackState(dir), undefined);
    (await takeDir(dir, { reset: false, say: silent })).release();
  });
});

Deno.test("startStack() keeps users, sessions and files over a restart, and reset forgets them", async () => {
  await withDir(async (dir) => {
    const options = { dir, projectDir: FIXTURE_PROJECT, providers: false, workers: 1 };
    const first = await startStack({ ...options, ports: ANY_PORTS });
    const { token, id } = await signUp(first);
    await clientOf(first, first.keys.secret).storage.from("open")
      .upload("kept.txt", new Blob(["kept"]), { contentType: "text/plain" });
    const port = Number(new URL(first.url).port);
    await first.stop();

    const second = await startStack({ ...options, ports: { ...ANY_PORTS, api: port } });
    assert.deepEqual(second.keys, first.keys);
    assert.equal((await clientOf(second).auth.getUser(token)).data.user?.id, id);
    const kept = await fetch(`${second.url}/storage/v1/object/public/open/kept.txt`);
    assert.equal(await kept.text(), "kept");
    await second.stop();

    const third = await startStack({ ...options, ports: { ...ANY_PORTS, api: port }, reset: true });
    assert.notDeepEqual(third.keys, first.keys);
    assert.equal((await clientOf(third).auth.getUser(token)).data.user, null);
    const gone = await fetch(`${third.url}/storage/v1/object/public/open/kept.txt`);
    assert.equal(gone.status, 400);
    await gone.body?.cancel();
    await third.stop();
  });
});

Deno.test("startStack() prepares the database as hosted", async (context) => {
  const stack = await startFixtureStack({ workers: 0 });
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
  await context.step("and records migrations, seed and Vault where the CLI does", async () => {
    const history = await sql`
      select version, name, to_jsonb(statements) as statements
      from supabase_migrations.schema_migrations order by version`;
    assert.deepEqual(history.map(({ version, name }) => `${version}_${name}`), [
      "20260101000000_create_notes",
      "20260101000100_refuse",
      "20260101000200_create_vault",
    ]);
    assert.equal(history[1]?.statements.length, 3);
    assert.match(history[1]?.statements[0], /create function public\.refuse/);
    assert.equal((await sql`select count(*)::int as n from public.seeded`)[0]?.n, 1);
    const secrets = await sql`
      select name, decrypted_secret from vault.decrypted_secrets order by name`;
    assert.deepEqual(secrets.map((row) => ({ ...row })), [
      { name: "cron_secret_key", decrypted_secret: stack.keys.secret },
      { name: "project_url", decrypted_secret: stack.url },
    ]);
  });
  await context.step("and grants nothing on a new table but what hosted leaves", async () => {
    await sql`create table public.fresh (id int)`;
    const rights = await sql`
      select role, privilege
      from unnest(array['anon', 'authenticated', 'service_role']) as role,
        unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as privilege
      where has_table_privilege(role, 'public.fresh', privilege)
      order by role`;
    assert.deepEqual(rights.map(({ role, privilege }) => `${role} ${privilege}`), [
      "anon truncate",
      "authenticated truncate",
      "service_role truncate",
    ]);
    const { error } = await clientOf(stack, stack.keys.secret).from("fresh").select();
    assert.equal(error?.code, "42501", "a request grants nothing either");
    const users = await sql`
      select has_table_privilege(role, 'auth.users', 'select') as reads
      from unnest(array['anon', 'authenticated']) as role`;
    assert.deepEqual(users.map(({ reads }) => reads), [false, false]);
  });
  await context.step("and shows the Data API a new table at once", async () => {
    await sql`create table public.late (id int)`;
    await sql`grant select on public.late to service_role`;
    await until(async () => {
      const { error } = await clientOf(stack, stack.keys.secret).from("late").select();
      return error === null;
    }, "the table is seen");
  });
  await context.step(
    "and tells policies who the caller is, by either form of the claims",
    async () => {
      const id = crypto.randomUUID();
      for (
        const [name, value] of [
          ["request.jwt.claims", JSON.stringify({ sub: id, role: "authenticated" })],
          ["request.jwt.claim.sub", id],
        ] as const
      ) {
        const [row] = await sql.begin(async (tx) => {
          await tx`select set_config(${name}, ${value}, true)`;
          return await tx`select auth.uid() as uid`;
        });
        assert.equal(row?.uid, id, name);
      }
      assert.equal((await sql`select auth.uid() as uid`)[0]?.uid, null);
    },
  );
  await context.step("and goes on when PostgreSQL is killed and restarted", async () => {
    const answers = async () => {
      const response = await fetch(`${stack.url}/rest/v1/notes?select=id`, {
        headers: { apikey: stack.keys.secret },
      });
      await response.body?.cancel();
      return response.status === 200;
    };
    stack.postgres.kill();
    await stack.postgres.restart();
    await until(answers, "the API answers again");
    const { pid } = stack.postgres;
    Deno.kill(pid, "SIGKILL");
    await until(() => stack.postgres.pid !== pid, "another process has taken its place");
    await until(answers, "the API answers again");
    assert.equal((await readStackState(stack.dir))?.postgresPid, stack.postgres.pid);
  });
  await sql.end({ timeout: 1 });
  await stack.dispose();
});

Deno.test("startStack() says in one sentence what is in the way, and leaves nothing behind", async (context) => {
  const refused = async (options: Parameters<typeof startStack>[0], sentence: RegExp) => {
    const begun = performance.now();
    await assert.rejects(
      startStack({ projectDir: FIXTURE_PROJECT, ports: ANY_PORTS, providers: false, ...options }),
      (cause) => {
        assert.ok(cause instanceof StackError, String(cause));
        assert.match(cause.message, sentence);
        assert.ok(!cause.message.includes("\n"));
        return true;
      },
    );
    assert.ok(performance.now() - begun < READY_MS);
  };
  await context.step("a port in use", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    await withDir(async (dir) => {
      await refused(
        { dir, ports: { ...ANY_PORTS, api: port } },
        /Cannot open port \d+ for the API/,
      );
      await refused({ dir, ports: { ...ANY_PORTS, postgres: port } }, /port \d+ .*in use/);
    });
    listener.close();
  });
  await context.step("a stack in the same directory", async () => {
    const stack = await startFixtureStack({ workers: 1 });
    await refused({ dir: stack.dir }, /process \d+ at http:.* runs a stack there/);
    assert.ok(stack.pids().every(isAlive), "and the first one goes on");
    await stack.dispose();
  });
  await context.step("keys that are damaged", async () => {
    await withDir(async (dir) => {
      await Deno.writeTextFile(join(dir, "keys.json"), '{"publishable":"sb_pub');
      await refused({ dir }, /keys\.json.*damaged.*--reset/);
    });
  });
  await context.step("a migration that fails, with file and line", async () => {
    await withDir(async (dir) => {
      const projectDir = join(dir, "project");
      await Deno.mkdir(join(projectDir, "migrations"), { recursive: true });
      await Deno.writeTextFile(
        join(projectDir, "migrations", "20260101000000_wrong.sql"),
        "create table public.a (id int);\n\ncreate table public.b (id nothing);\n",
      );
      const pids: number[] = [];
      await refused(
        { dir: join(dir, "state"), projectDir, workers: 1 },
        /20260101000000_wrong\.sql": type "nothing" does not exist \(line 3\)/,
      );
      assert.deepEqual(pids.filter(isAlive), []);
      (await takeDir(join(dir, "state"), { reset: false, say: silent })).release();
    });
  });
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  Deno.test(`a stack ends with its program at ${signal}, one stopped worker included`, async () => {
    await withDir(async (dir) => {
      const { program, pids } = await startProgram(dir);
      assert.equal(pids.length, 5);
      Deno.kill((await readStackState(dir))?.workerPids[0] ?? 0, "SIGSTOP");
      program.kill(signal);
      await program.status;
      await until(() => !pids.some(isAlive), "its processes are gone");
      const options = { dir, projectDir: FIXTURE_PROJECT, providers: false, workers: 0 };
      await (await startStack({ ...options, ports: ANY_PORTS })).stop();
    });
  });
}

Deno.test("startStack() runs a changed function at once when it watches", async () => {
  await withDir(async (dir) => {
    const projectDir = join(dir, "project");
    const source = (answer: string) => `export default { fetch: () => new Response("${answer}") };`;
    await Deno.mkdir(join(projectDir, "functions", "one"), { recursive: true });
    await Deno.writeTextFile(
      join(projectDir, "config.toml"),
      "[functions.one]\nverify_jwt = false",
    );
    await Deno.writeTextFile(join(projectDir, "functions", "one", "index.ts"), source("before"));
    const stack = await startFixtureStack({ projectDir, workers: 1, watch: true });
    const call = async (name: string) =>
      await (await fetch(`${stack.url}/functions/v1/${name}`, {
        headers: { apikey: stack.keys.publishable },
      })).text();
    assert.equal(await call("one"), "before");
    await Deno.writeTextFile(join(projectDir, "functions", "one", "index.ts"), source("after"));
    await until(async () => await call("one") === "after", "the change is seen");
    await Deno.mkdir(join(projectDir, "functions", "two"));
    await Deno.writeTextFile(join(projectDir, "functions", "two", "index.ts"), source("new"));
    await until(async () => await call("two") === "new", "the new function is seen");
    await stack.dispose();
  });
});

Deno.test("applyMigrations() records what the Supabase CLI records, statement by statement", async () => {
  await withDir(async (dir) => {
    await Deno.symlink(FIXTURE_PROJECT, join(dir, "supabase"));
    const histories = [];
    for (const projectDir of [FIXTURE_PROJECT, join(dir, "none")]) {
      const stack = await startFixtureStack({ workers: 0, projectDir });
      const remote = `--remote=${stack.databaseUrl}?sslmode=disable`;
      if (projectDir !== FIXTURE_PROJECT) {
        await runSupabaseCli(["--workdir", dir, "migration", "up", "--yes", remote]);
      }
      const sql = postgres(stack.databaseUrl, { max: 1 });
      const rows = await sql`
        select version, name, to_jsonb(statements) as statements
        from supabase_migrations.schema_migrations order by version`;
      histories.push(rows.map((row) => ({ ...row })));
      await sql.end();
      await stack.dispose();
    }
    assert.equal(histories[0]?.length, 3);
    assert.deepEqual(histories[0], histories[1]);
  });
});
