/**
 * Limits of the wire. Bounds of single fields stand with the fields.
 *
 * @module
 */

/** Largest JSON body of an operation that names no other, in bytes: room for every field at its own limit, and not for a picture. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Longest user prompt, in characters (UTF-16 units). */
export const MAX_PROMPT_CHARS = 5000;

/** Longest SSML of a scene, in characters. Providers count bytes: the catalogue says how many they take. */
export const MAX_SSML_CHARS = 5000;

/** Most scenes of one script. The catalogue may allow a model fewer. */
export const MAX_SCENES = 30;

/** Most clips that one request may start. */
export const MAX_CLIPS_PER_REQUEST = 30;

/** Most clips in one film: what a cut within an Edge Function's memory and CPU allows. */
export const MAX_CLIPS_PER_FILM = 60;

/** How long an Idempotency-Key's answer is kept at least, in hours. */
export const IDEMPOTENCY_KEPT_HOURS = 72;

/** Form of an Idempotency-Key, after one pair of double quotes is taken off. */
export const IDEMPOTENCY_KEY_FORM = /^[A-Za-z0-9_.:-]{16,255}$/;

/** Largest uploaded picture, in bytes: below 10 MB, as the providers who fetch it take. */
export const MAX_UPLOAD_BYTES = 10 * 1024 * 1024 - 1;

/** Largest music track, in bytes: eight minutes at the highest bit rate of mp3. */
export const MAX_MUSIC_BYTES = 20_000_000;

/** Shortest music track, in seconds: less is a sound, and repeated a noise. */
export const MIN_MUSIC_SEC = 1;

/** Shortest side of an uploaded picture, in pixels. */
export const MIN_UPLOAD_SIDE = 64;

/** Longest side of an uploaded picture, in pixels. */
export const MAX_UPLOAD_SIDE = 8192;

/** Most pixels of an uploaded picture: what phones take, 48 megapixels, fits. */
export const MAX_UPLOAD_PIXELS = 50_000_000;
