/**
 * What falls from the sky of a picture: rain or snow, when its words say so.
 *
 * @module
 */
import type { Random } from "./picture_random.ts";
import { type Canvas, px } from "./picture_sky.ts";

const RAIN =
  /\b(rain|rains|raining|rainy|storm|stormy|drizzle|downpour)\b|비 ?(가|를|오|내|속)|빗속|폭풍/iu;
const SNOW = /\b(snow|snows|snowing|snowy|blizzard)\b|눈 ?(이 ?(오|내)|오는|내리)/iu;

/** More drops look like noise once they are encoded as video. */
const DROPS = 110;
const FLAKES = 90;

/** Draws the weather that the words name, or "" for none. */
export function drawWeather(canvas: Canvas, words: string, random: Random): string {
  if (RAIN.test(words)) return drawRain(canvas, random);
  return SNOW.test(words) ? drawSnow(canvas, random) : "";
}

function drawRain({ width, height, unit }: Canvas, random: Random): string {
  const slant = random.between(-0.35, 0.35);
  const drops = Array.from({ length: DROPS }, () => {
    const [x, y] = [random.between(-0.1, 1.1) * width, random.between(-0.1, 1) * height];
    const length = random.between(26, 60) * unit;
    return `M${px(x)} ${px(y)}l${px(length * slant)} ${px(length)}`;
  });
  // The whole scene is a little darker and greyer under rain.
  return `<rect width="${px(width)}" height="${px(height)}" fill="#1c2a3d" fill-opacity="0.28"/>` +
    `<path d="${drops.join("")}" stroke="#dbe9ff" stroke-opacity="0.55" stroke-width="${
      px(2.4 * unit)
    }" stroke-linecap="round" fill="none"/>`;
}

function drawSnow({ width, height, unit }: Canvas, random: Random): string {
  const flakes = Array.from({ length: FLAKES }, () => {
    const [x, y] = [random.between(0, 1) * width, random.between(0, 1) * height];
    return `<circle cx="${px(x)}" cy="${px(y)}" r="${px(random.between(1.6, 5) * unit)}"/>`;
  });
  return `<g fill="#ffffff" fill-opacity="0.8">${flakes.join("")}</g>`;
}
