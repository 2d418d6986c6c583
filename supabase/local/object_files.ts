/**
 * Where Storage keeps its bytes: one folder per object, with the bytes and what is known about them. Bodies
 * are streamed to a file beside the object and renamed, so a broken upload leaves nothing and a reader never
 * sees half a file. (The files of `@supabase/lite` itself are held in memory while they are written, and
 * have the content type of their name, not the one they were sent with.)
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";

/** What Storage knows about the bytes of an object. */
export interface ObjectFacts {
  /** As the upload said, such as `max-age=3600`. */
  cacheControl: string;
  /** Bytes of what is sent: the size, or less for a part. */
  contentLength: number;
  /** Bytes of the whole. */
  size: number;
  /** As the upload said. */
  mimetype: string;
  /** MD5 of the bytes, quoted. */
  eTag: string;
  /** When it was written. */
  lastModified: Date;
  /** `bytes first-last/size`, only when a part was asked for. */
  contentRange?: string;
}

/** What the present request wants of its object, and what became of it. */
export interface ObjectRequest {
  /** The `Range` header of a download. */
  readonly range: string | null;
  /** Most bytes an upload into a bucket may have. */
  readonly sizeLimit: (bucket: string) => Promise<number>;
  /** Set when an upload had more bytes than that. */
  exceeded: number | undefined;
}

/** Carries an {@link ObjectRequest} through the API to this module, which it calls without one. */
export const objectRequest: AsyncLocalStorage<ObjectRequest> = new AsyncLocalStorage();

/** Cannot be a part of an object's name, because every part is percent-encoded. */
const BYTES = "@bytes";
const FACTS = "@facts";

/** The objects below one folder. Errors: `Deno.errors.NotFound` for an object that is not there. */
export class ObjectFiles {
  /** Nothing; lite's interface has it. */
  readonly driver = null;

  /** Keeps objects below `root`, which may not exist yet. */
  constructor(private readonly root: string) {}

  /** Gives the bytes, or the part the present request asks for. */
  async getObject(bucket: string, key: string): Promise<{
    httpStatusCode: number;
    metadata: ObjectFacts;
    body: ReadableStream<Uint8Array>;
  }> {
    const facts = await this.headObject(bucket, key);
    const path = join(this.folder(bucket, key), BYTES);
    const part = parseRange(objectRequest.getStore()?.range ?? null, facts.size);
    if (part === undefined) {
      return { httpStatusCode: 200, metadata: facts, body: readPart(path, 0, facts.size) };
    }
    const length = part.last - part.first + 1;
    return {
      httpStatusCode: 206,
      metadata: {
        ...facts,
        contentLength: length,
        contentRange: `bytes ${part.first}-${part.last}/${facts.size}`,
      },
      body: readPart(path, part.first, length),
    };
  }

  /** Writes the bytes. Errors: `RangeError` when they are more than the present request may write. */
  async uploadObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    body: ReadableStream<Uint8Array> | Uint8Array,
    contentType: string,
    cacheControl: string,
  ): Promise<ObjectFacts> {
    const request = objectRequest.getStore();
    const limit = await request?.sizeLimit(bucket) ?? Infinity;
    const folder = this.folder(bucket, key);
    await Deno.mkdir(folder, { recursive: true });
    const part = join(folder, `${BYTES}.${crypto.randomUUID()}`);
    const hash = createHash("md5");
    let size = 0;
    try {
      using file = await Deno.open(part, { write: true, createNew: true });
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        size += chunk.length;
        if (size > limit) {
          if (request) request.exceeded = limit;
          throw new RangeError(`Object is larger than ${limit} bytes`);
        }
        hash.update(chunk);
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
    } catch (cause) {
      await Deno.remove(part).catch(() => {});
      throw cause;
    }
    const facts: ObjectFacts = {
      cacheControl,
      contentLength: size,
      size,
      mimetype: contentType,
      eTag: `"${hash.digest("hex")}"`,
      lastModified: new Date(),
    };
    await Deno.writeTextFile(`${part}.facts`, JSON.stringify(facts));
    await Deno.rename(`${part}.facts`, join(folder, FACTS));
    await Deno.rename(part, join(folder, BYTES));
    return facts;
  }

  /** Gives what is known about the bytes. */
  async headObject(bucket: string, key: string): Promise<ObjectFacts> {
    const text = await Deno.readTextFile(join(this.folder(bucket, key), FACTS));
    const facts: ObjectFacts = JSON.parse(text);
    return { ...facts, lastModified: new Date(facts.lastModified) };
  }

  /** Copies the bytes and what is known about them. */
  async copyObject(
    fromBucket: string,
    from: string,
    _version: string | undefined,
    toBucket: string,
    to: string,
  ): Promise<{ httpStatusCode: number; eTag: string; lastModified: Date }> {
    const source = this.folder(fromBucket, from);
    const target = this.folder(toBucket, to);
    await Deno.mkdir(target, { recursive: true });
    for (const name of [FACTS, BYTES]) await Deno.copyFile(join(source, name), join(target, name));
    const { eTag, lastModified } = await this.headObject(toBucket, to);
    return { httpStatusCode: 200, eTag, lastModified };
  }

  /** Removes an object; one that is not there is no error. */
  async deleteObject(bucket: string, key: string): Promise<void> {
    const folder = this.folder(bucket, key);
    for (const name of [FACTS, BYTES]) await Deno.remove(join(folder, name)).catch(() => {});
    // Folders left empty go too, up to the bucket; one that still holds other objects stays.
    for (let at = folder; at.length > join(this.root, bucket).length; at = dirname(at)) {
      if (!await Deno.remove(at).then(() => true, () => false)) return;
    }
  }

  /** Removes several. */
  async deleteObjects(bucket: string, keys: string[]): Promise<void> {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  /** Where the bytes are, for image transformations. */
  privateAssetUrl(bucket: string, key: string): Promise<string> {
    return Promise.resolve(`file://${join(this.folder(bucket, key), BYTES)}`);
  }

  /** Every part is encoded, so no name leaves the root and none meets a file of ours. */
  private folder(bucket: string, key: string): string {
    const parts = [bucket, ...key.split("/")].map((part) =>
      part === "" || part === "." || part === ".." ? `%${part}` : encodeURIComponent(part)
    );
    return join(this.root, ...parts);
  }
}

/** One range of bytes, or `undefined` when the whole is to be sent. RFC 9110 §14.1.2; several ranges are not served. */
export function parseRange(
  header: string | null,
  size: number,
): { first: number; last: number } | undefined {
  const match = header?.match(/^bytes=(\d*)-(\d*)$/);
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first <= last ? { first, last } : undefined;
}

/** Opens the file at the first read, so a body nobody reads (a HEAD) holds nothing open. */
function readPart(path: string, first: number, length: number): ReadableStream<Uint8Array> {
  let file: Deno.FsFile | undefined;
  let left = length;
  const close = () => {
    file?.close();
    file = undefined;
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (file === undefined) {
        file = await Deno.open(path);
        await file.seek(first, Deno.SeekMode.Start);
      }
      const buffer = new Uint8Array(Math.min(left, 64 * 1024));
      const count = left === 0 ? null : await file.read(buffer);
      if (count !== null) {
        left -= count;
        controller.enqueue(buffer.subarray(0, count));
      }
      if (count === null || left === 0) {
        close();
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: close,
  });
}
