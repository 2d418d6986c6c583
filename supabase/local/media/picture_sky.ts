/**
 * Everything above the horizon, as SVG: sky, stars, sun or moon, clouds, planets.
 *
 * @module
 */
import { mix } from "./picture_color.ts";
import type { Random } from "./picture_random.ts";
import type { Theme } from "./picture_theme.ts";

/** The canvas. Pixels, except the horizon, which is counted from the top. */
export interface Canvas {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels from the top. */
  readonly horizon: number;
  /** Length that details are measured in: a thousandth of the picture's mean side. */
  readonly unit: number;
}

/** Where the sun or the moon stands. */
export interface Light {
  /** Pixels from the left. */
  readonly x: number;
  /** Pixels from the top. */
  readonly y: number;
  /** Pixels. */
  readonly radius: number;
}

/** Places the sun or the moon: low at dawn and dusk, high by day and night, off the middle. */
export function placeLight(canvas: Canvas, theme: Theme, random: Random): Light {
  const low = theme.hour === "dawn" || theme.hour === "dusk";
  const side = random.pick([0.24, 0.32, 0.66, 0.75]);
  return {
    x: canvas.width * (side + random.between(-0.04, 0.04)),
    y: canvas.horizon * (low ? random.between(0.66, 0.86) : random.between(0.24, 0.42)),
    radius: canvas.unit * (low ? random.between(62, 84) : random.between(38, 54)),
  };
}

/** Draws the sky with all that hangs in it. */
export function drawSky(canvas: Canvas, theme: Theme, light: Light, random: Random): string {
  const { sky } = theme.palette;
  const stops = [0, 0.42, 0.78, 1].map((offset, at) =>
    `<stop offset="${offset}" stop-color="${sky[at]}"/>`
  ).join("");
  const parts = [
    `<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`,
    `<rect width="${canvas.width}" height="${px(canvas.horizon * 1.12)}" fill="url(#sky)"/>`,
    `<rect y="${
      px(canvas.horizon * 1.11)
    }" width="${canvas.width}" height="${canvas.height}" fill="${sky[3]}"/>`,
  ];
  if (theme.hour === "night" || theme.place === "space") {
    parts.push(drawStars(canvas, random, theme.place === "space" ? 260 : 130));
  } else if (theme.hour !== "day") {
    parts.push(drawStars(canvas, random, 36));
  }
  if (theme.place === "space") parts.push(drawPlanet(canvas, theme, light, random));
  parts.push(drawLight(theme, light));
  if (theme.place !== "space") parts.push(drawClouds(canvas, theme, random));
  return parts.join("");
}

function drawStars(canvas: Canvas, random: Random, count: number): string {
  const stars: string[] = [];
  for (let at = 0; at < count; at++) {
    const x = random.between(0, canvas.width);
    // Squared, so that they thin out towards the horizon.
    const y = canvas.horizon * 0.92 * random.between(0, 1) ** 1.5;
    const radius = canvas.unit * random.between(0.5, 1.7);
    stars.push(
      `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radius)}" opacity="${
        px(random.between(0.25, 0.95))
      }"/>`,
    );
    if (at % 24 === 0) {
      const arm = radius * 6;
      stars.push(
        `<path d="M${px(x - arm)} ${px(y)}L${px(x)} ${px(y - radius * 0.5)}L${px(x + arm)} ${
          px(y)
        }L${px(x)} ${px(y + radius * 0.5)}ZM${px(x)} ${px(y - arm)}L${px(x + radius * 0.5)} ${
          px(y)
        }L${px(x)} ${px(y + arm)}L${px(x - radius * 0.5)} ${px(y)}Z" opacity="0.7"/>`,
      );
    }
  }
  return `<g fill="#ffffff">${stars.join("")}</g>`;
}

