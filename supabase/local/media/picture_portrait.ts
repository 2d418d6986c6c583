/**
 * Somebody's reference picture: one simple figure on a plain ground, in the colours and with the things that
 * its description names, so that who looks at a film sees who is who. As SVG.
 *
 * @module
 */
import { mix } from "./picture_color.ts";
import { chooseLooks, type Looks } from "./picture_looks.ts";
import type { Random } from "./picture_random.ts";
import { type Canvas, px } from "./picture_sky.ts";

/** Who is to be drawn. */
export interface Character {
  /** As in the prompt. */
  readonly name: string;
  /** The words after the name. */
  readonly description: string;
}

/** How a reference picture is asked for: see `composeReferencePrompt`. */
const REQUEST = /^Character reference of ([^.]{1,100})\.?\s*/;

/** Reads whom a prompt asks to show; null when it asks for something else. */
export function readCharacter(prompt: string): Character | null {
  const [words, name] = REQUEST.exec(prompt) ?? [];
  if (words === undefined || name === undefined) return null;
  // Later sentences say how the picture is to be, the same for everybody.
  const [description = ""] = prompt.slice(words.length).split(". Full figure, alone");
  return { name: name.trim(), description };
}

/** Draws the figure. The description's words come first, chance decides the rest. */
export function drawPortrait(canvas: Canvas, { description }: Character, random: Random): string {
  const looks = chooseLooks(description, random);
  const size = Math.min(canvas.width, canvas.height);
  const left = (canvas.width - size) / 2;
  const top = canvas.height - size;
  const figure = looks.isRobot ? drawRobot(looks) : drawPerson(looks);
  return `<radialGradient id="ground" cy="0.42" r="0.8"><stop offset="0" stop-color="${
    mix(looks.ground, "#ffffff", 0.35)
  }"/><stop offset="1" stop-color="${looks.ground}"/></radialGradient>` +
    `<rect width="${canvas.width}" height="${canvas.height}" fill="url(#ground)"/>` +
    `<g transform="translate(${px(left)} ${px(top)}) scale(${px(size / 100)})">` +
    `<ellipse cx="50" cy="91" rx="24" ry="3.4" fill="#000000" opacity="0.22"/>${figure}</g>`;
}

const LAMPS = "#ffe08a";

// Boxes of 100 × 100, feet at 90.
function drawPerson(
  { skin, hair, clothes, legs, scarf, hat, glasses, isLongHaired }: Looks,
): string {
  const shade = mix(clothes, "#000000", 0.22);
  return [
    isLongHaired ? path(hair, "M35 26Q34 52 40 54H60Q66 52 65 26Z") : "",
    path(legs, "M41 68H49V89H40ZM51 68H59L60 89H51Z"),
    path("#2a2422", "M38 87H49V91H36ZM51 87H62L64 91H51Z"),
    path(shade, "M36 46Q29 50 28 68L33 69L40 54ZM64 46Q71 50 72 68L67 69L60 54Z"),
    `<circle cx="30.5" cy="70" r="2.8" fill="${skin}"/><circle cx="69.5" cy="70" r="2.8" fill="${skin}"/>`,
    path(clothes, "M38 44Q50 40 62 44L66 76Q50 80 34 76Z"),
    path(shade, "M49.4 46H50.6V77H49.4Z"),
    path(skin, "M46 38H54V45Q50 48 46 45Z"),
    `<circle cx="50" cy="28" r="13" fill="${skin}"/>`,
    path(hair, "M36.5 29Q35 13 50 13Q65 13 63.5 29Q60 21 54 21Q44 24 36.5 29Z"),
    `<circle cx="45" cy="30" r="1.5" fill="#20242c"/><circle cx="55" cy="30" r="1.5" fill="#20242c"/>`,
    `<path d="M45.5 35Q50 38.5 54.5 35" fill="none" stroke="#7a3b34" stroke-width="1.1" stroke-linecap="round"/>`,
    glasses
      ? `<path d="M41 30A4 4 0 1 0 49 30A4 4 0 1 0 41 30ZM51 30A4 4 0 1 0 59 30A4 4 0 1 0 51 30ZM49 30H51" fill="none" stroke="#20242c" stroke-width="0.9"/>`
      : "",
    scarf === null ? "" : path(scarf, "M39 41Q50 48 61 41V47Q50 53 39 47ZM54 47L60 64H54L51 49Z"),
    hat === null
      ? ""
      : path(hat, "M28 21Q50 14 72 21Q72 24 50 22Q28 24 28 21ZM38 20Q39 7 50 7Q61 7 62 20Z"),
  ].join("");
}

function drawRobot({ clothes, scarf, hat }: Looks): string {
  const shade = mix(clothes, "#000000", 0.3);
  return [
    path(shade, "M40 72H47V88H38ZM53 72H60L62 88H53Z"),
    path(shade, "M28 47H34V68H28ZM66 47H72V68H66Z"),
    path(clothes, "M34 44H66Q68 44 68 47V72Q68 75 65 75H35Q32 75 32 72V47Q32 44 34 44Z"),
    path(clothes, "M37 16H63Q66 16 66 19V37Q66 40 63 40H37Q34 40 34 37V19Q34 16 37 16Z"),
    path(shade, "M49 7H51V16H49ZM46 40H54V44H46ZM41 33H59V35H41Z"),
    path(LAMPS, "M50 3A3 3 0 1 1 49.9 3ZM40 24H47V29H40ZM53 24H60V29H53ZM45 54H55V64H45Z"),
    scarf === null ? "" : path(scarf, "M35 40H65V46H35ZM56 46H62V60H56Z"),
    hat === null ? "" : path(hat, "M30 17H70V20H30ZM38 6H62V17H38Z"),
  ].join("");
}

function path(fill: string, d: string): string {
  return `<path d="${d}" fill="${fill}"/>`;
}
