import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { writeObject } from "../../supabase/local/providers/gemini_writer.ts";

const filmSchema = (sceneCount: number) =>
  z.object({
    title: z.string().trim().min(1).max(120),
    description: z.string().trim().min(1).max(600),
    scenes: z.array(z.object({
      title: z.string().trim().min(1).max(120),
      text: z.string().trim().min(1).max(1500),
      plot: z.string().trim().min(1).max(1000),
      characters: z.array(z.string().min(1)),
    })).length(sceneCount),
    characters: z.array(z.object({ name: z.string(), description: z.string() })).min(1).max(4),
  });

function write<Schema extends z.ZodType>(schema: Schema, prompt: string, system = "") {
  return schema.parse(writeObject({
    system,
    prompt,
    everything: prompt,
    json: true,
    schema: z.toJSONSchema(schema, { target: "draft-7", io: "input" }),
  }));
}

const wordsOf = (text: string) => text.split(/\s+/).length;

const PROMPTS = [
  "a lighthouse keeper befriends a whale during a storm",
  "Please make a 30 second film about two old dogs who search for a lost ball in Paris",
  "Luna learns to fly",
  "a cat in space",
  "lonely robot gardener on Mars discovers the last flower",
  "A barista, tired of mornings, quits her job and opens a bakery on the moon",
  "How do volcanoes work?",
  "Make a video",
  "",
];

for (const prompt of PROMPTS) {
  Deno.test(`a film from "${prompt}" has narration of 10 to 30 words a scene, none told twice`, () => {
    const film = write(filmSchema(8), prompt);
    const narrations = film.scenes.map((scene) => scene.text);
    for (const text of narrations) {
      assert.ok(wordsOf(text) >= 10 && wordsOf(text) <= 30, text);
      assert.match(text, /^\p{Lu}.*[.!?]$/u);
    }
    assert.equal(new Set(narrations).size, 8);
    assert.doesNotMatch(JSON.stringify(film), /[{]\w+[}]|undefined|null| {2}/);
  });
}

for (
  const [prompt, hero, language] of [
    ["a lighthouse keeper befriends a whale", /the lighthouse keeper/i, "whale"],
    ["Make a film about two old dogs who search for a lost ball", /the two old dogs/i, "lost ball"],
    ["Luna learns to fly", /Luna learns to fly/, "Luna"],
    ["the story of a tiny dragon in Kyoto", /tiny dragon/i, "in Kyoto"],
    ["작은 여우가 달을 찾아 떠난다", /작은 여우[는가와를]/, "작은 여우"],
    ["등대지기가 고래와 친구가 되는 이야기", /등대지기[는가와를]/, "고래"],
    ["灯台守がクジラと友達になる話", /灯台守[はがと]/, "灯台守"],
    ["un pequeño zorro busca su casa en el bosque", /el pequeño zorro/i, "su casa"],
    ["un vieil ours qui apprend à danser", /le vieil ours/i, "danser"],
    ["ein kleiner Fuchs sucht den Mond", /unser kleiner Fuchs/i, "Mond"],
  ] as const
) {
  Deno.test(`a film from "${prompt}" is about it, in its language`, () => {
    const text = JSON.stringify(write(filmSchema(7), prompt));
    assert.match(text, hero);
    assert.ok(text.includes(language), text);
  });
}

for (
  const [system, script, hero] of [
    ["Write titles and narration in the language ko.", /\p{Script=Hangul}/u, "여우"],
    ["Write in Japanese.", /\p{Script=Hiragana}/u, "きつね"],
    ["Language: es-ES", /\b(?:el|la|una?|que)\b/, "zorro"],
    ["Write in French.", /\b(?:le|la|une?|et)\b/, "renard"],
    ["language = de", /\b(?:der|die|das|und|ein|auf|ist|es)\b/, "Fuchs"],
    ["Write titles and narration in the language en-GB.", /\b(?:the|and)\b/, "fox"],
  ] as const
) {
  Deno.test(`a film is written in the language of "${system}"`, () => {
    const film = write(filmSchema(5), "a small fox looks for the moon", system);
    for (const scene of film.scenes) assert.match(scene.text, script);
    assert.ok(film.scenes.some((scene) => scene.text.includes(hero)), JSON.stringify(film));
  });
}

Deno.test("a film has as many scenes as the words say when the schema leaves it open", () => {
  const schema = z.object({ scenes: z.array(z.object({ text: z.string() })).max(12) });
  const counts = [
    ["A fox paints", "Write exactly 4 scenes. About 22 words a scene.", 4],
    ["A fox paints, in 7 scenes", "", 7],
    ["A fox paints. Three scenes please", "", 3],
    ["여우 이야기, 장면 6개", "", 6],
    ["A fox paints in 40 scenes", "", 12],
    ["A fox paints", "", 5],
  ] as const;
  for (const [prompt, system, count] of counts) {
    assert.equal(write(schema, prompt, system).scenes.length, count, prompt);
  }
});

for (const words of [10, 20, 45, 80]) {
  Deno.test(`narration is near to the ${words} words a scene that are asked for`, () => {
    const film = write(filmSchema(6), "a fox paints", `Narration: about ${words} words a scene.`);
    const mean = film.scenes.reduce((sum, scene) => sum + wordsOf(scene.text), 0) / 6;
    assert.ok(mean > 0.6 * words && mean < 1.8 * words, `${mean} words`);
  });
}

