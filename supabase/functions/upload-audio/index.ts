/**
 * `POST upload-audio`: takes music of the user's own, for films of one project.
 *
 * Caller: user JWT; no Idempotency-Key, because the same file again is the same object. Body: the mp3
 * (`audio/mpeg`, with `?project_id=`), or JSON `uploadAudioRequest` with `audio_url`. Answer 200 with `{ music: { url,
 * sha256, duration_sec, size_bytes } }`; `url` is what stitch-video and make-film take.
 * Limits: 20 MB, a second at least, mp3 by its bytes, 20 tracks a project, 100 new ones a day and user.
 * Errors besides the pipeline's: 404 (project), 409 `STATE_CONFLICT` (too many tracks), 413 `PAYLOAD_TOO_LARGE`, 422
 * `AUDIO_INVALID` (with `details.reason`), 429 `RATE_LIMITED`, 502/504 (the URL's host or Storage). Nothing is charged.
 * Touches: `upload_grants`; Storage; for `audio_url` its host. The track goes with its project.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { readStudio } from "../_shared/database/studio_context.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { type FetchOverrides, fetchTrack } from "../_shared/uploads/fetched_file.ts";
import { keepMusic } from "../_shared/uploads/keep_music.ts";
import { isFile } from "../_shared/uploads/received_file.ts";

/** Makes the operation's fetch handler. `overrides` stand in for the network in tests. */
export function createHandler(
  services: () => Services,
  overrides: FetchOverrides = {},
): (request: Request) => Promise<Response> {
  return createOperation("upload-audio", services, async ({ body, identity, ...call }) => {
    const { project_id: projectId, audio_url } = body;
    if (isFile(call.request) === (audio_url !== undefined)) {
      throw new AppError("VALIDATION_FAILED", "Cannot tell where the music is", {
        hint: "Send it as the body with ?project_id= alone, or as JSON with audio_url",
      });
    }
    await readStudio({ client: identity.client }, "film", { projectId });
    const { signal } = call.request;
    const bytes = audio_url === undefined
      ? call.rawBody
      : await fetchTrack(audio_url, { signal, field: "audio_url", ...overrides });
    const music = await keepMusic(bytes, {
      projectId,
      userId: identity.userId,
      client: identity.client,
      service: identity.serviceClient,
      supabaseUrl: call.services.supabaseUrl,
      bucket: call.services.storageBucket,
    });
    return { body: { music } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
