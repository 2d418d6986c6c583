/**
 * The control interface of the simulated providers, for tests and the workbench:
 *
 * - `GET /_control/calls?provider=&operation=` → `{ calls: LoggedCall[] }`
 * - `GET /_control/webhooks?provider=&task_id=` → `{ webhooks: LoggedDelivery[] }`
 * - `GET /_control/faults` → `{ faults: Fault[] }`; `POST` adds one; `DELETE` clears them
 * - `POST /_control/scripts` with `{ matching, steps, repeats? }`: what a model that talks does next
 * - `PUT /_control/render_ms` with `{ image?, video? }` → `{ image, video }`
 * - `PUT /_control/limits` with `{ kie_creates_per_10s }` → the same
 * - `POST /_control/reset`: no faults, no scripts, empty logs, first render times and limits. Tasks and files stay.
 *
 * It has no key: the server listens on the loopback interface only.
 *
 * @module
 */
import { z } from "zod";
import { isFaultKind } from "./fault_kinds.ts";
import type { FaultBook } from "./faults.ts";
import { script, type ScriptBook } from "./scripts.ts";
import type { LoggedCall } from "./simulator.ts";
import type { LoggedDelivery } from "./webhook_sender.ts";

/** What can be changed while the server runs. */
export interface Settings {
  /** How long rendering takes at least. */
  renderMs: { image: number; video: number };
  /** What KIE takes from one account in ten seconds before it answers 429. */
  kieCreatesPer10s: number;
}

/** What the interface reads and changes. */
export interface ControlOptions {
  /** The fault switch. */
  readonly faults: FaultBook;
  /** What models are told to say. */
  readonly scripts: ScriptBook;
  /** Oldest first. */
  readonly calls: LoggedCall[];
  /** Oldest first. */
  readonly webhooks: LoggedDelivery[];
  /** As they are now. */
  readonly settings: Settings;
  /** The settings `reset` goes back to. */
  readonly initial: Settings;
}

const NewFault = z.strictObject({
  provider: z.string().min(1),
  operation: z.string().min(1).exactOptional(),
  kind: z.string().min(1),
  times: z.int().min(1).exactOptional(),
  matching: z.string().min(1).exactOptional(),
  delayMs: z.number().min(0).exactOptional(),
}).refine(({ provider, kind }) => isFaultKind(provider, kind), {
  path: ["kind"],
  error: "No simulator plays this fault: see fault_kinds.ts",
});

const RenderMs = z.strictObject({
  image: z.number().min(0).optional(),
  video: z.number().min(0).optional(),
});

const Limits = z.strictObject({ kie_creates_per_10s: z.int().min(0) });

/** Answers a request below `/_control`. `path` is what follows it, with the leading slash. */
export async function handleControl(
  request: Request,
  path: string,
  options: ControlOptions,
): Promise<Response> {
  const { faults, calls, webhooks, settings } = options;
  const query = new URL(request.url).searchParams;
  const asked = (name: string, value: string) => (query.get(name) ?? value) === value;
  switch (`${request.method} ${path}`) {
    case "GET /calls":
      return Response.json({
        calls: calls.filter((call) =>
          asked("provider", call.provider) && asked("operation", call.operation)
        ),
      });
    case "GET /webhooks":
      return Response.json({
        webhooks: webhooks.filter((webhook) =>
          asked("provider", webhook.provider) && asked("task_id", webhook.taskId)
        ),
      });
    case "GET /faults":
      return Response.json({ faults: faults.list() });
    case "POST /faults": {
      const fault = NewFault.safeParse(await readJson(request));
      if (!fault.success) return invalid(fault.error);
      faults.add(fault.data);
      return Response.json({ faults: faults.list() }, { status: 201 });
    }
    case "DELETE /faults":
      faults.clear();
      return new Response(null, { status: 204 });
    case "POST /scripts": {
      const given = script.safeParse(await readJson(request));
      if (!given.success) return invalid(given.error);
      options.scripts.add(given.data);
      return new Response(null, { status: 204 });
    }
    case "PUT /render_ms": {
      const given = RenderMs.safeParse(await readJson(request));
      if (!given.success) return invalid(given.error);
      const { image = settings.renderMs.image, video = settings.renderMs.video } = given.data;
      settings.renderMs = { image, video };
      return Response.json(settings.renderMs);
    }
    case "PUT /limits": {
      const given = Limits.safeParse(await readJson(request));
      if (!given.success) return invalid(given.error);
      settings.kieCreatesPer10s = given.data.kie_creates_per_10s;
      return Response.json(given.data);
    }
    case "POST /reset":
      faults.clear();
      options.scripts.clear();
      calls.length = 0;
      webhooks.length = 0;
      Object.assign(settings, structuredClone(options.initial));
      return new Response(null, { status: 204 });
    default:
      return Response.json({ error: "No such control call" }, { status: 404 });
  }
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}

function invalid(error: z.ZodError): Response {
  return Response.json({ error: "Invalid", issues: error.issues }, { status: 400 });
}