Deno.test("characters carry the names the prompt lists, and scenes use them", () => {
  const film = write(filmSchema(5), "A fox story.\n- Mara: the keeper\n- Old Tom (her father)\n");
  assert.deepEqual(film.characters.slice(0, 2).map((one) => one.name), ["Mara", "Old Tom"]);
  const cast = new Set(film.characters.map((one) => one.name));
  for (const scene of film.scenes) assert.ok(scene.characters.every((name) => cast.has(name)));
});

Deno.test("no two prompts give the same film, and the same prompt gives it again", () => {
  const films = new Map<string, string>();
  const heroes = [
    "fox",
    "robot",
    "baker",
    "dragon",
    "girl",
    "whale",
    "knight",
    "cat",
    "king",
    "owl",
  ];
  for (const hero of heroes) {
    for (let i = 0; i < 40; i++) {
      const prompt = `A ${hero} looks for home number ${i}`;
      const scenes = write(filmSchema(5), prompt).scenes.map((scene) => scene.text).join("\n");
      assert.equal(films.get(scenes), undefined, `${prompt} and ${films.get(scenes)}`);
      films.set(scenes, prompt);
    }
  }
  const again = () => write(filmSchema(5), "A fox paints");
  assert.deepEqual(again(), again());
});

Deno.test("a film comes of any prompt: emoji, any script, controls, a hundred thousand characters", () => {
  const prompt = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.constantFrom(
      "🦊🔥🎬",
      "قطة صغيرة تبحث عن أمها",
      "חתול קטן מחפש את אמו",
      "\u0000\u0007\ud800",
      "<script>alert(1)</script>",
      "{}{hero}{action}${x}",
      "a ".repeat(50_000),
      "x".repeat(100_000),
      "The ".repeat(20_000) + "fox",
      "..........................",
      "in in in of of of the the the",
      '{"prompt": "unfinished',
      "- : - : -\n* (\n",
    ),
  );
  fc.assert(
    fc.property(prompt, fc.integer({ min: 1, max: 12 }), (text, scenes) => {
      const started = performance.now();
      const film = write(filmSchema(scenes), text);
      assert.ok(JSON.stringify(film).isWellFormed());
      assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
    }),
    { numRuns: 100 },
  );
});

/** Schemas of everything the writer must satisfy, as zod writes them. */
const { schema: anySchema } = fc.letrec<{ schema: z.ZodType; leaf: z.ZodType }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<z.ZodType>(
      z.boolean(),
      z.null(),
      z.literal("fixed"),
      z.enum(["red", "green"]),
      z.uuid(),
      z.iso.datetime(),
      z.iso.date(),
      z.email(),
      z.url(),
      z.int().positive(),
      z.number().min(0).max(1),
      z.number().gt(2).lt(3),
      z.int().multipleOf(5).min(7).max(23),
      z.string().regex(/^\d+:\d+$/),
    ),
    fc.tuple(fc.nat(60), fc.nat(200)).map(([min, more]) => z.string().min(min).max(min + more)),
    fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(40)).map(([min, more]) =>
      z.int().min(min).max(min + more)
    ),
  ),
  schema: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.tuple(tie("schema"), fc.nat(3), fc.nat(3))
      .map(([item, min, more]) => z.array(item).min(min).max(min + more)),
    fc.dictionary(
      fc.constantFrom("title", "scenes", "text", "characters", "tags", "index", "x_1", "duration"),
      tie("schema"),
      { maxKeys: 4, noNullPrototype: true },
    ).map((shape) => z.object(shape)),
    tie("schema").map((inner) => inner.nullable()),
    tie("schema").map((inner) => inner.optional().or(z.null())),
    fc.tuple(tie("schema"), tie("schema")).map(([a, b]) => z.union([a, b])),
    tie("schema").map((inner) => z.record(z.string(), inner)),
    fc.tuple(tie("leaf"), tie("leaf")).map((items) => z.tuple(items)),
  ),
}));

Deno.test("writeObject() satisfies any schema", () => {
  fc.assert(
    fc.property(anySchema, fc.string(), (schema, prompt) => {
      const wrapped = z.object({ value: schema });
      const parsed = wrapped.safeParse(
        writeObject({
          system: "",
          prompt,
          everything: prompt,
          json: true,
          schema: z.toJSONSchema(wrapped, { target: "draft-7", io: "input" }),
        }),
      );
      assert.ok(parsed.success, parsed.success ? "" : z.prettifyError(parsed.error));
    }),
    { numRuns: 300 },
  );
});

Deno.test("writeObject() ends on a schema that refers to itself", () => {
  const node = z.object({
    name: z.string(),
    get children() {
      return z.array(node);
    },
  });
  assert.ok(write(node, "a family tree").children.length > 0);
});

Deno.test("shots of a film that is there show its scenes, each shot a moment of its own", () => {
  const schema = z.object({
    scenes: z.array(z.object({
      shots: z.array(z.object({ action: z.string(), characters: z.array(z.string()) })).min(1).max(
        2,
      ),
    })).length(2),
  });
  const { scenes } = write(
    schema,
    JSON.stringify({
      film: { title: "The Kite", description: "A shy robot builds a kite." },
      scenes: [
        { title: "Up", text: "It rises.", plot: "A kite rises over the harbour." },
        { title: "Down", text: "It falls.", plot: "A kite falls into the sea." },
      ],
      characters: [{ name: "Mina", description: "a red coat" }],
    }),
  );
  const actions = scenes.map(({ shots }) => shots.map(({ action }) => action));
  assert.equal(actions[0]?.[0], "A kite rises over the harbour");
  assert.equal(actions[1]?.[0], "A kite falls into the sea");
  assert.equal(new Set(actions.flat()).size, actions.flat().length, "a shot is shown twice");
  assert.match(actions[0]?.[1] ?? "", /robot|Mina/i);
});
