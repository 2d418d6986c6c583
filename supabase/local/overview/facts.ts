/**
 * What there is to know of each provider on this machine: who does the work, where, with which models, and how
 * it has been lately.
 *
 * @module
 */
import { join } from "node:path";
import postgres from "postgres";
import { readProviderEnv } from "../../functions/_shared/env.ts";
import { ttsBaseUrl } from "../../functions/_shared/providers/google_tts_api.ts";
import { PROJECT_DIR } from "../child.ts";
import {
  chooseProviders,
  KNOWN_PROVIDERS,
  type KnownProvider,
  type ProviderState,
} from "../simulated.ts";

/** One provider. */
export interface ProviderFacts {
  /** Name in the catalogue. */
  readonly name: string;
  /** What it makes. */
  readonly makes: string;
  /** Who does the work. */
  readonly state: ProviderState;
  /** The variable to set to make it real; undefined when it is set. */
  readonly missing: string | undefined;
  /** Where calls go; for a simulated one only known while a stack runs, else empty. */
  readonly baseUrl: string;
  /** Live ones of the catalogue. */
  readonly models: readonly CatalogueModel[];
  /** By the breaker, for people; empty when no stack runs, or nothing is counted. */
  readonly health: string;
}

/** A live model of the catalogue. */
export interface CatalogueModel {
  /** Ours. */
  readonly id: string;
  /** Name in the catalogue. */
  readonly provider: string;
  /** The provider's own name of it. */
  readonly endpoint: string;
}

/** What the facts are gathered from. */
export interface FactSources {
  /** The project's `.env`. */
  readonly file: Readonly<Record<string, string>>;
  /** The setting of that name. */
  readonly simulate: string | undefined;
  /** A running stack's, if there is one. */
  readonly stack: { readonly databaseUrl: string; readonly providersUrl: string } | undefined;
}

/** Gathers them, in the order of a film's work. Reads the running stack's database, or else the seed. */
export async function gatherFacts(sources: FactSources): Promise<ProviderFacts[]> {
  const { file, simulate, stack } = sources;
  const { models, health } = stack === undefined
    ? { models: await readSeed(), health: new Map<string, string>() }
    : await readDatabase(stack.databaseUrl);
  return Object.entries(chooseProviders(file, simulate)).flatMap(([name, { state, missing }]) => {
    const known = KNOWN_PROVIDERS[name];
    return known === undefined ? [] : [{
      name,
      makes: known.makes,
      state,
      missing,
      baseUrl: state === "simulated"
        ? stack === undefined ? "" : `${stack.providersUrl}/${name}`
        : addressOf(known, file),
      models: models.filter((model) => model.provider === name),
      health: health.get(name) ?? "",
    }];
  });
}

/** Where a provider would be called, whether or not its key is there. */
function addressOf({ env }: KnownProvider, file: Readonly<Record<string, string>>): string {
  const settings = readProviderEnv(
    env,
    (name) => file[name] ?? (/KEY|JSON/.test(name) ? "-" : undefined),
  );
  if ("baseUrl" in settings && settings.baseUrl !== undefined) return settings.baseUrl;
  if ("queueUrl" in settings) return settings.queueUrl;
  return ttsBaseUrl("location" in settings ? settings.location ?? "global" : "global");
}

async function readDatabase(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const models = await sql<CatalogueModel[]>`
      select m.id, m.provider, m.endpoint from public.models as m
      where m.retired_at is null`;
    const limits = await sql<{ provider: string; failures: number; blocked_sec: number }[]>`
      select l.provider, l.failure_count as failures,
        greatest(0, extract(epoch from least(l.blocked_until, now() + interval '1 day') - now()))::int
          as blocked_sec
      from public.provider_limits as l`;
    return {
      models: [...models].sort(byId),
      health: new Map(limits.map(({ provider, ...limit }) => [provider, describeHealth(limit)])),
    };
  } finally {
    await sql.end();
  }
}

function describeHealth(
  { failures, blocked_sec: seconds }: { readonly failures: number; readonly blocked_sec: number },
): string {
  const failed = failures === 0
    ? "ok"
    : failures === 1
    ? "down at the last call"
    : `down ${failures} times in a row`;
  return seconds > 0 ? `${failed}, left alone for ${seconds} s` : failed;
}

/**
 * The live models of `seed.sql`: rows begin with id, kind, provider and endpoint on one line, and statements that
 * fill `retired_at` hold those that are not live.
 */
async function readSeed(): Promise<CatalogueModel[]> {
  const text = await Deno.readTextFile(join(PROJECT_DIR, "supabase", "seed.sql"));
  return text.split("insert into public.models").slice(1)
    .filter((statement) => !/\([^)]*\bretired_at\b[^)]*\)\s*values/.test(statement))
    .flatMap((statement) => [
      ...statement.matchAll(/^ {2}\('([^']+)', '[a-z_]+', '([^']+)', '([^']+)',/gm),
    ])
    .map(([, id = "", provider = "", endpoint = ""]) => ({ id, provider, endpoint }))
    .sort(byId);
}

/** The same order whatever the database's collation. */
function byId(a: CatalogueModel, b: CatalogueModel): number {
  return a.id < b.id ? -1 : 1;
}
