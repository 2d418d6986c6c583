/**
 * Everything from the horizon down, as SVG: ridges in haze, water, trees, skylines, dunes.
 *
 * @module
 */
import { mix } from "./picture_color.ts";
import type { Random } from "./picture_random.ts";
import { type Canvas, type Light, px } from "./picture_sky.ts";
import type { Theme } from "./picture_theme.ts";

/** Draws the land. `standY(x)` is where something at `x` stands on it. */
export function drawLand(
  canvas: Canvas,
  theme: Theme,
  light: Light,
  random: Random,
): { readonly svg: string; standY(x: number): number } {
  switch (theme.place) {
    case "sea":
      return drawSea(canvas, theme, light, random);
    case "city":
      return drawCity(canvas, theme, random);
    default:
      return drawRidges(canvas, theme, random);
  }
}

/** A line of the land: the height at a share (0..1) of the width. */
type Profile = (share: number) => number;

/** Sums a few waves: few and slow for dunes, more and sharper for mountains. */
function createProfile(roughness: number, sharp: boolean, random: Random): Profile {
  const waves = Array.from({ length: 5 }, (_, at) => ({
    frequency: 1.2 * 1.9 ** at * random.between(0.8, 1.25),
    phase: random.between(0, 7),
    size: roughness ** at,
  }));
  const total = waves.reduce((sum, wave) => sum + wave.size, 0);
  return (share) =>
    waves.reduce((sum, { frequency, phase, size }) => {
      const wave = Math.sin(share * frequency * Math.PI + phase);
      return sum + size * (sharp ? 1 - 2 * Math.abs(wave) : wave);
    }, 0) / total;
}

function drawRidges(canvas: Canvas, theme: Theme, random: Random) {
  const { far, near, sky } = theme.palette;
  const sharp = theme.place === "snow" || theme.place === "space";
  const roughness = theme.place === "desert" ? 0.28 : sharp ? 0.55 : 0.42;
  const layers = 5;
  const ground = theme.place === "snow" ? mix(near, "#e9f2fb", 0.62) : near;
  const parts: string[] = [];
  let standY = (_x: number) => canvas.height;
  for (let layer = 0; layer < layers; layer++) {
    const depth = layer / (layers - 1);
    const base = canvas.horizon + (canvas.height * 0.88 - canvas.horizon) * depth ** 1.35;
    const rise = canvas.height * (sharp ? 0.17 - 0.1 * depth : 0.1 - 0.045 * depth);
    const profile = createProfile(roughness, sharp && layer < 3, random);
    const lineY = (x: number) => base - rise * profile(x / canvas.width);
    const color = mix(far, ground, depth ** 0.8);
    const id = `ridge${layer}`;
    // Haze collects at the foot of every ridge but the nearest.
    const haze = mix(color, sky[3], 0.45 * (1 - depth));
    parts.push(
      `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${color}"/>` +
        `<stop offset="1" stop-color="${haze}"/></linearGradient>` +
        `<path d="${outline(canvas, lineY)}" fill="url(#${id})"/>`,
    );
    if (theme.place === "forest" && layer >= 1) {
      parts.push(drawTrees(canvas, lineY, color, depth, random));
    }
    if (theme.place === "snow" && layer >= 2) {
      parts.push(drawTrees(canvas, lineY, mix(far, near, depth), depth, random, 0.35));
    }
    // On the last ridge but one, clear of the caption.
    if (layer === layers - 2) standY = lineY;
  }
  return { svg: parts.join(""), standY };
}

/** The area below a line. */
function outline(canvas: Canvas, lineY: (x: number) => number): string {
  const step = canvas.width / 160;
  const points: string[] = [];
  for (let x = 0; x <= canvas.width + step; x += step) points.push(`${px(x)} ${px(lineY(x))}`);
  return `M0 ${canvas.height}L${points.join("L")}L${canvas.width} ${canvas.height}Z`;
}

/** Conifers along a ridge: three triangles on a trunk, larger the nearer. */
function drawTrees(
  canvas: Canvas,
  lineY: (x: number) => number,
  color: string,
  depth: number,
  random: Random,
  density = 1,
): string {
  const size = canvas.unit * (22 + 105 * depth ** 1.6);
  const paths: string[] = [];
  for (let x = -size; x < canvas.width + size; x += size * random.between(0.34, 0.9) / density) {
    const height = size * random.between(0.65, 1.25);
    const half = height * 0.2;
    const foot = lineY(x) + size * 0.12;
    for (let tier = 0; tier < 3; tier++) {
      const top = foot - height * (0.45 + tier * 0.27);
      const bottom = foot - height * (0.1 + tier * 0.25);
      const spread = half * (1 - tier * 0.26);
      paths.push(
        `M${px(x)} ${px(top)}L${px(x + spread)} ${px(bottom)}L${px(x - spread)} ${px(bottom)}Z`,
      );
    }
    const trunk = height * 0.025;
    paths.push(
      `M${px(x - trunk)} ${px(foot - height * 0.12)}h${px(trunk * 2)}V${px(foot)}h${
        px(-trunk * 2)
      }Z`,
    );
  }
  return `<path d="${paths.join("")}" fill="${color}"/>`;
}