function drawLight(theme: Theme, { x, y, radius }: Light): string {
  const { light } = theme.palette;
  const glow = radius * (theme.hour === "night" ? 4.5 : 7);
  const disc = theme.hour === "night"
    // A crescent: the moon's disc without a second disc moved aside.
    ? `<path d="M${px(x + radius * 0.35)} ${px(y - radius * 0.94)}A${px(radius)} ${
      px(radius)
    } 0 1 0 ${px(x + radius * 0.94)} ${px(y + radius * 0.35)}A${px(radius * 0.8)} ${
      px(radius * 0.8)
    } 0 1 1 ${px(x + radius * 0.35)} ${px(y - radius * 0.94)}Z" fill="${light}"/>`
    : `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radius)}" fill="${light}"/>`;
  return `<radialGradient id="glow"><stop offset="0" stop-color="${light}" stop-opacity="0.75"/>` +
    `<stop offset="0.18" stop-color="${light}" stop-opacity="0.34"/>` +
    `<stop offset="0.42" stop-color="${light}" stop-opacity="0.13"/>` +
    `<stop offset="0.7" stop-color="${light}" stop-opacity="0.04"/>` +
    `<stop offset="1" stop-color="${light}" stop-opacity="0"/></radialGradient>` +
    `<circle cx="${px(x)}" cy="${px(y)}" r="${px(glow)}" fill="url(#glow)"/>${disc}`;
}

function drawClouds(canvas: Canvas, theme: Theme, random: Random): string {
  const [, upper, , horizon] = theme.palette.sky;
  const color = theme.hour === "night" ? mix(upper, horizon, 0.55) : mix(horizon, "#ffffff", 0.45);
  const clouds: string[] = [];
  for (let at = random.whole(4, 7); at > 0; at--) {
    const y = canvas.horizon * random.between(0.14, 0.82);
    const length = canvas.unit * random.between(150, 420);
    const x = random.between(-0.1, 1) * canvas.width;
    const puffs: string[] = [];
    // A bank is a few flat ellipses on one base line.
    for (let puff = 0; puff < 4; puff++) {
      const rx = length * random.between(0.18, 0.42);
      puffs.push(
        `<ellipse cx="${px(x + length * (puff / 4) + random.between(0, length / 6))}" cy="${
          px(y - canvas.unit * random.between(0, 9))
        }" rx="${px(rx)}" ry="${px(canvas.unit * random.between(5, 15))}"/>`,
      );
    }
    clouds.push(`<g opacity="${px(random.between(0.22, 0.55))}">${puffs.join("")}</g>`);
  }
  return `<g fill="${color}">${clouds.join("")}</g>`;
}

function drawPlanet(canvas: Canvas, theme: Theme, light: Light, random: Random): string {
  const radius = canvas.unit * random.between(120, 190);
  const x = light.x < canvas.width / 2 ? canvas.width * 0.74 : canvas.width * 0.26;
  const y = canvas.horizon * random.between(0.38, 0.52);
  const tint = mix(
    theme.palette.far,
    random.pick(["#ff8a5c", "#6fd3d0", "#d99bff", "#ffd27a"]),
    0.6,
  );
  const lean = random.between(-24, -10);
  return `<linearGradient id="planet" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${
    mix(tint, "#ffffff", 0.5)
  }"/><stop offset="0.55" stop-color="${tint}"/><stop offset="1" stop-color="${
    mix(tint, "#05030f", 0.8)
  }"/></linearGradient>` +
    `<g transform="rotate(${px(lean)} ${px(x)} ${px(y)})">` +
    `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radius)}" fill="url(#planet)"/>` +
    `<ellipse cx="${px(x)}" cy="${px(y)}" rx="${px(radius * 1.75)}" ry="${
      px(radius * 0.36)
    }" fill="none" stroke="${mix(tint, "#ffffff", 0.6)}" stroke-opacity="0.55" stroke-width="${
      px(radius * 0.09)
    }"/></g>`;
}

/** A number as SVG needs it: two decimals are finer than a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}
