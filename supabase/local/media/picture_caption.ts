/**
 * The scene's words at the foot of a picture, as SVG.
 *
 * @module
 */
import { CAPTION_FAMILY, type CaptionFonts } from "./picture_font.ts";
import { type Canvas, px } from "./picture_sky.ts";

/** More would cover the picture. */
const MAX_LINES = 2;

/** Of the picture's width. A clip's camera sees 0.86 of it at the closest, not always the middle. */
const WIDTH_SHARE = 0.74;

/** When more of the letters than this are in no font, the caption is left out: it would mislead. */
const MAX_MISSING_SHARE = 0.2;

/** Scripts written without spaces: a line may end after any of their characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Draws the caption, or gives "" when there is nothing that can be set. */
export function drawCaption(canvas: Canvas, words: string, fonts: CaptionFonts): string {
  const size = Math.min(canvas.unit * 38, canvas.width * 0.052);
  const lines = wrapCaption(words, { fonts, maxWidthEm: (canvas.width * WIDTH_SHARE) / size });
  if (lines.length === 0) return "";
  const lineHeight = size * 1.34;
  const lastY = canvas.height - canvas.height * 0.075;
  const scrim = canvas.height - (lines.length + 2.2) * lineHeight;
  const text = lines.map((line, at) =>
    `<text x="${px(canvas.width / 2)}" y="${px(lastY - (lines.length - 1 - at) * lineHeight)}">${
      escapeXml(line)
    }</text>`
  ).join("");
  const font = `font-family="${CAPTION_FAMILY}" font-weight="700" font-size="${
    px(size)
  }" text-anchor="middle"`;
  return `<linearGradient id="scrim" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000000" stop-opacity="0"/>` +
    `<stop offset="1" stop-color="#000000" stop-opacity="0.62"/></linearGradient>` +
    `<rect y="${px(scrim)}" width="${canvas.width}" height="${
      px(canvas.height - scrim)
    }" fill="url(#scrim)"/>` +
    `<g ${font} fill="none" stroke="#000000" stroke-opacity="0.45" stroke-width="${
      px(size * 0.16)
    }" stroke-linejoin="round">${text}</g>` +
    `<g ${font} fill="#ffffff">${text}</g>`;
}

/**
 * Cuts a text into at most two lines, with an ellipsis when it is longer. Characters that no font has,
 * pictographs among them, are left out. Gives no lines when nothing readable is left.
 */
export function wrapCaption(
  words: string,
  options: { readonly fonts: CaptionFonts; readonly maxWidthEm: number },
): string[] {
  const text = settable(words, options.fonts);
  const width = (part: string) => {
    let sum = 0;
    for (const character of part) {
      sum += options.fonts.advance(character.codePointAt(0) ?? 0) ?? 0;
    }
    return sum;
  };
  const lines = breakLines(text, width, options.maxWidthEm);
  // Two lines of one length look better than a full line and a single word.
  for (let narrow = options.maxWidthEm * 0.94; lines.length === MAX_LINES; narrow *= 0.94) {
    const tried = breakLines(text, width, narrow);
    if (tried.length !== MAX_LINES || tried.at(-1)?.endsWith("…") !== false) break;
    lines.splice(0, MAX_LINES, ...tried);
  }
  return lines;
}

/** Fills lines from the first on; the last allowed one is shortened when there is more. */
function breakLines(text: string, width: (part: string) => number, maxWidthEm: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces(text)) {
    if (width((line + piece).trimEnd()) <= maxWidthEm) {
      line += piece;
      continue;
    }
    if (lines.length + 1 === MAX_LINES || line === "") {
      return [...lines, shorten(line + piece, width, maxWidthEm)];
    }
    lines.push(line.trimEnd());
    line = piece.trimStart();
  }
  return [...lines, line.trimEnd()].filter((part) => part !== "");
}

/** The text without what can't be set, or "" when too little is left. */
function settable(words: string, fonts: CaptionFonts): string {
  let letters = 0;
  let missing = 0;
  let kept = "";
  for (const character of words.normalize("NFC").replace(/[\s\p{Cc}]+/gu, " ").trim()) {
    const codePoint = character.codePointAt(0) ?? 0;
    const isLetter = /[\p{L}\p{N}]/u.test(character);
    const isPictograph = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}/u
      .test(character);
    const has = !isPictograph && fonts.advance(codePoint) !== null;
    if (isLetter) letters++;
    if (isLetter && !has) missing++;
    if (has) kept += character;
  }
  if (letters === 0 || missing / letters > MAX_MISSING_SHARE) return "";
  return kept.replace(/ +/g, " ").trim();
}

/** Parts between which a line may end; every part keeps the space after it. */
function pieces(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (const character of text) {
    part += character;
    if (character === " " || UNSPACED.test(character)) {
      parts.push(part);
      part = "";
    }
  }
  return part === "" ? parts : [...parts, part];
}

function shorten(line: string, width: (part: string) => number, maxWidthEm: number): string {
  const characters = [...line];
  while (characters.length > 0 && width(`${characters.join("").trimEnd()}…`) > maxWidthEm) {
    characters.pop();
  }
  return `${characters.join("").replace(/[\s,.;:–—-]+$/u, "")}…`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
