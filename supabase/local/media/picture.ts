/**
 * Pictures without a model or a key: a painted landscape that the prompt's words choose and its hash
 * varies, with the words themselves at the foot; for a character's reference, a figure. The same request
 * always gives the same bytes.
 *
 * @module
 */
import { Resvg } from "@resvg/resvg-js";
import jpeg from "jpeg-js";
import { drawCaption } from "./picture_caption.ts";
import { loadCaptionFonts } from "./picture_font.ts";
import { drawInsets } from "./picture_insets.ts";
import { drawLand } from "./picture_land.ts";
import { drawPortrait, readCharacter } from "./picture_portrait.ts";
import { createRandom, hashText, type Random } from "./picture_random.ts";
import { type Canvas, drawSky, placeLight, px } from "./picture_sky.ts";
import { drawSubject } from "./picture_subject.ts";
import { drawWeather } from "./picture_weather.ts";
import { chooseTheme } from "./picture_theme.ts";

/** JPEG quality: gradients band visibly below 80; 88 gives about 90 kB for 1024 × 576. */
const JPEG_QUALITY = 88;

/** A picture to draw. */
export interface PictureRequest {
  /** What the picture shows. Any language. */
  readonly prompt: string;
  /** Pixels, 64 to 2048. */
  readonly width: number;
  /** Pixels, 64 to 2048. */
  readonly height: number;
  /** Another number gives another picture of the same prompt. Default 0. */
  readonly seed?: number;
  /** Default `jpeg`. */
  readonly format?: "jpeg" | "png";
  /** Words at the foot. Default: the prompt; "" for none. */
  readonly caption?: string;
  /** Pictures that are shown as framed insets in a row, jpeg or png. Default: none. */
  readonly references?: readonly Uint8Array[];
}

/** A finished picture. */
export interface Picture {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By the format that was asked for. */
  readonly contentType: "image/jpeg" | "image/png";
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/**
 * Draws a picture. Takes about 150 ms of one core for 1024 × 576, so a server calls it in a worker.
 * Throws `RangeError` for a size outside the limits.
 */
export function drawPicture(request: PictureRequest): Picture {
  const { width, height } = request;
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 64 || side > 2048) {
      throw new RangeError(`Cannot draw a picture of ${width} × ${height}: sides are 64 to 2048`);
    }
  }
  const fonts = loadCaptionFonts();
  const image = new Resvg(pictureSvg(request), {
    font: { fontFiles: [...fonts.files], loadSystemFonts: false },
    logLevel: "off",
  }).render();
  if (request.format === "png") {
    return { bytes: new Uint8Array(image.asPng()), contentType: "image/png", width, height };
  }
  const { data } = jpeg.encode({ data: image.pixels, width, height }, JPEG_QUALITY);
  return { bytes: new Uint8Array(data), contentType: "image/jpeg", width, height };
}

/** Draws a picture as SVG. */
export function pictureSvg(request: PictureRequest): string {
  const { width, height, prompt } = request;
  const random = createRandom(hashText(`${request.seed ?? 0}\n${prompt}`));
  const character = readCharacter(prompt);
  const canvas: Canvas = {
    width,
    height,
    horizon: height * random.between(0.54, 0.62),
    unit: Math.sqrt(width * height) / 1000,
  };
  const scene = character === null
    ? drawScene(canvas, prompt, random)
    : drawPortrait(canvas, character, random);
  const insets = drawInsets(canvas, request.references ?? []);
  const words = request.caption ?? character?.name ?? prompt;
  const caption = drawCaption(canvas, words, loadCaptionFonts());
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${
    px(height)
  }" viewBox="0 0 ${px(width)} ${px(height)}">${scene}${insets}${caption}</svg>`;
}

function drawScene(canvas: Canvas, prompt: string, random: Random): string {
  const { width, height } = canvas;
  const theme = chooseTheme(prompt, random);
  const light = placeLight(canvas, theme, random);
  const sky = drawSky(canvas, theme, light, random);
  const land = drawLand(canvas, theme, light, random);
  const subject = drawSubject(canvas, theme, { lightX: light.x, random, standY: land.standY });
  const weather = drawWeather(canvas, prompt, random);
  const vignette =
    `<radialGradient id="edge" r="0.75"><stop offset="0.62" stop-color="#000000" stop-opacity="0"/>` +
    `<stop offset="1" stop-color="#000000" stop-opacity="0.38"/></radialGradient>` +
    `<rect width="${width}" height="${height}" fill="url(#edge)"/>`;
  return `${sky}${land.svg}${subject}${weather}${vignette}`;
}
