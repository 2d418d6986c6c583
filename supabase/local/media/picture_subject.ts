/**
 * What stands out against the landscape: silhouettes, as SVG.
 *
 * @module
 */
import type { Canvas } from "./picture_sky.ts";
import { px } from "./picture_sky.ts";
import type { Random } from "./picture_random.ts";
import type { Subject, Theme } from "./picture_theme.ts";

/** A silhouette in a box of 100 × 100 whose lower middle (50, 100) is where it stands. */
interface Silhouette {
  readonly body: string;
  /** Lit parts: windows, lamps, eyes. */
  readonly lit?: string;
  /** Height in thousandths of the picture's mean side. */
  readonly size: number;
  /** Floats at this share of the horizon's height instead of standing. */
  readonly floats?: number;
}

const SILHOUETTES: Record<Exclude<Subject, "birds">, Silhouette> = {
  boat: {
    size: 190,
    body:
      "M12 84H92C88 95 80 100 72 100H32C22 100 15 94 12 84ZM50 8V80H53V8ZM56 12C76 34 84 58 86 78H56ZM47 22C34 42 24 60 20 78H47Z",
  },
  house: {
    size: 165,
    body: "M18 100V56H12L50 22L62 33V22H71V41L88 56H82V100Z",
    lit: "M30 64H44V80H30ZM58 64H72V80H58Z",
  },
  lighthouse: {
    size: 320,
    body:
      "M34 100C40 100 38 96 40 92L44 36H41V32H44V24H42L50 14L58 24H56V32H59V36H56L60 92C62 96 60 100 66 100Z",
    lit: "M46 25H54V32H46Z",
  },
  tree: {
    size: 250,
    body:
      "M46 100C48 84 48 74 46 64L34 54L36 52L46 58L48 44H52L53 56L64 48L66 50L54 64C52 76 53 88 56 100ZM50 6C64 4 70 14 68 20C82 18 90 32 80 40C88 50 78 60 68 56C62 64 52 60 50 54C42 62 30 60 28 52C16 54 10 42 20 36C12 26 22 16 32 20C32 10 42 4 50 6Z",
  },
  balloon: {
    size: 210,
    floats: 0.5,
    body:
      "M50 4C74 4 86 22 84 40C82 58 66 70 58 80H42C34 70 18 58 16 40C14 22 26 4 50 4ZM43 86H57V98C57 100 43 100 43 98ZM43 80L44 86H46L45 80ZM57 80L56 86H54L55 80Z",
    lit: "M50 8C58 8 62 24 62 40C62 56 56 70 54 78H46C44 70 38 56 38 40C38 24 42 8 50 8Z",
  },
  rocket: {
    size: 260,
    floats: 0.62,
    body: "M50 2C62 14 66 34 64 60L76 76V90L62 82H38L24 90V76L36 60C34 34 38 14 50 2Z",
    lit: "M50 26A8 8 0 1 1 49.9 26ZM42 84H58L50 100Z",
  },
  walker: {
    size: 185,
    body:
      "M50 6A9 9 0 1 1 49.9 6ZM44 27C48 24 56 25 58 30L63 48L71 56L69 60L58 53L55 45L53 60L62 76L64 98H57L54 80L47 68L41 82L35 99L28 97L34 78L40 58L42 42L37 50L36 62H31L32 48Z",
  },
  whale: {
    size: 210,
    floats: 0.74,
    body:
      "M4 52C14 30 44 22 66 34C76 40 82 50 88 54C90 44 94 38 100 36C99 44 97 50 96 56C99 60 100 66 99 72C93 68 89 63 86 60C74 74 54 82 34 76C18 72 8 62 4 52ZM40 74C42 84 36 90 28 92C28 84 32 78 34 74Z",
    lit: "M19 50A2.4 2.4 0 1 1 18.9 50Z",
  },
  robot: {
    size: 200,
    body:
      "M48 2H52V12H70V36H56V40H76V44L84 66L79 68L72 52V74H66V100H54V78H46V100H34V74H28V52L21 68L16 66L24 44V40H44V36H30V12H48Z",
    lit: "M38 20H46V27H38ZM54 20H62V27H54ZM46 52H54V60H46Z",
  },
  fox: {
    size: 185,
    body:
      "M8 46C2 66 12 82 26 80C30 74 34 68 40 66L62 62L70 98H75L74 68L80 58L92 50L99 49C98 44 92 41 88 38L88 26L81 33L75 27L74 36C68 42 64 48 58 50L36 53C24 54 22 44 14 38C16 52 12 50 8 46ZM38 66L32 82L36 98H41L40 84L50 66Z",
  },
  cat: {
    size: 175,
    body:
      "M38 22L42 34H58L62 22L66 42C68 50 64 54 60 57C70 66 74 82 72 100H34C30 84 34 66 42 57C36 54 32 48 34 42ZM72 98C84 98 90 86 84 74C82 70 86 66 89 70C98 86 90 100 76 100Z",
    lit: "M42 43A2.6 2.6 0 1 1 41.9 43ZM57 43A2.6 2.6 0 1 1 56.9 43Z",
  },
};

