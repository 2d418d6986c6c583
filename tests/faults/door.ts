/**
 * The door between the functions and the simulated providers: an HTTP proxy that knows what each call is
 * about, and can hold one at a named moment. So a worker is killed exactly before its create leaves, after
 * it was accepted, or in the middle of a file, and the product needs no hook for it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type DoorBook, openDoorBook, type Passage } from "./door_book.ts";
import { findHolder } from "./sockets.ts";

/** When a call is held. `half`: with half of its file passed on. */
export type Moment = "arrival" | "answer" | "half";

/** A call that is being held. */
export interface Caught {
  readonly passage: Passage;
  /** The worker at the other end; null when it can't be told. */
  readonly pid: number | null;
  /** Lets it go on, also when its caller is gone: the bytes had left. */
  release(): void;
  /** Closes the connection without a byte: nothing further reaches the other side. */
  drop(): void;
}

/** A hold that waits for its call. */
export interface Trap {
  /** The call, or null once the trap was taken away. */
  readonly caught: Promise<Caught | null>;
  /** Takes the trap away; a call that is held goes on. Safe to repeat. */
  remove(): void;
}

/** Which call to hold: the next one of a round's word, at one step and moment. */
export interface TrapSpot {
  readonly word: string;
  readonly step: Passage["step"];
  readonly moment: Moment;
}

/** The open door. */
export interface Door {
  /** Base URL, without a trailing slash; the providers' prefixes are below it. */
  readonly url: string;
  /** Everything that passed. */
  readonly book: DoorBook;
  /** Says where the simulators are and which processes may call. Until then calls wait. */
  open(target: { readonly url: string; workerPids(): number[] }): void;
  trap(spot: TrapSpot): Trap;
  stop(): Promise<void>;
}

/** Longer than any pause of a caller, so that it never finds its connection just closed. */
const KEEP_ALIVE_MS = 300_000;

type Verdict = "go" | "drop";

interface Waiting extends TrapSpot {
  readonly spring: (passage: Passage) => Promise<Verdict>;
}

/** Opens the door on a free port. */
export async function openDoor(): Promise<Door> {
  const target = Promise.withResolvers<{ url: string; workerPids(): number[] }>();
  const book = openDoorBook();
  const traps = new Set<Waiting>();
  // A connection each: one that is used again may just have been closed, a fault nobody asked for.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

  const hold = async (passage: Passage, moment: Moment): Promise<Verdict | null> => {
    for (const waiting of traps) {
      if (
        waiting.moment === moment && waiting.step === passage.step && waiting.word === passage.word
      ) {
        traps.delete(waiting);
        return await waiting.spring(passage);
      }
    }
    return null;
  };

  const server = createServer((incoming, outgoing) => {
    target.promise
      .then(({ url }) => pass(incoming, outgoing, { url, own, client, book, hold }))
      .catch(() => incoming.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("The door has no port");
  const { port } = address;
  const own = `http://127.0.0.1:${port}`;

  const trap = (spot: TrapSpot): Trap => {
    const caught = Promise.withResolvers<Caught | null>();
    const verdict = Promise.withResolvers<Verdict>();
    const waiting: Waiting = {
      ...spot,
      spring: async (passage) => {
        const { workerPids } = await target.promise;
        caught.resolve({
          passage,
          pid: await findHolder(passage.port, port, workerPids()),
          release: () => verdict.resolve("go"),
          drop: () => verdict.resolve("drop"),
        });
        return await verdict.promise;
      },
    };
    traps.add(waiting);
    return {
      caught: caught.promise,
      remove: () => {
        traps.delete(waiting);
        caught.resolve(null);
        verdict.resolve("go");
      },
    };
  };

  return {
    url: own,
    book,
    open: target.resolve,
    trap,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          client.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

interface Way {
  /** The simulators. */
  readonly url: string;
  /** This door. */
  readonly own: string;
  readonly client: Deno.HttpClient;
  readonly book: DoorBook;
  hold(passage: Passage, moment: Moment): Promise<Verdict | null>;
}

/** Headers that belong to one connection, not to the message. */
const HOP_HEADERS = new Set(["connection", "host", "content-length", "accept-encoding"]);

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, way: Way): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const body = Buffer.concat(await Array.fromAsync<Buffer>(incoming));
  const method = incoming.method ?? "GET";
  const path = incoming.url ?? "/";
  const passage = way.book.enter({
    method,
    path,
    body: body.toString(),
    port: incoming.socket.remotePort ?? 0,
  });

  const arrival = await way.hold(passage, "arrival");
  if (arrival === "drop") return void incoming.socket.destroy();
  passage.forwarded = true;
  const answer = await fetch(`${way.url}${path}`, {
    client: way.client,
    method,
    headers: Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
      HOP_HEADERS.has(name) || typeof value !== "string" ? [] : [[name, value]]
    ),
    redirect: "manual",
    // What was held has left its caller, and arrives even when the caller is dead.
    ...(arrival === null ? { signal: gone.signal } : {}),
    ...(method === "GET" || method === "HEAD" ? {} : { body }),
  });
  if (passage.step === "copy") return await passFile(answer, passage, { outgoing, way });

  const text = (await answer.text()).replaceAll(way.url, way.own);
  way.book.answer(passage, { status: answer.status, text });
  if (await way.hold(passage, "answer") === "drop") return void incoming.socket.destroy();
  outgoing.writeHead(answer.status, {
    ...headersOf(answer),
    "content-length": String(Buffer.byteLength(text)),
  });
  outgoing.end(text);
}

async function passFile(
  answer: Response,
  passage: Passage,
  { outgoing, way }: { readonly outgoing: ServerResponse; readonly way: Way },
): Promise<void> {
  const length = answer.headers.get("content-length");
  outgoing.writeHead(answer.status, {
    ...headersOf(answer),
    ...(length === null ? {} : { "content-length": length }),
  });
  const half = Number(length ?? 0) / 2;
  let passed = 0;
  for await (const piece of answer.body ?? []) {
    const before = passed;
    passed += piece.byteLength;
    // The file's second half is kept back, so that its reader sits in the middle of it.
    if (before <= half && passed > half) {
      const head = Math.max(0, Math.floor(half - before));
      outgoing.write(piece.subarray(0, head));
      if (await way.hold(passage, "half") === "drop") return void outgoing.destroy();
      outgoing.write(piece.subarray(head));
    } else {
      outgoing.write(piece);
    }
  }
  outgoing.end();
}

function headersOf(answer: Response): Record<string, string> {
  return Object.fromEntries(
    [...answer.headers].filter(([name]) =>
      !HOP_HEADERS.has(name) && name !== "transfer-encoding" && name !== "keep-alive"
    ),
  );
}
