/**
 * `POST upload-image`: takes a picture of the user's own.
 *
 * Caller: user JWT; no Idempotency-Key, because the same picture again is the same row. Body: the picture
 * (`image/jpeg`, `image/png`, `image/webp`, or a form with one file; `?project_id=`), or JSON
 * `uploadImageRequest`: `image_url`; `content_type` and `size_bytes` to be given a signed place in Storage; then
 * `upload_path` to have what was put there taken. Answer 200 with `{ image_asset, project, is_new }`, or for a
 * place `{ upload: { url, token, bucket, path, expires_in } }`.
 * Limits: below 10 MB, sides of 64 to 8192 pixels, 50 megapixels, 300 pictures a day, 60 places in 3 hours, after
 * which what was put there and not taken is removed. EXIF, XMP, IPTC and
 * comments are removed without encoding anew; the orientation and the colour profile stay.
 * Errors besides the pipeline's: 404 (project, upload), 413 `PAYLOAD_TOO_LARGE`, 422 `IMAGE_INVALID` (with
 * `details.reason`), 429 `RATE_LIMITED`, 502/504 (the URL's host or Storage). Nothing is charged.
 * Touches: `projects`, `image_assets`, `upload_grants`; Storage; for `image_url` its host.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { createOperation, type OperationCall } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { type FetchOverrides, fetchPicture } from "../_shared/uploads/fetched_file.ts";
import { findUpload, keepUpload, type TakenImage } from "../_shared/uploads/keep_upload.ts";
import { isFile, readReceivedFile } from "../_shared/uploads/received_file.ts";
import { readStaged, removeStaged, signUpload, stagedId } from "../_shared/uploads/staged_file.ts";

type Call = OperationCall<"upload-image">;

/** Makes the operation's fetch handler. `overrides` stand in for the network in tests. */
export function createHandler(
  services: () => Services,
  overrides: FetchOverrides = {},
): (request: Request) => Promise<Response> {
  return createOperation("upload-image", services, async (call) => {
    const { project_id, image_url, content_type, upload_path } = call.body;
    if (isFile(call.request)) {
      if (image_url ?? content_type ?? upload_path) throw noWay();
      const { bytes, projectId } = await readReceivedFile(call.request, call.rawBody);
      if (project_id !== undefined && projectId !== undefined) throw noWay();
      return { body: await keepUpload(bytes, optionsOf(call, project_id ?? projectId)) };
    }
    if (image_url !== undefined) {
      const { signal } = call.request;
      const bytes = await fetchPicture(image_url, { signal, ...overrides });
      return { body: await keepUpload(bytes, optionsOf(call, project_id)) };
    }
    if (content_type !== undefined) {
      // A project that is not there is told before megabytes are sent.
      if (project_id !== undefined) await findUpload(optionsOf(call, project_id));
      const upload = await signUpload(call.identity.serviceClient, {
        userId: call.identity.userId,
        supabaseUrl: call.services.supabaseUrl,
      });
      return { body: { upload } };
    }
    if (upload_path !== undefined) return { body: await takeStaged(call, upload_path) };
    throw noWay();
  });
}

/** Takes a file that was put into Storage by a signed URL. Safe to repeat. */
async function takeStaged(call: Call, path: string): Promise<TakenImage> {
  const imageId = stagedId(path, call.identity.userId);
  const options = { ...optionsOf(call, call.body.project_id), imageId };
  const service = call.identity.serviceClient;
  const known = await findUpload(options);
  if (known !== null) {
    // The first time it may have stayed, or been sent once more since.
    await removeStaged(service, path);
    return known;
  }
  const bytes = await readStaged(service, path);
  try {
    const taken = await keepUpload(bytes, options);
    await removeStaged(service, path);
    return taken;
  } catch (error) {
    // What can't be taken now can't be later either. For the rest it may be asked again; else the tick removes it.
    if (error instanceof AppError && error.code === "IMAGE_INVALID") {
      await removeStaged(service, path);
    }
    throw error;
  }
}

function optionsOf({ identity, services, log }: Call, projectId: string | undefined) {
  return {
    userId: identity.userId,
    projectId,
    client: identity.client,
    service: identity.serviceClient,
    supabaseUrl: services.supabaseUrl,
    bucket: services.storageBucket,
    log,
  };
}

function noWay(): AppError {
  return new AppError("VALIDATION_FAILED", "Cannot tell where the picture is", {
    hint:
      "Send it as the body with ?project_id= alone, or as JSON one of image_url, upload_path, or " +
      "content_type with size_bytes",
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
