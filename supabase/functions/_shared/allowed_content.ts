/**
 * The gate in front of what costs credits: nothing that moderation refuses is charged or sent on.
 *
 * Called after the first read, not beside it: a repeated click is answered by that read, and is not looked at
 * again; what is saved by doing both at once is one trip to our own database.
 *
 * @module
 */
import { AppError } from "./app_error.ts";
import type { NewJob } from "./database/job_queue.ts";
import type { StudioContext } from "./database/studio_context.ts";
import type { Log } from "./log.ts";
import {
  createModerator,
  type ModerationRequest,
  type Moderator,
  type Verdict,
} from "./providers/moderation.ts";

/**
 * Throws `CONTENT_REFUSED`, with the categories in `details`, when moderation finds something. Errors of a
 * moderator that is down: see `createModerator`; by default none.
 */
export async function assertAllowedContent(
  content: ModerationRequest,
  { log, moderator = createModerator(log) }: { readonly log: Log; readonly moderator?: Moderator },
): Promise<void> {
  const { flagged, categories } = await moderator.check(content);
  if (!flagged) return;
  throw refusal("what was asked for", { categories, provider: moderator.provider });
}

/** What moderation found in something (`subject`, as a sentence names it), as `CONTENT_REFUSED`. */
export function refusal(
  subject: string,
  { categories, provider }: Pick<Verdict, "categories"> & Pick<Moderator, "provider">,
): AppError {
  return new AppError(
    "CONTENT_REFUSED",
    `Cannot accept ${subject}: moderation found ${categories.join(", ")}`,
    {
      details: { categories, moderator: provider },
      hint: "Nothing was charged. Change the text or the picture and send it again",
    },
  );
}

/**
 * Gathers what planned pictures and clips would show a provider: their prompts, which hold the scenes' texts that
 * users may edit, and the pictures that users sent, whatever part they play. Pictures we drew passed their own
 * provider.
 */
export function contentOf(
  jobs: readonly NewJob[],
  images: StudioContext["images"],
): ModerationRequest {
  const uploads = new Set(
    images.filter(({ source }) => source === "uploaded").map(({ url }) => url),
  );
  return {
    texts: jobs.map(({ asset }) => textOf(fieldOf(asset, "prompt"))),
    imageUrls: jobs.flatMap(picturesOf).filter((url) => uploads.has(url)),
  };
}

/** Every picture that a job's provider is to see: first and last frame, and those to draw after. */
function picturesOf({ payload }: NewJob): string[] {
  const request = fieldOf(payload, "request");
  const references = fieldOf(request, "referenceUrls");
  return [
    fieldOf(request, "imageUrl"),
    fieldOf(request, "lastImageUrl"),
    ...(Array.isArray(references) ? references : []),
  ].map(textOf).filter((url) => url !== "");
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Empty where there is no text. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
