import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import * as path from "node:path";
import { isAlive } from "../../supabase/local/process_alive.ts";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { type LocalPostgres, startPostgres } from "../../supabase/local/postgres.ts";
import { PostgresFailure } from "../../supabase/local/postgres/failure.ts";
import { eventually } from "./temporary_postgres.ts";

/** One folder for most tests: the database is made once, each test starts and stops its own server. */
let dir: string;
Deno.test.beforeAll(async () => {
  dir = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(dir, 0o755);
  const server = await startPostgres({ dir, port: 0 });
  await ask(server, "create table notes (id bigint generated always as identity, body text)");
  await server.stop();
});
Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

async function ask(server: LocalPostgres, query: string): Promise<postgres.Row[]> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    return [...await sql.unsafe(query)];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Does something with the shared folder's server, which is stopped afterwards. */
async function withServer(work: (server: LocalPostgres) => Promise<void>): Promise<void> {
  const server = await startPostgres({ dir, port: 0 });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

/** Asserts that starting in a folder fails with one sentence. */
async function refuses(folder: string, reason: RegExp, port = 0): Promise<void> {
  await rejects(startPostgres({ dir: folder, port }), (cause) => {
    ok(cause instanceof PostgresFailure);
    match(cause.message, reason);
    ok(!cause.message.includes("\n"), cause.message);
    return true;
  });
}

/** Starts a process of its own that starts a server, and gives its pid once `seen` of it is in its output. */
async function startElsewhere(folder: string, seen: string): Promise<Deno.ChildProcess> {
  const module = fileURLToPath(new URL("../../supabase/local/postgres.ts", import.meta.url));
  const code = `
    import { startPostgres } from ${JSON.stringify(module)};
    console.log("starting");
    const server = await startPostgres({ dir: ${JSON.stringify(folder)}, port: 0 });
    console.log("pid", server.pid);
    setInterval(() => {}, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", code],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    if (output.includes(seen)) break;
  }
  return child;
}

Deno.test("startPostgres() gives a durable server in UTC and UTF-8, on the loopback interface only", async () => {
  await withServer(async (server) => {
    const rows = await ask(
      server,
      `select name, setting from pg_settings where name in ('fsync', 'listen_addresses',
        'max_connections', 'password_encryption', 'server_encoding', 'synchronous_commit', 'TimeZone',
        'unix_socket_directories', 'wal_level') order by lower(name)`,
    );
    deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), {
      fsync: "on",
      listen_addresses: "127.0.0.1",
      max_connections: "100",
      password_encryption: "scram-sha-256",
      server_encoding: "UTF8",
      synchronous_commit: "on",
      TimeZone: "UTC",
      unix_socket_directories: "",
      wal_level: "replica",
    });
    equal(server.url, `postgresql://postgres:postgres@127.0.0.1:${server.port}/postgres`);
    const [version] = await ask(
      server,
      "select current_setting('server_version_num')::int / 10000 as v",
    );
    equal(version?.v, 17);
  });
});

Deno.test("startPostgres() asks for the password", async () => {
  await withServer(async (server) => {
    const sql = postgres(server.url.replace(":postgres@", ":wrong@"), { max: 1 });
    await rejects(sql`select 1`, { code: "28P01" });
    await sql.end();
  });
});

Deno.test("startPostgres() offers pgcrypto, uuid-ossp and pg_stat_statements beside the stand-ins", async () => {
  await withServer(async (server) => {
    const rows = await ask(
      server,
      `select name from pg_available_extensions where name in ('pg_cron', 'pg_net', 'pg_stat_statements',
        'pgcrypto', 'supabase_vault', 'uuid-ossp') order by 1`,
    );
    deepEqual(rows.map((row) => row.name), [
      "pg_cron",
      "pg_net",
      "pg_stat_statements",
      "pgcrypto",
      "supabase_vault",
      "uuid-ossp",
    ]);
  });
});

Deno.test("LocalPostgres.stop() ends the process and keeps the data for the next start", async () => {
  const first = await startPostgres({ dir, port: 0 });
  await ask(first, "insert into notes (body) values ('kept')");
  await first.stop();
  await first.stop();
  equal(isAlive(first.pid), false);
  await withServer(async (server) => {
    equal((await ask(server, "select from notes where body = 'kept'")).length, 1);
  });
});

Deno.test("LocalPostgres.restart() keeps port and data, with a new process", async () => {
  await withServer(async (server) => {
    const { pid, port } = server;
    await ask(server, "insert into notes (body) values ('restarted')");
    await server.restart();
    notEqual(server.pid, pid);
    equal(server.port, port);
    equal((await ask(server, "select from notes where body = 'restarted'")).length, 1);
  });
});

Deno.test("LocalPostgres.restart() recovers every committed row after kill(), whatever ran meanwhile", async () => {
  await withServer(async (server) => {
    const writers = [1, 2, 3, 4].map(async (writer) => {
      const sql = postgres(server.url, { max: 1, backoff: false });
      const committed: string[] = [];
      try {
        for (let n = 0; n < 100_000; n++) {
          const body = `${writer}-${n}`;
          await sql`insert into notes (body) values (${body})`;
          committed.push(body);
        }
      } catch {
        // the server is gone, as intended
      }
      await sql.end({ timeout: 0 });
      return committed;
    });
    await eventually("some rows", async () => {
      const [row] = await ask(server, "select count(*)::int as count from notes");
      return row?.count > 50 ? true : undefined;
    });
    server.kill();
    await server.restart();
    const committed = (await Promise.all(writers)).flat();
    const stored = new Set((await ask(server, "select body from notes")).map((row) => row.body));
    ok(committed.length > 50);
    deepEqual(committed.filter((body) => !stored.has(body)), []);
  });
});

