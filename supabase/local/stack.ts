/**
 * The whole platform on one machine, without Docker and without keys: PostgreSQL, Auth, Data API, Storage,
 * the functions, cron, and simulated providers, each in a process that ends with this one.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import postgres from "postgres";
import { PROJECT_DIR } from "./child.ts";
import { startDatabase } from "./database.ts";
import { readEnvFile } from "./env_file.ts";
import { functionEnv } from "./function_env.ts";
import { startGateway } from "./gateway.ts";
import { startGuard } from "./guard.ts";
import { loadKeys } from "./keys.ts";
import { startLite } from "./lite.ts";
import { openLog } from "./log_file.ts";
import { applyMigrations, applySeed, preparePlatform, storeInVault } from "./migrate.ts";
import { DEFAULT_PORTS, type StackPorts } from "./ports.ts";
import type { LocalPostgres } from "./postgres.ts";
import { readProjectConfig } from "./project_config.ts";
import { startProvidersChild } from "./providers.ts";
import { type Say, silent } from "./say.ts";
import { startScheduler } from "./scheduler.ts";
import { readSimulate } from "./simulated.ts";
import { takeDir } from "./state.ts";
import { watchSources } from "./watch.ts";
import { startWorkers, type Workers } from "./workers.ts";

/** How a stack is started. */
export interface StackOptions {
  /** Where keys, database, stored files and logs are kept; `.local` unless given. */
  readonly dir?: string;
  /** Folder with `config.toml`, `functions/`, `migrations/` and seeds; the project's own unless given. */
  readonly projectDir?: string;
  /** {@link DEFAULT_PORTS} unless given; 0 means any free one. */
  readonly ports?: Partial<StackPorts>;
  /** Processes that run functions; 2 unless given. */
  readonly workers?: number;
  /** Empties `dir` first. */
  readonly reset?: boolean;
  /** Takes lines for people; nobody unless given. */
  readonly say?: Say;
  /** More environment for functions; it wins over `.env` and the simulators'. */
  readonly env?: Readonly<Record<string, string>>;
  /** False leaves `cron.job` rows and queued HTTP requests alone. */
  readonly cron?: boolean;
  /** Which providers are simulated, see `simulated.ts`; the setting `SIMULATE` unless given. */
  readonly simulate?: string;
  /** False starts no simulated providers. */
  readonly providers?: boolean;
  /** True reloads the workers when a source file changes. */
  readonly watch?: boolean;
  /** A function that has not begun to answer after this is answered 504; 150,000 as on the platform. */
  readonly idleTimeoutMs?: number;
  /** Takes each line the functions log, besides `functions.log`. */
  readonly onLog?: (line: string) => void;
}

/** A running stack. */
export interface Stack {
  /** Where its keys, data and logs are. */
  readonly dir: string;
  /** Base URL for clients, without a trailing slash. */
  readonly url: string;
  /** Of the superuser. */
  readonly databaseUrl: string;
  /** API keys; `secret` is one. */
  readonly keys: { readonly publishable: string; readonly secret: string };
  /** Base URL of the simulators; empty when they were not started. */
  readonly providers: { readonly url: string };
  /** The processes that run functions. */
  readonly workers: Pick<Workers, "pids" | "reload">;
  /** The server, to be killed and restarted by fault tests; killed from outside it restarts by itself. */
  readonly postgres: LocalPostgres;
  /** Every process of the stack but this one, as they are now. */
  pids(): number[];
  /** Milliseconds from the call to the first request being answered. */
  readonly startedInMs: number;
  /** Ends every process and lets go of the directory. */
  stop(): Promise<void>;
}

/** The platform's: https://supabase.com/docs/guides/functions/limits (read 2026-11-21). */
const IDLE_TIMEOUT_MS = 150_000;

