/**
 * The process of Auth, the Data API and Storage: `@supabase/lite` on the stack's PostgreSQL. Started by
 * `lite.ts`, never by hand.
 *
 * It uses the package's classes, not its command, because the command (0.10.0) grants every table of an
 * RLS schema to `anon` at its first request, and keeps uploads in memory.
 *
 * @module
 */
import "./driver_fix.ts";
import { type ApiKeyResolver, App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { jwtVerify } from "jose";
// Also what makes Deno resolve it for lite, whose optional peer it is.
import postgres from "postgres";
import { announce, parentMessages } from "./child_side.ts";
import { type LiteSettings, VERIFIED_TOKEN } from "./lite.ts";
import { tuneConnection } from "./lite_tuning.ts";
import { ObjectFiles, objectRequest } from "./object_files.ts";
import { fixStorage } from "./storage_fixes.ts";

/** Buckets change by migration; a changed limit counts after this long. */
const LIMIT_CACHE_MS = 2000;

/** The role behind an API key, or the user whose verified token comes beside the publishable one. */
function createKeyResolver(settings: LiteSettings): ApiKeyResolver {
  const inner = new TextEncoder().encode(settings.innerSecret);
  return async (key, context) => {
    if (key === settings.secret) return { type: "secret", claims: { role: "service_role" } };
    if (key !== settings.publishable) return null;
    const token = context.req.header(VERIFIED_TOKEN);
    if (token === undefined) return { type: "publishable", claims: { role: "anon" } };
    const { payload } = await jwtVerify(token, inner, { algorithms: ["HS256"] });
    return { type: "publishable", claims: payload };
  };
}

async function serve(settings: LiteSettings): Promise<void> {
  const connection = createPostgresConnection({
    url: settings.databaseUrl,
    postgresOptions: { max: 20, onnotice: () => {} },
  });
  tuneConnection(connection);
  const app = new App({
    connection,
    api: { schemas: [...settings.schemas], max_rows: settings.maxRows },
    auth: {
      enabled: true,
      jwt_secret: settings.innerSecret,
      publishable_key: settings.publishable,
      secret_key: settings.secret,
      site_url: settings.siteUrl,
      jwt_expiry: settings.jwtExpirySeconds,
      minimum_password_length: settings.minimumPasswordLength,
      email: { enable_signup: true, enable_confirmations: false },
    },
    db: { migrations: { enabled: false } },
    storage: { enabled: true, file_size_limit: `${settings.fileSizeLimitBytes}B` },
    studio: { enabled: false },
    options: { server: { admin: false, apiKeys: { resolver: createKeyResolver(settings) } } },
  });
  app._storageAdapter = new ObjectFiles(settings.storageDir);
  await app.ensureSystemSchema();

  const sql = postgres(settings.databaseUrl, { max: 2, onnotice: () => {} });
  const limits = new Map<string, { bytes: number; untilMs: number }>();
  const sizeLimit = async (bucket: string) => {
    const known = limits.get(bucket);
    if (known !== undefined && known.untilMs > Date.now()) return known.bytes;
    const [row] = await sql`select file_size_limit from storage.buckets where id = ${bucket}`;
    const bytes = Math.min(Number(row?.file_size_limit ?? Infinity), settings.fileSizeLimitBytes);
    limits.set(bucket, { bytes, untilMs: Date.now() + LIMIT_CACHE_MS });
    return bytes;
  };
  // As PostgREST does: `notify pgrst, 'reload schema'` after a change of tables.
  await sql.listen("pgrst", () => connection.clearSchemaCache());

  const storage = async (request: Request) => {
    const wanted = { range: request.headers.get("range"), sizeLimit, exceeded: undefined };
    const response = await objectRequest.run(
      wanted,
      () => fixStorage(request, async (inner) => await app.fetch(inner, { peerAddress: null })),
    );
    const exceeded: number | undefined = wanted.exceeded;
    if (exceeded === undefined) return response;
    await response.body?.cancel();
    return Response.json({
      statusCode: "413",
      error: "Payload too large",
      code: "EntityTooLarge",
      message: `The object exceeded the maximum allowed size of ${exceeded} bytes`,
    }, { status: 400 });
  };
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => announce({ port }),
  }, async (request) => {
    if (new URL(request.url).pathname.startsWith("/storage/v1/")) return await storage(request);
    return await app.fetch(request, { peerAddress: null });
  });
}

if (import.meta.main) {
  // The settings come when PostgreSQL is up; by then the libraries above are loaded.
  for await (const settings of parentMessages<LiteSettings | null>()) {
    if (settings !== null) await serve(settings);
  }
}
