/**
 * Reads an upload in `multipart/form-data` (RFC 7578) without holding its file: the fields first, then the
 * file as a stream. Deno's own `formData()` holds the whole body and (2.9.6) drops a part whose name is
 * empty, which is how storage-js names the file.
 *
 * @module
 */

/** The parts of an upload. */
export interface MultipartUpload {
  /** Text parts that come before the file, by name. */
  readonly fields: ReadonlyMap<string, string>;
  /** The first part with a file name. Its stream fails when the body ends too early. */
  readonly file: { readonly type: string; readonly stream: ReadableStream<Uint8Array> };
}

/** Most bytes of the parts before the file; they are a few short settings. */
const LONGEST_FIELDS_BYTES = 64 * 1024;

const CRLF = "\r\n";

/** Gives the boundary of a `Content-Type`, or `undefined` for another type. */
export function multipartBoundary(contentType: string | null): string | undefined {
  const match = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i
    .exec(contentType ?? "");
  return match?.[1] ?? match?.[2];
}

/** Reads up to the file. Gives `undefined` when the body has none or is not of this form. */
export async function readMultipart(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): Promise<MultipartUpload | undefined> {
  const bytes = new ByteQueue(body);
  const fields = new Map<string, string>();
  const delimiter = encode(`${CRLF}--${boundary}`);
  if (await bytes.readUntil(encode(`--${boundary}`)) === undefined) return undefined;
  for (;;) {
    const rest = await bytes.readUntil(encode(CRLF));
    if (rest === undefined || decode(rest).startsWith("--")) return undefined;
    const head = await bytes.readUntil(encode(`${CRLF}${CRLF}`));
    if (head === undefined) return undefined;
    const text = decode(head);
    const type = /^content-type:\s*(.+)$/im.exec(text)?.[1]?.trim();
    if (/^content-disposition:.*\bfilename\*?=/im.test(text)) {
      return {
        fields,
        file: { type: type ?? "application/octet-stream", stream: bytes.streamUntil(delimiter) },
      };
    }
    const value = await bytes.readUntil(delimiter);
    if (value === undefined) return undefined;
    fields.set(/\bname="([^"]*)"/i.exec(text)?.[1] ?? "", decode(value));
  }
}

/** Bytes that have come and were not taken yet. */
class ByteQueue {
  private held = new Uint8Array();
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>) {
    this.reader = body.getReader();
  }

  /** Takes what comes before `end`, and `end`; `undefined` when it does not come. */
  async readUntil(end: Uint8Array): Promise<Uint8Array | undefined> {
    for (;;) {
      const at = find(this.held, end);
      if (at !== -1) {
        const taken = this.held.subarray(0, at);
        this.held = this.held.subarray(at + end.length);
        return taken;
      }
      if (this.held.length > LONGEST_FIELDS_BYTES || !await this.fill()) return undefined;
    }
  }

  /** Streams what comes before `end`. */
  streamUntil(end: Uint8Array): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        for (;;) {
          const at = find(this.held, end);
          // The end itself may have come in part, so as many bytes stay back.
          const safe = at === -1 ? this.held.length - end.length + 1 : at;
          if (safe > 0) {
            controller.enqueue(this.held.slice(0, safe));
            this.held = this.held.subarray(safe);
          }
          if (at !== -1) return controller.close();
          if (safe > 0) return;
          if (!await this.fill()) throw new TypeError("The upload ended before its last part");
        }
      },
      cancel: (reason) => this.reader.cancel(reason),
    });
  }

  private async fill(): Promise<boolean> {
    const { done, value } = await this.reader.read();
    if (done) return false;
    const joined = new Uint8Array(this.held.length + value.length);
    joined.set(this.held);
    joined.set(value, this.held.length);
    this.held = joined;
    return true;
  }
}

/** Where `part` begins in `whole`; -1 when it does not. */
function find(whole: Uint8Array, part: Uint8Array): number {
  const first = part[0] ?? 0;
  for (let at = whole.indexOf(first); at !== -1; at = whole.indexOf(first, at + 1)) {
    if (part.every((byte, index) => whole[at + index] === byte)) return at;
  }
  return -1;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
