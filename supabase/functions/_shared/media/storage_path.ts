/**
 * Where a project's files lie in the bucket. Paths are built from UUIDs alone: Storage accepts
 * `a/../b` as a name, and its service client is not bound by any policy, so a path with a user's
 * text in it could overwrite another tenant's file.
 *
 * Source: the accepted characters are in supabase/storage `src/storage/limits.ts`, read 2026-11.
 *
 * @module
 */
import type { ImageExtension } from "./sniff.ts";

/** Canonical UUID text of any version, as Postgres prints and reads it. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A drawn picture. */
export interface ImagePath {
  /** `projects.id`. */
  readonly project: string;
  /** `scenes.id`, or null for a picture of no scene, such as a character's. */
  readonly scene: string | null;
  /** `image_assets.id`. */
  readonly image: string;
  /** By the file's bytes, see `sniff.ts`. */
  readonly extension: ImageExtension;
}

/** Narration of a scene. */
export interface AudioPath {
  /** `projects.id`. */
  readonly project: string;
  /** `scenes.id`. */
  readonly scene: string;
  /** `audio_clips.id`. */
  readonly audio: string;
  /** Of what was asked for. */
  readonly extension: "mp3" | "ogg";
}

/** A rendered clip. */
export interface ClipPath {
  /** `projects.id`. */
  readonly project: string;
  /** `video_clips.id`. */
  readonly clip: string;
}

/** A picture the user sent. */
export interface UploadPath {
  /** `projects.id`. */
  readonly project: string;
  /** `image_assets.id`. */
  readonly image: string;
  /** By the file's bytes, see `sniff.ts`. */
  readonly extension: ImageExtension;
}

/** A finished film. */
export interface FilmPath {
  /** `projects.id`. */
  readonly project: string;
  /** `films.id`. */
  readonly film: string;
}

/** A finished film's subtitles. */
export interface SubtitlesPath extends FilmPath {
  /** WebVTT or SubRip. */
  readonly extension: "vtt" | "srt";
}

/**
 * Gives the folder that holds every file of a project, without a slash at the end. Throws
 * `TypeError` on anything that is not a UUID, as do all functions here.
 */
export function projectFolder(project: string): string {
  return `projects/${uuid("project", project)}`;
}

/** Gives the path of a drawn picture. */
export function imagePath({ project, scene, image, extension }: ImagePath): string {
  const folder = scene === null
    ? projectFolder(project)
    : `${projectFolder(project)}/scenes/${uuid("scene", scene)}`;
  return `${folder}/images/${uuid("image", image)}.${extension}`;
}

/** Gives the path of a scene's narration. */
export function audioPath({ project, scene, audio, extension }: AudioPath): string {
  const folder = `${projectFolder(project)}/scenes/${uuid("scene", scene)}/audio`;
  return `${folder}/${uuid("audio", audio)}.${extension}`;
}

/** Gives the path of a clip, an mp4. */
export function clipPath({ project, clip }: ClipPath): string {
  return `${projectFolder(project)}/videos/${uuid("clip", clip)}.mp4`;
}

/** Gives the path of a picture the user sent. */
export function uploadPath({ project, image, extension }: UploadPath): string {
  return `${projectFolder(project)}/uploads/${uuid("image", image)}.${extension}`;
}

/** Gives the path of a film's subtitles, beside the film. */
export function subtitlesPath({ project, film, extension }: SubtitlesPath): string {
  return `${projectFolder(project)}/films/${uuid("film", film)}.${extension}`;
}

/** Gives the path of a finished film, an mp4. */
export function filmPath({ project, film }: FilmPath): string {
  return `${projectFolder(project)}/films/${uuid("film", film)}.mp4`;
}

/**
 * Gives the path of a file that a film is made from and nobody is shown: a clip as long as it is wanted, or all
 * clips joined. `part` is a name such as `clip-3`.
 */
export function filmPartPath(
  { project, film, part }: FilmPath & { readonly part: string },
): string {
  if (!/^[a-z0-9-]{1,30}$/.test(part)) throw new TypeError("Cannot build a storage path: bad part");
  return `${projectFolder(project)}/films/${uuid("film", film)}/${part}.mp4`;
}

/** A music track of a project. */
export interface MusicPath {
  /** `projects.id`. */
  readonly project: string;
  /** Of the file, in lower-case hex: the same track lies there once. */
  readonly sha256: string;
}

/** Gives the path of a music track, an mp3. Throws `TypeError` on a hash that is none. */
export function musicPath({ project, sha256 }: MusicPath): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new TypeError("Cannot build a storage path: not a SHA-256");
  }
  return `${projectFolder(project)}/music/${sha256}.mp3`;
}

/** Gives the path of a film's mixed sound, a wav: kept between the mixing and the cut. */
export function filmMixPath({ project, film }: FilmPath): string {
  return `${projectFolder(project)}/films/${uuid("film", film)}/mix.wav`;
}

/** Where a public URL points. */
export interface ObjectPlace {
  /** The bucket's name, from the environment. */
  readonly bucket: string;
  /** A path made by this module. */
  readonly path: string;
}

/**
 * Gives the URL by which anyone who knows it reads a file of a public bucket. `supabaseUrl` is the
 * project's API URL, with or without a slash at the end.
 */
export function publicUrl(supabaseUrl: string, { bucket, path }: ObjectPlace): string {
  const base = supabaseUrl.endsWith("/") ? supabaseUrl : `${supabaseUrl}/`;
  return new URL(`storage/v1/object/public/${encodeURIComponent(bucket)}/${path}`, base).href;
}

function uuid(name: string, text: string): string {
  if (typeof text !== "string" || !UUID.test(text)) {
    throw new TypeError(`Cannot build a storage path: ${name} is not a UUID`);
  }
  return text.toLowerCase();
}