/** Draws the theme's subject on the side away from the light, standing where `standY` says. */
export function drawSubject(
  canvas: Canvas,
  theme: Theme,
  options: { readonly lightX: number; readonly random: Random; standY(x: number): number },
): string {
  const { random } = options;
  if (theme.subject === "birds") return drawBirds(canvas, theme, random);
  const shape = SILHOUETTES[theme.subject];
  const size = canvas.unit * shape.size * random.between(0.92, 1.12);
  const away = options.lightX < canvas.width / 2
    ? random.between(0.58, 0.74)
    : random.between(0.26, 0.42);
  const x = canvas.width * away;
  const ground = theme.place === "sea" && theme.subject !== "boat"
    // On the far shore rather than on the water.
    ? canvas.horizon
    : options.standY(x);
  const foot = shape.floats === undefined
    ? ground + size * 0.02
    : canvas.horizon * shape.floats + size * 0.5;
  const flip = random.pick([1, -1]);
  const lit = theme.hour === "day" ? "#fff4cf" : "#ffdf94";
  const place = `translate(${px(x - flip * size / 2)} ${px(foot - size)}) scale(${
    px(flip * size / 100)
  } ${px(size / 100)})`;
  // Against a lit skyline or at night a dark shape is lost without some light behind it.
  const halo = theme.place === "city" || theme.hour === "night"
    ? `<radialGradient id="halo"><stop offset="0" stop-color="${theme.palette.light}" stop-opacity="0.42"/>` +
      `<stop offset="1" stop-color="${theme.palette.light}" stop-opacity="0"/></radialGradient>` +
      `<circle cx="${px(x)}" cy="${px(foot - size * 0.5)}" r="${
        px(size * 0.75)
      }" fill="url(#halo)"/>`
    : "";
  return `${halo}<g transform="${place}"><path d="${shape.body}" fill="${theme.palette.near}"/>` +
    (shape.lit ? `<path d="${shape.lit}" fill="${lit}" opacity="0.9"/>` : "") + "</g>";
}

function drawBirds(canvas: Canvas, theme: Theme, random: Random): string {
  const center = random.between(0.4, 0.6) * canvas.width;
  const birds: string[] = [];
  for (let at = random.whole(7, 12); at > 0; at--) {
    const x = center + canvas.unit * random.between(-190, 190);
    const y = canvas.horizon * random.between(0.25, 0.62);
    const wing = canvas.unit * random.between(9, 22);
    birds.push(
      `M${px(x - wing)} ${px(y - wing * 0.35)}Q${px(x - wing * 0.4)} ${px(y - wing * 0.55)} ${
        px(x)
      } ${px(y)}Q${px(x + wing * 0.4)} ${px(y - wing * 0.55)} ${px(x + wing)} ${
        px(y - wing * 0.35)
      }`,
    );
  }
  return `<path d="${birds.join("")}" fill="none" stroke="${theme.palette.near}" stroke-width="${
    px(canvas.unit * 3)
  }" stroke-linecap="round" stroke-linejoin="round"/>`;
}
