/**
 * The pictures a picture was drawn after, shown in it: framed, in a row at the upper left, as SVG.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Canvas, px } from "./picture_sky.ts";

/** A square, in pixels from the upper left corner. */
export interface InsetBox {
  /** From the left. */
  readonly x: number;
  /** From the top. */
  readonly y: number;
  /** Length of a side. */
  readonly side: number;
}

/** Shares of width and height that a clip's camera never leaves out, whichever way it moves. */
const LEFT = 0.12;
const TOP = 0.11;
const WIDTH = 0.76;

/** Of the picture's shorter side: large enough to know a face in a film, small enough to leave the scene. */
const SIDE = 0.27;

/** Of an inset's side. */
const GAP = 0.12;
const FRAME = 0.03;
const ROUNDING = 0.1;

/** Where the insets of a picture are: as many as there are references, in their order. */
export function insetBoxes(
  { width, height }: { readonly width: number; readonly height: number },
  count: number,
): InsetBox[] {
  const fitting = (width * WIDTH) / (count + (count - 1) * GAP);
  const side = Math.round(Math.min(Math.min(width, height) * SIDE, fitting));
  return Array.from({ length: count }, (_, at) => ({
    x: Math.round(width * LEFT + at * side * (1 + GAP)),
    y: Math.round(height * TOP),
    side,
  }));
}

/** Draws the insets over whatever is there. What the rasteriser can't read stays an empty frame. */
export function drawInsets(canvas: Canvas, references: readonly Uint8Array[]): string {
  return insetBoxes(canvas, references.length).map(({ x, y, side }, at) => {
    const box = `x="${px(x)}" y="${px(y)}" width="${px(side)}" height="${px(side)}"`;
    const rounded = `${box} rx="${px(side * ROUNDING)}"`;
    const bytes = references[at] ?? new Uint8Array();
    return `<clipPath id="inset${at}"><rect ${rounded}/></clipPath>` +
      `<rect ${rounded} fill="#20242c"/>` +
      `<image ${box} preserveAspectRatio="xMidYMid slice" clip-path="url(#inset${at})" href="${
        dataUrl(bytes)
      }"/>` +
      `<rect ${rounded} fill="none" stroke="#ffffff" stroke-width="${px(side * FRAME)}"/>`;
  }).join("");
}

function dataUrl(bytes: Uint8Array): string {
  const type = bytes[0] === 0xff ? "jpeg" : "png";
  return `data:image/${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
