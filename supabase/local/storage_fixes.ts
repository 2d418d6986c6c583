/**
 * Where the Storage of `@supabase/lite` 0.10 differs from what storage-js 2.119 speaks, and how each
 * difference is undone on the way in or out. Each has a test through supabase-js in
 * `tests/local/storage_test.ts`; when a later version of lite passes it alone, the correction can go.
 *
 * @module
 */
import { multipartBoundary, readMultipart } from "./multipart.ts";

/** Passes a request on to Storage. */
export type Next = (request: Request) => Promise<Response>;

/** Answers a request below `/storage/v1` through `next`, corrected. */
export async function fixStorage(request: Request, next: Next): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.slice("/storage/v1".length);
  if (request.method === "POST" && /^\/object\/list\/[^/]+$/.test(path)) {
    return await listFolder(request, next);
  }
  if (request.method === "POST" && /^\/object\/sign\/[^/]+$/.test(path)) {
    return await signMany(request, next);
  }

  const response = await next(await unwrapMultipart(request));
  if (!response.ok) return await nameError(response);
  if (request.method === "POST" && /^\/object\/(upload\/)?sign\//.test(path)) {
    return await renameSignedUrls(response);
  }
  if (request.method === "GET" || request.method === "HEAD") {
    return describeDownload(response, path, searchParams.get("download"));
  }
  return response;
}

/**
 * storage-js sends Blobs and Files as multipart with a part that has no name; lite looks for one named
 * `file`. The part is sent on as a plain body, so both kinds of upload take one way, and are streamed.
 */
async function unwrapMultipart(request: Request): Promise<Request> {
  const boundary = multipartBoundary(request.headers.get("content-type"));
  if (boundary === undefined || request.body === null) return request;
  const upload = await readMultipart(request.body, boundary);
  if (upload === undefined) return new Request(request.url, { method: request.method });
  const headers = new Headers(request.headers);
  headers.set("content-type", upload.file.type);
  headers.delete("content-length");
  const maxAge = upload.fields.get("cacheControl");
  if (maxAge !== undefined) headers.set("cache-control", `max-age=${maxAge}`);
  return new Request(request.url, { method: request.method, headers, body: upload.file.stream });
}

/** One row of a listing, as lite gives it. */
interface ListedObject {
  readonly name: string;
  readonly updated_at?: string;
  readonly created_at?: string;
  readonly last_accessed_at?: string;
}

/** What a listing may ask for. */
interface ListRequest {
  readonly prefix?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly search?: string;
  readonly sortBy?: { readonly column?: string; readonly order?: string };
}

/** Most rows asked of lite for one listing; folders can only be told apart when all rows are there. */
const MOST_LISTED = 10_000;

/**
 * The platform lists one folder: files by their name inside it, folders once with `id: null`. lite gives
 * full names of everything below a prefix, matched as a pattern, so `remove` of what was listed misses.
 */
async function listFolder(request: Request, next: Next): Promise<Response> {
  const wanted: ListRequest = await request.json().catch(() => ({}));
  const folder = wanted.prefix ? `${wanted.prefix.replace(/\/+$/, "")}/` : "";
  const response = await next(
    new Request(request.url, {
      method: "POST",
      headers: request.headers,
      body: JSON.stringify({ prefix: folder, limit: MOST_LISTED }),
    }),
  );
  if (!response.ok) return await nameError(response);
  const rows: ListedObject[] = await response.json();
  const entries = new Map<string, Record<string, unknown> & { name: string }>();
  for (const row of rows) {
    if (!row.name.startsWith(folder)) continue;
    const [name = "", ...below] = row.name.slice(folder.length).split("/");
    if (wanted.search && !name.toLowerCase().startsWith(wanted.search.toLowerCase())) continue;
    if (below.length === 0) entries.set(name, { ...row, name });
    else if (!entries.has(`${name}/`)) {
      const unknown = { id: null, updated_at: null, created_at: null, last_accessed_at: null };
      entries.set(`${name}/`, { name, ...unknown, metadata: null });
    }
  }
  const column = wanted.sortBy?.column ?? "name";
  const sign = wanted.sortBy?.order === "desc" ? -1 : 1;
  const compare = (a: unknown, b: unknown) => String(a) < String(b) ? -1 : a === b ? 0 : 1;
  const offset = wanted.offset ?? 0;
  const listed = [...entries.values()]
    .sort((a, b) => sign * compare(a[column], b[column]))
    .slice(offset, offset + (wanted.limit ?? 100));
  return Response.json(listed, { headers: withoutLength(response.headers) });
}

/** lite answers `signedUrl` below `/storage/v1`; the client reads `signedURL` or `url`, relative to it. */
async function renameSignedUrls(response: Response): Promise<Response> {
  const { signedUrl, ...rest }: Record<string, unknown> = await response.json();
  const url = String(signedUrl).replace(/^\/storage\/v1/, "");
  return Response.json({ ...rest, signedURL: url, url }, {
    headers: withoutLength(response.headers),
  });
}

/** The platform's words for a path of several that cannot be signed, whatever the reason. */
const NOT_SIGNED = "Either the object does not exist or you do not have access to it";

/** lite takes a request for several paths as one for the path "", so each is asked for alone. */
async function signMany(request: Request, next: Next): Promise<Response> {
  const { paths = [], expiresIn }: { paths?: string[]; expiresIn?: number } = await request.json()
    .catch(() => ({}));
  const headers = withoutLength(request.headers);
  const signed = await Promise.all(paths.map(async (path) => {
    const url = `${request.url}/${path.split("/").map(encodeURIComponent).join("/")}`;
    const one = await next(
      new Request(url, { method: "POST", headers, body: JSON.stringify({ expiresIn }) }),
    );
    if (one.ok) return { error: null, path, ...await (await renameSignedUrls(one)).json() };
    await one.body?.cancel();
    return { error: NOT_SIGNED, path, signedURL: null };
  }));
  return Response.json(signed, { headers: { "access-control-allow-origin": "*" } });
}

/** The machine-readable names of errors, which storage-js branches on and lite leaves out. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  "not_found": "NoSuchKey",
  "Bucket not found": "NoSuchBucket",
  "Duplicate": "ResourceAlreadyExists",
  "Unauthorized": "AccessDenied",
  "InvalidJWT": "InvalidJWT",
  "Invalid key": "InvalidKey",
  "Payload too large": "EntityTooLarge",
  "invalid_mime_type": "InvalidMimeType",
};

/** Adds `code` to an error's body. */
async function nameError(response: Response): Promise<Response> {
  const text = await response.text();
  const init = { status: response.status, headers: withoutLength(response.headers) };
  try {
    const body: Record<string, unknown> = JSON.parse(text);
    const code = typeof body.error === "string" ? ERROR_CODES[body.error] : undefined;
    return Response.json(code === undefined ? body : { ...body, code }, init);
  } catch {
    return new Response(text, init);
  }
}

/** Gives a part of an object its status, and a download asked for by name its file name. */
function describeDownload(response: Response, path: string, download: string | null): Response {
  const status = response.headers.has("content-range") ? 206 : response.status;
  const headers = new Headers(response.headers);
  if (download !== null) {
    const name = download || decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    headers.set("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
  }
  return new Response(response.body, { status, headers });
}

function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete("content-length");
  return copy;
}