function drawSea(canvas: Canvas, theme: Theme, light: Light, random: Random) {
  const { far, near, sky } = theme.palette;
  const parts: string[] = [];
  const island = createProfile(0.45, false, random);
  const center = light.x < canvas.width / 2 ? 0.78 : 0.2;
  parts.push(`<path d="${
    outline(canvas, (x) => {
      const away = (x / canvas.width - center) / 0.26;
      const rise = Math.max(0, 1 - away * away) * (0.75 + 0.35 * island(x / canvas.width));
      return canvas.horizon - canvas.height * 0.085 * rise;
    })
  }" fill="${mix(far, near, 0.25)}"/>`);
  parts.push(
    `<linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${
      mix(sky[3], far, 0.45)
    }"/><stop offset="0.3" stop-color="${
      mix(sky[2], near, 0.4)
    }"/><stop offset="1" stop-color="${near}"/></linearGradient>`,
    `<rect y="${px(canvas.horizon)}" width="${canvas.width}" height="${
      px(canvas.height - canvas.horizon)
    }" fill="url(#sea)"/>`,
  );
  const glints: string[] = [];
  const depth = canvas.height - canvas.horizon;
  for (let at = 0; at < 130; at++) {
    const share = random.between(0, 1) ** 1.4;
    const y = canvas.horizon + depth * share;
    const nearLight = at % 2 === 0;
    const spread = nearLight ? light.radius * (0.5 + share * 1.5) : canvas.width * 0.6;
    const x = (nearLight ? light.x : canvas.width / 2) + random.between(-spread, spread);
    const length = canvas.unit * random.between(14, 60) * (0.35 + share);
    glints.push(
      `<rect x="${px(x - length / 2)}" y="${px(y)}" width="${px(length)}" height="${
        px(canvas.unit * (0.9 + 2.2 * share))
      }" rx="${px(canvas.unit)}" opacity="${px(nearLight ? 0.55 - 0.3 * share : 0.13)}"/>`,
    );
  }
  parts.push(`<g fill="${theme.palette.light}">${glints.join("")}</g>`);
  return { svg: parts.join(""), standY: () => canvas.horizon + depth * 0.34 };
}

function drawCity(canvas: Canvas, theme: Theme, random: Random) {
  const { far, near } = theme.palette;
  const parts: string[] = [];
  const street = canvas.height * 0.8;
  const lit = theme.hour === "day" ? "#dff3ff" : "#ffd98a";
  for (let layer = 0; layer < 4; layer++) {
    const depth = layer / 3;
    const color = mix(far, near, 0.15 + 0.85 * depth);
    const blocks: string[] = [];
    const windows: string[] = [];
    for (let x = -canvas.unit * 40; x < canvas.width;) {
      const width = canvas.unit * random.between(34, 74) * (0.6 + depth);
      const rise = canvas.height * random.between(0.16, 0.42) * (1.05 - 0.62 * depth);
      const top = street - rise - canvas.height * 0.1 * (1 - depth);
      blocks.push(`M${px(x)} ${canvas.height}V${px(top)}h${px(width)}V${canvas.height}Z`);
      if (random.between(0, 1) < 0.3) {
        const mast = x + width * random.between(0.3, 0.7);
        blocks.push(
          `M${px(mast)} ${px(top - rise * 0.18)}h${px(canvas.unit * 2)}V${px(top)}h${
            px(-canvas.unit * 2)
          }Z`,
        );
      }
      if (layer > 0) windows.push(drawWindows({ x, top, width, street, depth }, canvas, random));
      x += width + canvas.unit * random.between(0, 10);
    }
    parts.push(`<path d="${blocks.join("")}" fill="${color}"/>`);
    parts.push(`<path d="${windows.join("")}" fill="${lit}" opacity="${px(0.35 + 0.4 * depth)}"/>`);
  }
  parts.push(
    `<rect y="${px(street)}" width="${canvas.width}" height="${canvas.height}" fill="${near}"/>`,
  );
  return { svg: parts.join(""), standY: () => street };
}

function drawWindows(
  block: { x: number; top: number; width: number; street: number; depth: number },
  canvas: Canvas,
  random: Random,
): string {
  const size = canvas.unit * (3 + 3.4 * block.depth);
  const gap = size * 2.1;
  const paths: string[] = [];
  for (let y = block.top + gap; y < block.street - gap; y += gap * 1.15) {
    for (let x = block.x + gap * 0.7; x < block.x + block.width - gap * 0.8; x += gap) {
      if (random.between(0, 1) < 0.42) {
        paths.push(`M${px(x)} ${px(y)}h${px(size)}v${px(size * 1.3)}h${px(-size)}Z`);
      }
    }
  }
  return paths.join("");
}