/**
 * Starts a stack and waits until it answers.
 *
 * Side effects: processes, files below `dir`, ports on 127.0.0.1. When this process ends in any way, so do
 * they. Errors: `StackError` with one sentence for the user, after everything begun has been ended.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const startedAt = performance.now();
  const say = options.say ?? silent;
  const dir = resolve(options.dir ?? join(PROJECT_DIR, ".local"));
  const projectDir = resolve(options.projectDir ?? join(PROJECT_DIR, "supabase"));
  const ports = { ...DEFAULT_PORTS, ...options.ports };

  await using begun = new AsyncDisposableStack();
  const owned = await takeDir(dir, { reset: options.reset === true, say });
  begun.defer(() => owned.release());
  const keys = await loadKeys(dir);
  let config = await readProjectConfig(projectDir);
  const gateway = await startGateway(ports.api, keys);
  begun.defer(() => gateway.stop());
  const guard = startGuard();
  begun.defer(() => guard.stop());
  const guarded: number[] = [];
  const watchOver = (pid: number) => {
    guarded.push(pid);
    guard.watch(guarded);
  };
  const apiLog = openLog(join(dir, "api.log"));
  const functionsLog = openLog(join(dir, "functions.log"));
  begun.defer(() => [apiLog, functionsLog].forEach((log) => log.close()));

  // The libraries of the API and the simulators load while PostgreSQL starts.
  say("Starting PostgreSQL, the API and the simulated providers");
  const lite = startLite({ onLine: (line) => apiLog.write(line), onStart: watchOver });
  begun.defer(() => lite.stop());
  const providersPromise = options.providers === false
    ? Promise.resolve(undefined)
    : startProvidersChild(ports.providers, (line) => apiLog.write(line));
  providersPromise.catch(() => {});
  begun.defer(async () => (await providersPromise.catch(() => undefined))?.child.stop());
  let publish = () => {};
  const database = await startDatabase({
    dir: join(dir, "postgres"),
    port: ports.postgres,
    say,
    onRestart: () => {
      lite.replace();
      publish();
    },
  });
  begun.defer(() => database.stop());

  const migrated = (async () => {
    const { functions: _functions, ...settings } = config;
    await lite.serve({
      ...settings,
      databaseUrl: database.url,
      innerSecret: keys.innerSecret,
      publishable: keys.publishable,
      secret: keys.secret,
      storageDir: join(dir, "storage"),
    });
    const sql = postgres(database.url, { max: 1, onnotice: () => {} });
    try {
      await preparePlatform(sql);
      const applied = await applyMigrations(sql, join(projectDir, "migrations"));
      if (applied.length > 0) say(`Applied ${applied.length} migrations`);
      for (const path of config.seedPaths) {
        if (await applySeed(sql, projectDir, path)) say(`Applied ${basename(path)}`);
      }
      await storeInVault(sql, { project_url: gateway.url, cron_secret_key: keys.secret });
    } finally {
      await sql.end();
    }
  })();
  migrated.catch(() => {});

  const providers = await providersPromise;
  if (providers !== undefined) watchOver(providers.child.pid);
  let workerPids = (): number[] => [];
  const pids = () => [guard.pid, database.pid, ...guarded, ...workerPids()];
  const file = await readEnvFile(join(projectDir, "..", ".env"));
  const running = await startWorkers({
    count: options.workers ?? 2,
    functionsDir: join(projectDir, "functions"),
    env: functionEnv({
      url: gateway.url,
      databaseUrl: database.url,
      keys,
      simulated: providers?.env ?? {},
      file,
      simulate: options.simulate ?? readSimulate(file),
      more: options.env ?? {},
    }),
    onLog: (line) => {
      functionsLog.write(line);
      options.onLog?.(line);
    },
    say,
    onChange: () => publish(),
  });
  workerPids = running.pids;
  begun.defer(() => running.stop());
  await migrated;
  gateway.open({
    get api() {
      return lite.url;
    },
    functions: {
      configs: () => config.functions,
      workers: running,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    },
  });
  if (options.cron !== false) {
    const scheduler = startScheduler({
      databaseUrl: database.url,
      log: (line) => apiLog.write(line),
    });
    begun.defer(() => scheduler.stop());
  }
  if (options.watch === true) {
    const watcher = watchSources([projectDir, join(PROJECT_DIR, "shared")], async () => {
      say("Reloading the functions");
      config = await readProjectConfig(projectDir);
      await running.reload();
    });
    begun.defer(() => watcher.stop());
  }
  publish = () => {
    guard.watch([...guarded, ...workerPids()]);
    owned.publish({
      pid: Deno.pid,
      url: gateway.url,
      databaseUrl: database.url,
      publishable: keys.publishable,
      secret: keys.secret,
      providersUrl: providers?.url ?? "",
      postgresPid: database.pid,
      workerPids: workerPids(),
      pids: pids(),
    });
  };
  publish();

  const everything = begun.move();
  return {
    dir,
    url: gateway.url,
    databaseUrl: database.url,
    keys: { publishable: keys.publishable, secret: keys.secret },
    providers: { url: providers?.url ?? "" },
    workers: running,
    postgres: database,
    pids,
    startedInMs: Math.round(performance.now() - startedAt),
    stop: () => everything.disposeAsync(),
  };
}
