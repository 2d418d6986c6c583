/**
 * Downloads over real sockets: what only shows when the other side is a server that misbehaves.
 */
import assert from "node:assert/strict";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import {
  type Download,
  type DownloadOptions,
  openDownload,
} from "../../supabase/functions/_shared/media/download.ts";
import { makeClip } from "../fixtures/media/clip.ts";
import { assertFails } from "../fixtures/media/reasons.ts";

const CLIP = await makeClip({ seconds: 2, kilobitsPerSecond: 2000 });
const ENCODER = new TextEncoder();

/** A type and a media box without an end: it looks like a clip for as long as it goes on. */
const ENDLESS_START = Uint8Array.from([
  ...CLIP.subarray(0, 24),
  ...[0, 0, 0, 0],
  ...ENCODER.encode("mdat"),
]);

interface RawServer {
  readonly origin: string;
  /** Connections taken so far. */
  readonly connections: () => number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A server that reads a request and then writes whatever it likes. Ends when the other side does.
 */
function serveRaw(answer: (connection: Deno.Conn) => Promise<void>): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const work: Promise<void>[] = [];
  let connections = 0;
  const accept = async () => {
    for await (const connection of listener) {
      connections++;
      work.push((async () => {
        await connection.read(new Uint8Array(4096));
        await answer(connection).catch(() => {});
        connection.close();
      })());
    }
  };
  const accepting = accept();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(work);
    },
  };
}

async function write(connection: Deno.Conn, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? ENCODER.encode(data) : data;
  for (let at = 0; at < bytes.byteLength;) at += await connection.write(bytes.subarray(at));
}

const head = (...lines: string[]) => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");

function open(origin: string, overrides: Partial<DownloadOptions> = {}): Promise<Download> {
  return openDownload(`${origin}/result.mp4`, {
    expect: "video",
    maxBytes: 20_000_000,
    timeoutMs: 10_000,
    allowedOrigins: [origin],
    log: createLog({}, () => {}),
    ...overrides,
  });
}

async function readAll({ body }: Download): Promise<number> {
  return (await new Response(body).arrayBuffer()).byteLength;
}

Deno.test("openDownload() copies a file from one server to another", async () => {
  await using source = serveRaw(async (connection) => {
    await write(connection, head(`content-length: ${CLIP.byteLength}`, "connection: close"));
    await write(connection, CLIP);
  });
  let received = new Uint8Array(0);
  const storage = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    received = new Uint8Array(await request.arrayBuffer());
    return new Response(null, { status: 204 });
  });
  const { body } = await open(source.origin);
  const { port } = storage.addr;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
  assert.equal(answer.status, 204);
  assert.deepEqual(received, CLIP);
  await storage.shutdown();
});

Deno.test("openDownload() makes the upload fail on both sides when the source is cut", async () => {
  await using source = serveRaw(async (connection) => {
    await write(connection, head(`content-length: ${CLIP.byteLength}`));
    await write(connection, CLIP.subarray(0, 300_000));
  });
  const arrived = Promise.withResolvers<string>();
  const storage = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      await request.arrayBuffer();
      arrived.resolve("whole");
    } catch {
      arrived.resolve("cut");
    }
    return new Response(null, { status: 204 });
  });
  const { body } = await open(source.origin);
  const { port } = storage.addr;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }));
  assert.equal(await arrived.promise, "cut");
  await storage.shutdown();
});

Deno.test("openDownload() fails as truncated when the connection ends before the said length", async () => {
  await using source = serveRaw(async (connection) => {
    await write(connection, head(`content-length: ${CLIP.byteLength}`));
    await write(connection, CLIP.subarray(0, 300_000));
  });
  await assertFails(async () => await readAll(await open(source.origin)), {
    code: "RESULT_INVALID",
    reason: "truncated",
  });
});

Deno.test("openDownload() fails when a body in chunks ends without its last one", async () => {
  await using source = serveRaw(async (connection) => {
    await write(connection, head("transfer-encoding: chunked"));
    await write(connection, `${CLIP.byteLength.toString(16)}\r\n`);
    await write(connection, CLIP);
  });
  await assertFails(async () => await readAll(await open(source.origin)), {
    code: "PROVIDER_UNAVAILABLE",
  });
});

Deno.test("promise 18: openDownload() hangs up on a body without an end once it passes the cap", async () => {
  let sentBytes = 0;
  await using source = serveRaw(async (connection) => {
    await write(connection, head("connection: close"));
    await write(connection, ENDLESS_START);
    const piece = new Uint8Array(65_536);
    // Until the other side hangs up.
    for (;;) {
      await write(connection, piece);
      sentBytes += piece.byteLength;
    }
  });
  await assertFails(async () => await readAll(await open(source.origin, { maxBytes: 2_000_000 })), {
    code: "RESULT_INVALID",
    reason: "too_large",
  });
  // What was under way in the sockets' buffers.
  assert.ok(sentBytes < 20_000_000, `${sentBytes} bytes sent`);
});

Deno.test("promise 18: openDownload() refuses a small body that unpacks to a large one", async () => {
  const bomb = new Blob([ENDLESS_START, new Uint8Array(50_000_000)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(bomb).arrayBuffer());
  assert.ok(packed.byteLength < 100_000);
  await using source = serveRaw(async (connection) => {
    await write(
      connection,
      head("content-encoding: gzip", `content-length: ${packed.byteLength}`),
    );
    await write(connection, packed);
  });
  await assertFails(async () => await readAll(await open(source.origin, { maxBytes: 1_000_000 })), {
    // Some versions of the runtime unpack what they did not ask for (too_large), others do not
    // (wrong_type).
    code: "RESULT_INVALID",
  });
});

Deno.test("openDownload() hangs up on a body that drips", async () => {
  let isHungUp = false;
  {
    await using source = serveRaw(async (connection) => {
      await write(connection, head("content-length: 1000000"));
      try {
        for (let at = 0;; at++) {
          await write(connection, CLIP.subarray(at, at + 1));
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      } catch {
        isHungUp = true;
      }
    });
    await assertFails(async () => await readAll(await open(source.origin, { timeoutMs: 300 })), {
      code: "PROVIDER_TIMEOUT",
    });
  }
  assert.equal(isHungUp, true);
});

Deno.test("openDownload() gives up on a server that takes the request and says nothing", async () => {
  await using source = serveRaw(async (connection) => {
    await connection.read(new Uint8Array(1));
  });
  await assertFails(() => open(source.origin, { idleTimeoutMs: 100 }), {
    code: "PROVIDER_TIMEOUT",
  });
});

Deno.test("openDownload() opens no socket to where a configured origin must not lead", async () => {
  await using inside = serveRaw((connection) => write(connection, head("content-length: 0")));
  await using source = serveRaw((connection) =>
    write(
      connection,
      `HTTP/1.1 302 Found\r\nlocation: ${inside.origin}/latest/meta-data/\r\ncontent-length: 0\r\n\r\n`,
    )
  );
  await assertFails(() => open(source.origin), {
    code: "RESULT_INVALID",
    reason: "forbidden_scheme",
  });
  assert.equal(source.connections(), 1);
  assert.equal(inside.connections(), 0);
});

Deno.test("promise 18: openDownload() opens no socket to loopback when its origin is not configured", async () => {
  await using inside = serveRaw((connection) => write(connection, head("content-length: 0")));
  await assertFails(() => open(inside.origin, { allowedOrigins: [] }), { code: "RESULT_INVALID" });
  assert.equal(inside.connections(), 0);
});

Deno.test("openDownload() fails as retryable when nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  await assertFails(() => open(origin), { code: "PROVIDER_UNAVAILABLE" });
});
