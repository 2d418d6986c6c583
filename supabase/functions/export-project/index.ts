/**
 * `POST export-project`: sends a project as one zip, made while it is read.
 *
 * Caller: user JWT. Request `exportProjectRequest`, answer 200 `application/zip`: one folder with `film.mp4`,
 * `film.vtt` and `film.srt`, `clips/`, `pictures/`, `narration/`, `script.fountain` and `script.txt`, `timeline.otio`
 * (OpenTimelineIO), `receipt.json`, `.csv` and `.txt`, and `manifest.json` (`exportManifest`). A project without a
 * ready film has no `film.*` and no timeline.
 * Errors besides the pipeline's: 404 (no such project or film, or another tenant's), 422 `EXPORT_TOO_LARGE`, 502/504
 * when Storage can't be read. Once the answer has begun, a failure breaks it off without the zip's end.
 * Limits: 600 MB of media (`leave_out` makes it less), within the platform's wall clock. Touches: reads the project's
 * rows, its ledger entries and its files in Storage; writes nothing and costs nothing.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { callSql } from "../_shared/database/rpc.ts";
import type { ExportSource } from "../_shared/film/export_plan.ts";
import { exportProject } from "../_shared/film/export_project.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("export-project", services, async ({ body, identity, services, log }) => {
    const { project_id, film_id } = body;
    const found: unknown = await callSql(identity.client, "read_export", {
      p_project_id: project_id,
      ...(film_id === undefined ? {} : { p_film_id: film_id }),
    });
    const source = found as ExportSource | null;
    if (source === null) throw new AppError("NOT_FOUND", `Cannot find project "${project_id}"`);
    if (film_id !== undefined && source.film === null) {
      throw new AppError("NOT_FOUND", `Cannot find a ready film "${film_id}" in this project`);
    }
    const { name, zip, mediaBytes } = await exportProject(source, {
      leaveOut: body.leave_out,
      allowedOrigins: [new URL(services.supabaseUrl).origin],
      onBroken: (cause) => log.error("export_broken", { project_id }, cause),
    });
    log.info("export", { project_id, media_bytes: mediaBytes });
    return {
      body: zip,
      headers: {
        "Content-Type": "application/zip",
        // The name is folded to letters, digits and hyphens: nothing to quote.
        "Content-Disposition": `attachment; filename="${name}.zip"`,
        "Cache-Control": "no-store",
      },
    };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