Deno.test("startPostgres() gives no other stack the port of a server that is down and coming back", async () => {
  const elsewhere = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(elsewhere, 0o755);
  try {
    await withServer(async (server) => {
      // Its clients go on connecting to that port, with the password that every stack has.
      server.kill();
      await refuses(elsewhere, /^Cannot start PostgreSQL: port \d+ .* is in use; /, server.port);
      await server.restart();
      equal((await ask(server, "select from notes limit 0")).length, 0);
    });
    const { port } = await startAndStop();
    const heir = await startPostgres({ dir: elsewhere, port });
    await heir.stop();
  } finally {
    await Deno.remove(elsewhere, { recursive: true });
  }
});

/** Starts the shared folder's server and stops it: its port is free again. */
async function startAndStop(): Promise<LocalPostgres> {
  const server = await startPostgres({ dir, port: 0 });
  await server.stop();
  return server;
}

Deno.test("startPostgres() refuses a port that is in use", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await refuses(
    dir,
    /^Cannot start PostgreSQL: port \d+ of 127\.0\.0\.1 is in use; /,
    listener.addr.port,
  );
  listener.close();
});

Deno.test("startPostgres() refuses a folder that another stack uses, and takes it afterwards", async () => {
  await withServer(async () => {
    await refuses(dir, /another stack uses ".+"; stop it/);
  });
  await withServer(async () => {});
});

Deno.test("startPostgres() overcomes the pid file of a killed server whose number is taken again", async () => {
  await Deno.writeTextFile(
    path.join(dir, "data", "postmaster.pid"),
    [Deno.pid, path.join(dir, "data"), "1795226934", "5999", "", "127.0.0.1", "", "ready"].join(
      "\n",
    ),
  );
  await withServer(async (server) => {
    equal((await ask(server, "select 1 as one"))[0]?.one, 1);
  });
});

Deno.test("startPostgres() refuses a data folder that is not whole or not of version 17", async () => {
  const folder = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(folder, 0o755);
  await Deno.mkdir(path.join(folder, "data", "base"), { recursive: true });
  await refuses(folder, /is not a whole database \(it has no PG_VERSION\); delete the folder/);
  await Deno.writeTextFile(path.join(folder, "data", "PG_VERSION"), "15\n");
  await refuses(folder, /was made by PostgreSQL 15 and this is 17; delete the folder/);
  await Deno.writeTextFile(path.join(folder, "data", "PG_VERSION"), "17\n");
  await refuses(folder, /\(see .+postgres\.log\)$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("startPostgres() says which shared library is missing", async () => {
  const library = (await Array.fromAsync(Deno.readDir(path.join(dir, "server", "lib"))))
    .find((entry) => /^libicuuc\..*\d\.\d/.test(entry.name))?.name ?? "";
  const file = path.join(dir, "server", "lib", library);
  await Deno.rename(file, `${file}.away`);
  await refuses(dir, /libicuuc.+\(see .+postgres\.log\)$/);
  await Deno.rename(`${file}.away`, file);
});

Deno.test("startPostgres() puts an edited or lost extension file right at the next start", async () => {
  const file = path.join(dir, "server", "share", "postgresql", "extension", "pg_net.control");
  const before = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, "default_version = '0.1'\n");
  await withServer(async () => {});
  equal(await Deno.readTextFile(file), before);
});

Deno.test("startPostgres() makes the database anew when its making was killed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(folder, 0o755);
  const child = await startElsewhere(folder, "starting");
  const draft = await eventually("a half-made database", async () => {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
    const found = names.find((name) => /^data\..+\.new$/.test(name));
    if (found === undefined) return undefined;
    const files = await Array.fromAsync(Deno.readDir(path.join(folder, found)));
    return files.length > 0 ? found : undefined;
  });
  child.kill("SIGKILL");
  await child.status;
  const server = await startPostgres({ dir: folder, port: 0 });
  equal((await ask(server, "select 1 as one"))[0]?.one, 1);
  await server.stop();
  await rejects(Deno.stat(path.join(folder, draft, "PG_VERSION")), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("startPostgres() has the server end when its process is killed", async () => {
  const child = await startElsewhere(dir, "pid");
  const file = path.join(dir, "data", "postmaster.pid");
  ok((await Deno.stat(file)).isFile);
  child.kill("SIGKILL");
  await child.status;
  await eventually("the server's end", async () => {
    return await Deno.stat(file).then(() => undefined, () => true);
  });
  await withServer(async () => {});
});

Deno.test("startPostgres() waits for the server of a killed process to end", async () => {
  const child = await startElsewhere(dir, "pid");
  child.kill("SIGKILL");
  await child.status;
  await withServer(async (server) => {
    equal((await ask(server, "select 1 as one"))[0]?.one, 1);
  });
});

Deno.test("startPostgres() works below a folder that only its owner may enter", async () => {
  const closed = await Deno.makeTempDir({ prefix: "postgres_test_" });
  const folder = path.join(closed, "stack");
  const server = await startPostgres({ dir: folder, port: 0 });
  await ask(server, "create table kept ()");
  await server.stop();
  match(await Deno.readTextFile(path.join(folder, "postgres.log")), /database system is shut down/);
  const again = await startPostgres({ dir: folder, port: 0 });
  equal((await ask(again, "select from kept")).length, 0);
  await again.stop();
  const place = path.dirname(await Deno.realPath(path.join(folder, "data")));
  await Deno.remove(closed, { recursive: true });
  // A folder of the same name begins empty, wherever the files of the last one were.
  const anew = await startPostgres({ dir: folder, port: 0 });
  await rejects(ask(anew, "select from kept"), { code: "42P01" });
  await anew.stop();
  await Deno.remove(closed, { recursive: true });
  await Deno.remove(place, { recursive: true }).catch(() => {});
});
