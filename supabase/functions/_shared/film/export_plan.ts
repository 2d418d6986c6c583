/**
 * What an export holds and under which names, before a byte of it is read.
 *
 * @module
 */
import type { ExportManifest, ExportPart } from "../../../../shared/contract/export_operations.ts";
import type { FilmReceipt } from "../../../../shared/contract/receipt.ts";
import type { Database } from "../../../../shared/database.types.ts";
import { fileEnding, fileName } from "./export_names.ts";

type Tables = Database["public"]["Tables"];
type Row<Name extends keyof Tables> = Tables[Name]["Row"];

/** One entry of a film's cut, in the order of the film. */
export interface CutEntry {
  /** `video_clips.id`; the row may be gone since. */
  readonly clip_id: string;
  /** Begins with the first of the entries in a row that name it. Null: nothing new is said. */
  readonly audio_clip_id: string | null;
  /** Where it begins in the film. */
  readonly start_sec?: number;
  /** How long it lasts there. */
  readonly duration_sec?: number;
}

/** Everything an export is made of: `public.read_export`. Assets are the ready ones, newest first. */
export interface ExportSource {
  /** The caller's own. */
  readonly project: Row<"projects">;
  /** By index. */
  readonly scenes: readonly Row<"scenes">[];
  /** Null: none is ready. */
  readonly film: Row<"films"> | null;
  /** Uploaded ones too. */
  readonly images: readonly Row<"image_assets">[];
  /** Narration. */
  readonly audio_clips: readonly Row<"audio_clips">[];
  /** Clips. */
  readonly video_clips: readonly Row<"video_clips">[];
  /** Of the whole project. */
  readonly receipt: FilmReceipt;
}

/** A file of our Storage in an export. */
export interface ExportMedia {
  /** From the export's own folder. */
  readonly path: string;
  /** Subtitles are small, and always in it. */
  readonly part: ExportPart | "subtitles";
  /** The row's. */
  readonly id: string;
  /** Null: it belongs to no scene. */
  readonly scene_index: number | null;
  /** In our Storage. */
  readonly url: string;
}

/** An export, planned. */
export interface ExportPlan {
  /** The one folder at the top of the zip. */
  readonly folder: string;
  /** In the order of the zip. */
  readonly media: readonly ExportMedia[];
  /** Of the film; empty without one. */
  readonly cut: readonly CutEntry[];
}

/** A manifest's line without its size. */
export type ManifestFile = ExportManifest["files"][number];

/**
 * Plans an export: the film with its subtitles; the clips and narration of its cut (without a film: each scene's
 * newest); each scene's main picture, and those of no scene.
 */
export function planExport(source: ExportSource): ExportPlan {
  const { project, scenes, film } = source;
  const cut = film === null ? [] : cutOf(film);
  const names = new Set<string>();
  const sceneOf = (id: string | null) => scenes.find((scene) => scene.id === id) ?? null;

  /** Numbered so that they sort, and named after their scene; a second one of a name gets a letter's place. */
  const media = (part: ExportPart, row: MediaRow, { folder, at, ending }: Place): ExportMedia => {
    const scene = sceneOf(row.scene_id);
    const base = `${folder}/${String(at).padStart(2, "0")}-${
      fileName(scene?.title ?? "", scene === null ? NAMELESS[part] : `scene-${scene.index}`)
    }`;
    let path = `${base}.${ending}`;
    for (let copy = 2; names.has(path); copy++) path = `${base}-${copy}.${ending}`;
    names.add(path);
    return { path, part, id: row.id, scene_index: scene?.index ?? null, url: row.url ?? "" };
  };

  const clips = placed(
    source.video_clips,
    cut.map((entry) => entry.clip_id),
    scenes,
    film === null,
  );
  const narration = placed(
    source.audio_clips,
    cut.map((entry) => entry.audio_clip_id),
    scenes,
    film === null,
  );
  const pictures = source.images.flatMap((row) => {
    const scene = sceneOf(row.scene_id);
    return scene === null ? [{ row, at: 0 }] : row.is_main ? [{ row, at: scene.index }] : [];
  }).sort((a, b) => a.at - b.at);

  return {
    // A title in another script leaves nothing: the id tells downloads apart.
    folder: fileName(project.title, `film-${project.id.slice(0, 8)}`),
    cut,
    media: [
      ...(film === null ? [] : filmFiles(film)),
      ...clips.map(({ row, at }) => media("clips", row, { folder: "clips", at, ending: "mp4" })),
      ...narration.map(({ row, at }) =>
        media("narration", row, { folder: "narration", at, ending: "mp3" })
      ),
      ...pictures.map(({ row, at }) =>
        media("pictures", row, { folder: "pictures", at, ending: fileEnding(row.url ?? "", "jpg") })
      ),
    ],
  };
}

/** Names of what belongs to no scene. */
const NAMELESS: Readonly<Record<ExportPart, string>> = {
  film: "film",
  clips: "clip",
  pictures: "picture",
  narration: "narration",
};

/** What the three kinds of assets have in common. */
interface MediaRow {
  readonly id: string;
  readonly url: string | null;
  readonly scene_id: string | null;
}

interface Place {
  readonly folder: string;
  /** The shot's number, or the scene's. */
  readonly at: number;
  readonly ending: string;
}

function cutOf({ cut }: Row<"films">): readonly CutEntry[] {
  const entries: unknown = cut;
  return entries as readonly CutEntry[];
}

function filmFiles(film: Row<"films">): ExportMedia[] {
  const of = { id: film.id, scene_index: null };
  const files: ExportMedia[] = [{ ...of, part: "film", path: "film.mp4", url: film.url ?? "" }];
  // Beside the film and with its name, so that players find them.
  for (const ending of ["vtt", "srt"] as const) {
    const url = film[`subtitles_${ending}_url`];
    if (url !== null) files.push({ ...of, part: "subtitles", path: `film.${ending}`, url });
  }
  return files;
}

/** Rows at the places where the cut names them first; without a cut, each scene's newest at its index. */
function placed<R extends MediaRow>(
  rows: readonly R[],
  cutIds: readonly (string | null)[],
  scenes: ExportSource["scenes"],
  isUncut: boolean,
): { row: R; at: number }[] {
  const wanted = isUncut
    ? scenes.map((scene) => ({
      row: rows.find((row) => row.scene_id === scene.id),
      at: scene.index,
    }))
    : cutIds.map((id, at) => ({
      row: cutIds.indexOf(id) === at ? rows.find((row) => row.id === id) : undefined,
      at: at + 1,
    }));
  return wanted.flatMap(({ row, at }) => row === undefined ? [] : [{ row, at }]);
}
