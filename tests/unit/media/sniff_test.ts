import assert from "node:assert/strict";
import { SNIFF_BYTES, sniffMedia } from "../../../supabase/functions/_shared/media/sniff.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { JPEG, PNG, WEBP, WEBP_EXTENDED, WEBP_LOSSLESS } from "../../fixtures/media/pictures.ts";
import { makeTone } from "../../fixtures/media/tone.ts";

const text = (characters: string) => Uint8Array.from(characters, (one) => one.charCodeAt(0));
const head = (bytes: Uint8Array) => bytes.subarray(0, SNIFF_BYTES);

const KNOWN: readonly (readonly [string, Uint8Array, string])[] = [
  ["a jpeg", JPEG, "jpg image/jpeg"],
  ["a png", PNG, "png image/png"],
  ["a lossy webp", WEBP, "webp image/webp"],
  ["a lossless webp", WEBP_LOSSLESS, "webp image/webp"],
  ["an extended webp", WEBP_EXTENDED, "webp image/webp"],
  ["an mp4 of brand isom", text("\0\0\0\x18ftypisom\0\0\x02\0isommp42"), "mp4 video/mp4"],
  ["an mp4 of brand mp42", text("\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), "mp4 video/mp4"],
  ["a webm", text("\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"), "webm video/webm"],
  ["an mp3 behind an ID3 tag", text("ID3\x04\0\0\0\0\0\0"), "mp3 audio/mpeg"],
  ["an mp3 of MPEG 1", text("\xff\xfb\x90\x64"), "mp3 audio/mpeg"],
  ["an mp3 of MPEG 2", text("\xff\xf3\x84\xc4"), "mp3 audio/mpeg"],
  ["an mp3 of MPEG 2.5", text("\xff\xe3\x28\xc4"), "mp3 audio/mpeg"],
  ["a wav", text("RIFF\x24\0\0\0WAVEfmt "), "wav audio/wav"],
  ["an ogg", text("OggS\0\x02"), "ogg audio/ogg"],
];

for (const [name, bytes, expected] of KNOWN) {
  Deno.test(`sniffMedia() gives ${expected} when it sees ${name}`, () => {
    const type = sniffMedia(head(bytes));
    assert.equal(type && `${type.extension} ${type.contentType}`, expected);
    assert.equal(type?.kind, expected.split(" ")[1]?.split("/")[0]);
  });
}

Deno.test("sniffMedia() knows files that encoders made", async () => {
  assert.equal(sniffMedia(head(await makeClip({ seconds: 0.2 })))?.extension, "mp4");
  assert.equal(sniffMedia(head(await makeTone({ seconds: 0.2 })))?.extension, "mp3");
});

const UNKNOWN: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", text("")],
  ["html", text("<!DOCTYPE html><html>")],
  ["svg", text('<svg xmlns="http://www.w3.org/2000/svg">')],
  ["xml", text('<?xml version="1.0"?><Error><Code>AccessDenied</Code>')],
  ["json", text('{"error":"expired"}')],
  ["a gif", text("GIF89a\x01\0\x01\0")],
  ["a bitmap", text("BM\x3a\0\0\0")],
  ["a pdf", text("%PDF-1.7")],
  ["a zip", text("PK\x03\x04")],
  ["an avif", text("\0\0\0\x1cftypavif\0\0\0\0avifmif1")],
  ["a heic", text("\0\0\0\x18ftypheic\0\0\0\0heicmif1")],
  ["a QuickTime film", text("\0\0\0\x14ftypqt  \0\0\x02\0qt  ")],
  ["an m4a", text("\0\0\0\x18ftypM4A \0\0\0\0M4A mp42")],
  ["a Matroska film", text("\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska")],
  ["an avi", text("RIFF\x24\0\0\0AVI LIST")],
  ["an AAC stream", text("\xff\xf1\x50\x80")],
  ["MPEG sound of layer II", text("\xff\xfd\x90\x64")],
  ["an mp3 header with a reserved sample rate", text("\xff\xfb\x9c\x64")],
  ["an mp3 header with a reserved bit rate", text("\xff\xfb\xf0\x64")],
  ["a cut ftyp", text("\0\0\0\x18ftypis")],
  ["a cut jpeg mark", text("\xff\xd8")],
];

for (const [name, bytes] of UNKNOWN) {
  Deno.test(`sniffMedia() gives null when it sees ${name}`, () => {
    assert.equal(sniffMedia(bytes), null);
  });
}
