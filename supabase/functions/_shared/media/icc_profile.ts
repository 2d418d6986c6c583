/**
 * Whether bytes are a colour profile: pictures carry one in a place where anything else may lie as well.
 * Source: ICC.1:2022, section 7.2.
 *
 * @module
 */

/** Those of cameras and screens have 0.5 to 4 KB, the largest of printers some hundred. */
export const MAX_PROFILE_BYTES = 1024 * 1024;

/** The header, and the number of tags behind it. */
const MIN_PROFILE_BYTES = 132;

/** `acsp`. */
const SIGNATURE = 0x61637370;

/** Tells whether these bytes, all of them, are one ICC profile: its signature is there, and its size is theirs. */
export function isIccProfile(bytes: Uint8Array): boolean {
  if (bytes.length < MIN_PROFILE_BYTES || bytes.length > MAX_PROFILE_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0) === bytes.length && view.getUint32(36) === SIGNATURE;
}
