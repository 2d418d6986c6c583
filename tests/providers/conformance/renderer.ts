/**
 * What every generator of pictures and renderer of clips keeps to, whatever goes wrong on the wire: a submit
 * is one POST with a known outcome, a look tells a failed look from a failed task, and nothing crashes.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { Log } from "../../../supabase/functions/_shared/log.ts";
import { checkPicture } from "../../../supabase/functions/_shared/media/check_picture.ts";
import { openDownload } from "../../../supabase/functions/_shared/media/download.ts";
import type {
  Renderer,
  RenderTask,
  SubmitOutcome,
} from "../../../supabase/functions/_shared/providers/render.ts";
import {
  AFTER_ACCEPT,
  FAULT_KINDS,
  WIRE_FAULTS,
} from "../../../supabase/local/providers/fault_kinds.ts";
import { withPicture } from "../served_picture.ts";
import {
  acceptedId,
  describeLook,
  describeOutcome,
  memoryLog,
  startWebhookSink,
  type TestProviders,
  untilEnded,
  withProviders,
} from "../support.ts";

/** An adapter, and what is right for it under each fault: the suite's tables. */
export interface RendererSubject<Request extends { readonly endpoint: string }> {
  /** As in `FAULT_KINDS`. */
  readonly provider: string;
  /** What its results are. */
  readonly makes: "image" | "video";
  /** The variable of the simulators that holds the key. */
  readonly keyVariable: string;
  /** Makes the adapter. `baseUrl` is the simulator's, or one where nothing listens. */
  create(
    providers: TestProviders,
    how: { readonly log: Log; readonly baseUrl?: string },
  ): Renderer<Request>;
  /** The cheapest request. */
  request(imageUrl: string): Request;
  /** The simulator's name of the call that may cost money. */
  readonly submitOperation: string;
  /**
   * By fault: the outcome, its code, and for what was accepted how it ended: `file` or what is wrong with the
   * file, `rendering`, or `failed` with its code. The same with `_after_accept` must come out alike.
   */
  readonly submits: Readonly<Record<string, string>>;
  /** By call a look makes, by fault: the state, or `threw` with its code. */
  readonly looks: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Long enough for the simulator to have taken the request. */
const HANG_MS = 250;

/** Registers the tests of one adapter. */
export function conformRenderer<Request extends { readonly endpoint: string }>(
  subject: RendererSubject<Request>,
): void {
  const { provider, makes } = subject;
  const name = `${provider} (${makes})`;
  const kinds = FAULT_KINDS[provider] ?? { answers: [], work: [] };
  const answers = [...WIRE_FAULTS, ...kinds.answers];
  const withSubject = (
    run: (providers: TestProviders, adapter: Renderer<Request>, request: Request) => Promise<void>,
  ) =>
    withProviders((providers) =>
      withPicture(async (imageUrl) => {
        const adapter = subject.create(providers, { log: memoryLog().log });
        await run(providers, adapter, subject.request(imageUrl));
      }), { selected: [provider] });

  Deno.test(`${name}: the tables have a line for every fault of the switch, and no other`, () => {
    deepEqual(Object.keys(subject.submits).sort(), [...answers, ...kinds.work].sort());
    for (const [operation, table] of Object.entries(subject.looks)) {
      deepEqual(Object.keys(table).sort(), [...answers].sort(), operation);
    }
  });

  Deno.test(`${name}: submit() is one POST with the outcome of the table, under every fault`, () =>
    withSubject(async (providers, _adapter, request) => {
      await using sink = startWebhookSink();
      const play = async (kind: string) => {
        await providers.reset();
        await providers.fault({
          provider,
          operation: subject.submitOperation,
          kind,
          ...(kind.startsWith("hang") ? {} : { delayMs: 50 }),
        });
        // Made anew, as for every job: what one learns of a key is nothing to the next.
        const adapter = subject.create(providers, { log: memoryLog().log });
        const outcome = await adapter.submit(request, {
          callbackUrl: sink.url,
          ...(kind.startsWith("hang") ? { signal: AbortSignal.timeout(HANG_MS) } : {}),
        });
        // A call that hangs is logged when it is given up.
        const posts = await countPosts(providers, subject);
        equal(posts, 1, `${kind}: ${posts} POSTs`);
        await providers.control("DELETE", "/faults").then((response) => response.body?.cancel());
        return await describeEnd(adapter, {
          outcome,
          request,
          makes,
          isEndless: kind === "endless",
        });
      };
      const seen: Record<string, string> = {};
      for (const kind of Object.keys(subject.submits)) seen[kind] = await play(kind);
      deepEqual(seen, { ...subject.submits });
      // Whoever only sees the answer can't tell whether the work was begun: the same must come of it.
      const late: Record<string, string> = {};
      const repeated = answers.filter((kind) => kind !== "slow" && !isPlayedByLooks(subject, kind));
      for (const kind of repeated) late[kind] = await play(`${kind}${AFTER_ACCEPT}`);
      deepEqual(late, Object.fromEntries(repeated.map((kind) => [kind, subject.submits[kind]])));
    }));

  Deno.test(`${name}: submit() is never_sent when nothing listens or it was called off before`, () =>
    withSubject(async (providers, adapter, request) => {
      const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
      closed.close();
      const baseUrl = `http://127.0.0.1:${closed.addr.port}`;
      const lost = subject.create(providers, { log: memoryLog().log, baseUrl });
      equal(describeOutcome(await lost.submit(request)), "never_sent PROVIDER_UNAVAILABLE");
      const off = await adapter.submit(request, { signal: AbortSignal.abort() });
      equal(describeOutcome(off), "never_sent PROVIDER_UNAVAILABLE");
      deepEqual(await providers.calls(provider), []);
    }));

  for (const [operation, table] of Object.entries(subject.looks)) {
    Deno.test(`${name}: status() gives what the table says when "${operation}" is faulty, creates nothing, and goes on afterwards`, () =>
      withSubject(async (providers, adapter, request) => {
        const task: RenderTask = {
          endpoint: request.endpoint,
          externalTaskId: acceptedId(await adapter.submit(request)),
        };
        equal((await untilEnded(adapter, task)).state, "succeeded");
        const seen: Record<string, string> = {};
        for (const kind of Object.keys(table)) {
          await providers.reset();
          await providers.fault({
            provider,
            operation,
            kind,
            ...(kind === "hang" ? {} : { delayMs: 50 }),
          });
          const call = kind === "hang" ? { signal: AbortSignal.timeout(HANG_MS) } : {};
          seen[kind] = await describeLook(adapter.status(task, call));
          equal((await providers.calls(provider, subject.submitOperation)).length, 0, kind);
        }
        deepEqual(seen, { ...table });
        await providers.reset();
        equal((await adapter.status(task)).state, "succeeded");
      }));
  }

  Deno.test(`${name}: no call shows the key or the callback's token in the log`, () =>
    withProviders((providers) =>
      withPicture(async (imageUrl) => {
        const { log, lines } = memoryLog();
        const adapter = subject.create(providers, { log });
        const callbackUrl = "http://127.0.0.1:9/hook?token=token-of-the-job";
        const request = subject.request(imageUrl);
        for (const kind of ["bad_key", "http_500", null]) {
          await providers.reset();
          if (kind !== null) await providers.fault({ provider, kind, times: 1 });
          const outcome = await adapter.submit(request, { callbackUrl });
          await describeEnd(adapter, { outcome, request, makes, isEndless: false });
        }
        const text = lines.join("\n");
        equal(text.includes("token-of-the-job"), false);
        equal(text.includes(providers.env(subject.keyVariable)), false, "the key is shown");
        equal(lines.length >= 3, true);
      }), { selected: [provider] }));
}

/** Faults that only mean something to a look: a create plays them as if they were not there. */
function isPlayedByLooks<Request extends { readonly endpoint: string }>(
  { submits }: RendererSubject<Request>,
  kind: string,
): boolean {
  return submits[kind] === submits["slow"];
}

async function countPosts<Request extends { readonly endpoint: string }>(
  providers: TestProviders,
  { provider, submitOperation }: RendererSubject<Request>,
): Promise<number> {
  for (let tries = 0;; tries++) {
    const { length } = await providers.calls(provider, submitOperation);
    if (length > 0 || tries > 100) return length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** An outcome, and what became of it. */
async function describeEnd<Request extends { readonly endpoint: string }>(
  adapter: Renderer<Request>,
  { outcome, request, makes, isEndless }: {
    readonly outcome: SubmitOutcome;
    readonly request: Request;
    readonly makes: "image" | "video";
    readonly isEndless: boolean;
  },
): Promise<string> {
  if (outcome.outcome === "finished") {
    return `finished, ${await describeFile(() => {
      checkPicture(outcome.media, { maxBytes: 50_000_000 });
      return Promise.resolve();
    })}`;
  }
  if (outcome.outcome !== "accepted") return describeOutcome(outcome);
  const task = { endpoint: request.endpoint, externalTaskId: outcome.externalTaskId };
  if (isEndless) return `accepted, ${(await adapter.status(task)).state}`;
  const ended = await untilEnded(adapter, task);
  if (ended.state === "failed") return `accepted, failed ${ended.error.code}`;
  return `accepted, ${await describeFile(async () => {
    const file = await openDownload(ended.resultUrl, {
      allowedOrigins: [new URL(ended.resultUrl).origin],
      maxBytes: 500_000_000,
      timeoutMs: 20_000,
      expect: makes,
      log: memoryLog().log,
    });
    await new Response(file.body).arrayBuffer();
  })}`;
}

async function describeFile(read: () => Promise<void>): Promise<string> {
  try {
    await read();
    return "file";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { reason } = (error.details ?? {}) as { reason?: string };
    return `${error.code} ${reason ?? ""}`.trim();
  }
}
