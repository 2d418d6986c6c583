/**
 * KIE's answers as they are on the wire. Source: docs.kie.ai and recorded traffic, August to September
 * 2026.
 *
 * @module
 */
import { z } from "zod";

/** Every answer of `/api/v1/*`: the status is `code`, the HTTP status is 200 even for failures. */
export const KieEnvelope = z.looseObject({
  code: z.number(),
  msg: z.string().nullish(),
  // Older families of the same host.
  message: z.string().nullish(),
  data: z.unknown().optional(),
});

/** `data` of a create. */
export const KieCreated = z.looseObject({ taskId: z.string().min(1) });

/** `data` of a look. */
export const KieRecord = z.looseObject({
  // waiting, queuing, generating, success, fail. One that is not documented yet is no end: it is waited out.
  state: z.string().min(1),
  // JSON inside a string; "" or null until the task has succeeded.
  resultJson: z.unknown().optional(),
  failCode: z.union([z.string(), z.number()]).nullish(),
  failMsg: z.string().nullish(),
  // 0..100, by some models only.
  progress: z.number().nullish(),
});

/** What is inside `resultJson`. */
export const KieResult = z.looseObject({
  resultUrls: z.array(z.url({ protocol: /^https?$/ })).min(1),
});

/** An answer that could be read. */
export interface KieAnswer {
  /** The body's `code`; for a failure at HTTP level the HTTP status. 200 is success. */
  readonly code: number;
  /** KIE's own words. */
  readonly message: string;
  /** By call; unchecked. */
  readonly data: unknown;
}

/**
 * Reads an answer, or gives null when it is not KIE's: a server error at HTTP level or a success that is
 * not the envelope.
 */
export function readKieAnswer(
  { status, text }: { status: number; text: string },
): KieAnswer | null {
  const envelope = KieEnvelope.safeParse(parseJson(text));
  if (status >= 500 || status === 408) return null;
  if (envelope.success) {
    const { code, msg, message, data } = envelope.data;
    return {
      // A proxy's refusal may carry a code of its own, but not turn into a success.
      code: status >= 300 && code === 200 ? status : code,
      message: msg ?? message ?? "",
      data,
    };
  }
  // The CDN before KIE refuses with plain text: nothing behind it saw the request.
  return status >= 400 ? { code: status, message: text, data: null } : null;
}

/** Parses JSON, or gives undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
