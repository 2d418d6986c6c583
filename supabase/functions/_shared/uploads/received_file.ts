/**
 * The picture in a request's body: the body itself, or the one file of a form.
 *
 * @module
 */
import { id } from "../../../../shared/contract/fields.ts";
import { MAX_UPLOAD_BYTES } from "../../../../shared/contract/limits.ts";
import { AppError } from "../app_error.ts";

/** A picture that came, not looked at yet. */
export interface ReceivedFile {
  /** At most `MAX_UPLOAD_BYTES`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** From a form's own field. Absent: the query says it, or nobody. */
  readonly projectId?: string;
}

/** Tells whether a request brings a file rather than JSON. */
export function isFile(request: Request): boolean {
  return !/^application\/json\b/i.test(request.headers.get("content-type")?.trim() ?? "");
}

/**
 * Gives the picture. `Content-Type` decides only how the body is read: what the picture is, its bytes say.
 *
 * Errors: `VALIDATION_FAILED` (a form that can't be read, or with other parts than one file and `project_id`),
 * `PAYLOAD_TOO_LARGE`.
 */
export async function readReceivedFile(
  request: Request,
  rawBody: Uint8Array<ArrayBuffer>,
): Promise<ReceivedFile> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(type)) return { bytes: bounded(rawBody) };
  let form: FormData;
  try {
    form = await new Response(rawBody, { headers: { "Content-Type": type } }).formData();
  } catch (cause) {
    throw new AppError("VALIDATION_FAILED", "Cannot read the form: it is not whole", { cause });
  }
  const [file, ...others] = [...form.values()].filter((part) => typeof part !== "string");
  if (file === undefined || others.length > 0) {
    throw new AppError(
      "VALIDATION_FAILED",
      "Cannot take the form: it does not hold exactly one file",
      { hint: "Send one picture as a file, in a field of any name" },
    );
  }
  const texts = [...form].filter(([, part]) => typeof part === "string");
  const projectId = form.get("project_id");
  const isKnown = texts.every(([name]) => name === "project_id") && texts.length < 2;
  if (!isKnown || (texts.length === 1 && !id.safeParse(projectId).success)) {
    throw new AppError(
      "VALIDATION_FAILED",
      "Cannot take the form: besides the file it may hold project_id, a UUID, and nothing else",
    );
  }
  const bytes = bounded(new Uint8Array(await file.arrayBuffer()));
  return typeof projectId === "string" ? { bytes, projectId } : { bytes };
}

function bounded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength <= MAX_UPLOAD_BYTES) return bytes;
  throw new AppError(
    "PAYLOAD_TOO_LARGE",
    `Cannot take the picture: it has ${bytes.byteLength} bytes, ${MAX_UPLOAD_BYTES} are allowed`,
  );
}
