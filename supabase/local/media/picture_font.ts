/**
 * The fonts captions are set in, and what is in them: resvg draws a box for a character that no font has,
 * and wraps nothing, so both are decided here from the fonts' own tables.
 *
 * @module
 */
import { createRequire } from "node:module";
import "@resvg/resvg-js";
// Importing their manifests is what puts the font packages into Deno's cache.
import "dejavu-fonts-ttf/package.json" with { type: "json" };
import "@expo-google-fonts/nanum-gothic/package.json" with { type: "json" };
import "@expo-google-fonts/kosugi/package.json" with { type: "json" };

// Together 9 MB to download: DejaVu has Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian,
// Nanum Gothic all 11,172 Hangul syllables, Kosugi kana and 6,682 Han characters. Fonts with all of
// simplified Chinese, Devanagari or Thai would be 30 MB more; without them such captions are left out.
const FONT_FILES = [
  "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
  "@expo-google-fonts/nanum-gothic/700Bold/NanumGothic_700Bold.ttf",
  "@expo-google-fonts/kosugi/Kosugi_400Regular.ttf",
] as const;

/** The family that is asked for first; resvg looks into the others for what it lacks. */
export const CAPTION_FAMILY = "DejaVu Sans";

/** The fonts as resvg and the caption's layout need them. */
export interface CaptionFonts {
  /** Absolute paths of the font files. */
  readonly files: readonly string[];
  /** How far a character moves the pen, in em, or null when no font has it. */
  advance(codePoint: number): number | null;
}

let loaded: CaptionFonts | undefined;

/** Loads the fonts once. Side effects: reads 4 MB of files. */
export function loadCaptionFonts(): CaptionFonts {
  loaded ??= readFonts();
  return loaded;
}

function readFonts(): CaptionFonts {
  // Deno resolves no file of an npm package to a path, but a module inside one can: resvg's is CommonJS
  // and therefore in the cache of loaded modules.
  const modules = Object.keys(createRequire(import.meta.url).cache);
  const inside = modules.find((path) => path.includes("resvg-js"));
  if (inside === undefined) throw new Error("Cannot find the fonts: resvg-js is not loaded");
  const require = createRequire(inside);
  const files = FONT_FILES.map((file) => require.resolve(file));
  const fonts = files.map((file) => readAdvances(Deno.readFileSync(file)));
  return {
    files,
    advance: (codePoint) => {
      for (const advances of fonts) {
        const width = advances.get(codePoint);
        if (width !== undefined) return width;
      }
      return null;
    },
  };
}

/**
 * Reads a TrueType font's advance widths by code point, in em.
 * Source: OpenType specification 1.9, tables `cmap` (formats 4 and 12), `hhea`, `hmtx`, `head`.
 */
export function readAdvances(font: Uint8Array): Map<number, number> {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const tables = new Map<string, number>();
  for (let at = 0; at < view.getUint16(4); at++) {
    const entry = 12 + at * 16;
    tables.set(String.fromCharCode(...font.subarray(entry, entry + 4)), view.getUint32(entry + 8));
  }
  const table = (name: string) => {
    const offset = tables.get(name);
    if (offset === undefined) throw new TypeError(`Cannot read the font: it has no "${name}"`);
    return offset;
  };
  const unitsPerEm = view.getUint16(table("head") + 18);
  const lastMetric = view.getUint16(table("hhea") + 34) - 1;
  const hmtx = table("hmtx");
  const advances = new Map<number, number>();
  for (const [codePoint, glyph] of readGlyphs(view, table("cmap"))) {
    if (glyph === 0) continue;
    advances.set(codePoint, view.getUint16(hmtx + Math.min(glyph, lastMetric) * 4) / unitsPerEm);
  }
  return advances;
}

function* readGlyphs(view: DataView, cmap: number): Generator<[codePoint: number, glyph: number]> {
  for (let at = 0; at < view.getUint16(cmap + 2); at++) {
    const subtable = cmap + view.getUint32(cmap + 4 + at * 8 + 4);
    const platform = view.getUint16(cmap + 4 + at * 8);
    // 1 is the old Macintosh platform, whose numbers are not Unicode.
    if (platform === 1) continue;
    const format = view.getUint16(subtable);
    if (format === 4) yield* readFormat4(view, subtable);
    if (format === 12) yield* readFormat12(view, subtable);
  }
}

function* readFormat4(view: DataView, at: number): Generator<[number, number]> {
  const doubled = view.getUint16(at + 6);
  const ends = at + 14;
  const starts = ends + doubled + 2;
  const deltas = starts + doubled;
  const offsets = deltas + doubled;
  for (let segment = 0; segment < doubled; segment += 2) {
    const end = view.getUint16(ends + segment);
    const offset = view.getUint16(offsets + segment);
    for (let code = view.getUint16(starts + segment); code <= end && code < 0xffff; code++) {
      const delta = view.getUint16(deltas + segment);
      const start = view.getUint16(starts + segment);
      const raw = offset === 0
        ? code
        : view.getUint16(offsets + segment + offset + (code - start) * 2);
      yield [code, raw === 0 ? 0 : (raw + delta) & 0xffff];
    }
  }
}

function* readFormat12(view: DataView, at: number): Generator<[number, number]> {
  for (let group = 0; group < view.getUint32(at + 12); group++) {
    const entry = at + 16 + group * 12;
    const start = view.getUint32(entry);
    for (let code = start; code <= view.getUint32(entry + 4); code++) {
      yield [code, view.getUint32(entry + 8) + code - start];
    }
  }
}
