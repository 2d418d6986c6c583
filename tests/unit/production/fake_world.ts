/**
 * What stands around a production, in memory: rows as SQL writes them when a step is taken and when a child
 * ends. Its rules are those of `step_production` and `settle`, which tests/db proves.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { FrameContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import { creditsFor } from "../../../supabase/functions/_shared/plans/quote.ts";
import { decide, type Decision } from "../../../supabase/functions/_shared/production/decide.ts";
import type { ProductionPayload } from "../../../supabase/functions/_shared/production/payload.ts";
import type {
  ProductionRequest,
} from "../../../supabase/functions/_shared/production/production_request.ts";
import {
  type Context,
  planRequest,
} from "../../../supabase/functions/_shared/production/plan_production.ts";
import { sceneShot } from "../../../supabase/functions/_shared/production/scene_shots.ts";
import { audioOf, clipOf, imageOf, projectOf, sceneOf, settingsOf } from "../../factories.ts";
import { characterOf, filmOf, frameOf } from "../../film_factories.ts";
import { FILM_MODELS } from "./film_models.ts";
import { markOfCast, markOfFrame, markOfScene } from "./stale_marks.ts";
import {
  type Ending,
  type Rows,
  type Started,
  underWayOf,
  type WorldOptions,
} from "./world_types.ts";

/** A user's studio. */
export class FakeWorld {
  /** Without children: those are the current production's. */
  readonly rows: Rows;
  /** Every job of every production, in order. */
  readonly jobs: Started[] = [];
  #children: Started[] = [];
  #shots = 0;
  #drafts = 0;
  readonly #options: WorldOptions;

  /** Begins with settings and a catalogue. */
  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.rows = {
      project: null,
      settings: settingsOf(),
      models: [...FILM_MODELS],
      scenes: [],
      characters: [],
      frames: [],
      images: [],
      audio_clips: [],
      video_clips: [],
      films: [],
      under_way: [],
      children: [],
    };
  }

  /** What the ledger holds: charges without refunds. */
  get spent(): number {
    return this.jobs.reduce((sum, job) => sum + (job.state === "failed" ? 0 : job.credits), 0);
  }

  /** What an operation reads before it plans. */
  get context(): Context {
    const { project, settings, children: _, under_way: __, ...rest } = this.rows;
    assert.ok(settings);
    return { ...rest, settings, ...(project === null ? {} : { project }) };
  }

  /** Plans a production of what there is. */
  plan(request: Partial<ProductionRequest> = {}) {
    const { project } = this.rows;
    return planRequest(this.context, {
      options: {},
      stopAt: "film",
      ...(project === null ? { prompt: "A boat" } : { projectId: project.id }),
      ...request,
    });
  }

  /** Plans, and runs to the end. */
  make(request: Partial<ProductionRequest> = {}, ending?: Ending) {
    const { payload, plan } = this.plan(request);
    return { payload, plan, ...this.run(payload, ending) };
  }

  /** Begins a production and drives it until it ends, or waits for the user. */
  run(payload: ProductionPayload, ending: Ending = () => null) {
    this.#children = [];
    const { platform, category, tone, language, target_length } = payload.wish;
    if (this.rows.project !== null) {
      Object.assign(this.rows.project, { platform, category, tone, language, target_length });
    }
    return this.goOn(payload, ending);
  }

  /** Tries one that failed again: as `read_production`, with the cast that an earlier try has written. */
  retry(payload: ProductionPayload, ending: Ending = () => null) {
    this.#children = this.#children.filter(({ kind, state }) =>
      kind === "characters" && state !== "failed"
    );
    return this.goOn(payload, ending);
  }

  /** Goes on with the children that are there, as after a crash or a confirmation. */
  goOn(payload: ProductionPayload, ending: Ending = () => null) {
    const first = this.jobs.length;
    const stages: string[] = [];
    let last = 0;
    for (let turn = 0; turn < 2000; turn++) {
      let decision: Decision;
      try {
        const under_way = underWayOf(this.jobs);
        decision = decide({ ...this.rows, under_way, children: this.#children }, payload);
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        // As production_job.ts: what is under way ends first.
        if (this.#endOne(ending)) continue;
        return { end: "failed" as const, error, stages, started: this.jobs.slice(first) };
      }
      const { then, stage, progress } = decision;
      if (stages.at(-1) !== stage) stages.push(stage);
      assert.ok(progress >= 0 && progress <= 1 + 1e-9, `progress ${progress}`);
      last = Math.max(last, progress);
      this.#write(decision);
      const started = () => this.jobs.slice(first);
      if (then.kind === "done") {
        return { end: "succeeded" as const, result: then.result, stages, started: started() };
      }
      if (then.kind === "fail") {
        return { end: "failed" as const, error: then.error, stages, started: started() };
      }
      if (then.kind === "again") continue;
      if (this.#endOne(ending)) continue;
      assert.ok(
        stage === "confirmation" || underWayOf(this.jobs).length > 0,
        `it waits at ${stage} for nothing that will ever end`,
      );
      return { end: "waiting" as const, stages, started: started() };
    }
    throw new Error("It never ends");
  }

  /** Leaves a production as it stands: it ended, and what it has begun goes on. */
  leave(payload: ProductionPayload): void {
    this.#children = [];
    let decision: Decision;
    do {
      decision = decide({ ...this.rows, under_way: [], children: this.#children }, payload);
      this.#write(decision);
    } while (decision.then.kind === "again");
  }

  /** Tries one part again by itself, as `retry-job` does: no production's child. Gives what ends it. */
  retryPart(of: Started): (code?: string) => void {
    const again: Started = { ...of, id: crypto.randomUUID(), state: "running", error: null };
    this.jobs.push(again);
    return (code) => this.#end(again, code ?? null);
  }

  /** Ends whatever no production waits for by itself. */
  endOthers(): void {
    for (const job of this.jobs) {
      if (job.state === "running" && !this.#children.includes(job)) this.#end(job, null);
    }
  }

  /** The user's word. */
  confirm(): void {
    this.edit("characters", () => true, { confirmed_at: "2026-11-21T10:00:00+00:00" });
  }

  /** Changes rows of a table. */
  edit<Table extends "scenes" | "characters" | "frames">(
    table: Table,
    which: (row: Rows[Table][number], at: number) => boolean,
    change: Partial<Rows[Table][number]>,
  ): void {
    const rows: Rows[Table][number][] = this.rows[table];
    rows.forEach((row, at) => {
      if (!which(row, at)) return;
      rows[at] = { ...row, ...change };
      const fields = Object.entries(change)
        .filter(([name, value]) => Object.entries(row).some(([n, v]) => n === name && v !== value))
        .map(([name]) => name);
      if ("plot" in row) this.#markScene(row, { ...row, ...change });
      if (table === "characters") markOfCast(this.rows, row.id, fields);
      if (table === "frames") markOfFrame(this.rows, row.id, fields);
    });
  }

  /** Deletes shots; what was made for them stays with their scene. */
  dropFrames(which: (row: FrameContext, at: number) => boolean): void {
    const gone = this.rows.frames.filter(which).map(({ id }) => id);
    this.rows.frames = this.rows.frames.filter(({ id }) => !gone.includes(id));
    const isGone = (frameId: string | null) => frameId !== null && gone.includes(frameId);
    for (const rows of [this.rows.images, this.rows.video_clips]) {
      rows.forEach((row, at) => {
        if (isGone(row.frame_id)) Object.assign(rows, { [at]: { ...row, frame_id: null } });
      });
    }
  }

  /** As its trigger `mark_stale` does. */
  #markScene(before: Rows["scenes"][number], after: Rows["scenes"][number]): void {
    const [was, is] = [sceneShot(before), sceneShot(after)];
    if (was.action === is.action) return;
    const { frames } = this.rows;
    for (const { id, action, video_prompt } of frames.filter((one) => one.scene_id === after.id)) {
      this.edit("frames", (row) => row.id === id, {
        action: action === was.action ? is.action : action,
        video_prompt: video_prompt === was.video_prompt ? is.video_prompt : video_prompt,
      });
    }
    markOfScene(this.rows, after.id);
  }

  #write({ items, frames }: Decision): void {
    for (const frame of frames) {
      if ("id" in frame) {
        const { id, duration_sec } = frame;
        assert.notEqual(this.rows.frames.find((one) => one.id === id)?.duration_sec, duration_sec);
        this.edit("frames", (row) => row.id === id, { duration_sec });
      } else this.#addFrame(frame);
    }
    for (const item of items) {
      assert.ok(
        !this.#children.some(({ child_key }) => child_key === item.child_key),
        `"${item.child_key}" was asked for twice`,
      );
      assert.ok(item.child_key.length <= 200);
      const model = this.rows.models.find(({ id }) => id === item.model_id);
      const started: Started = {
        id: crypto.randomUUID(),
        kind: item.kind,
        child_key: item.child_key,
        subject_id: item.asset === null ? null : crypto.randomUUID(),
        state: "running",
        error: null,
        progress: 0.5,
        item,
        credits: creditsFor(model?.price ?? 0, item.units),
        endedAt: null,
      };
      this.jobs.push(started);
      this.#children.push(started);
    }
  }

  #endOne(ending: Ending): boolean {
    const open = this.#children.filter(({ state }) => state === "running");
    const next = open[Math.floor((this.#options.random?.() ?? 0) * open.length)];
    if (next === undefined) return false;
    this.#end(next, ending(next));
    return true;
  }

  #end(job: Started, code: string | null): void {
    job.endedAt = this.jobs.length;
    job.state = code === null ? "succeeded" : "failed";
    job.error = code === null ? null : { code, message: `It was ${code}` };
    if (code === null) this.#apply(job);
  }

  #apply({ kind, item, subject_id }: Started): void {
    const payload = item.payload as Record<string, unknown>;
    const asset = (item.asset ?? {}) as Record<string, string | null>;
    const id = subject_id ?? "";
    const { rows } = this;
    switch (kind) {
      case "script":
      case "scenes":
        rows.project ??= projectOf({
          language: String(payload["language"]),
          platform: String(payload["platform"]),
          tone: String(payload["tone"]),
          target_length: Number(payload["target_length"]),
        });
        return this.#writeScenes(
          Number(payload["scene_count"]),
          Number(payload["max_text_chars"]),
        );
      case "characters":
        for (let at = 0; at < Number(payload["character_count"]); at++) {
          const name = `Character ${rows.characters.length + 1}`;
          rows.characters.push(characterOf({ id: crypto.randomUUID(), name, image_id: null }));
        }
        return;
      case "frames":
        return this.#writeFrames(payload["scenes"] as { scene_id: string; shot_count: number }[]);
      case "image": {
        rows.images.unshift(
          imageOf({ scene_id: null, is_main: false, ...asset, id, url: `https://a.test/${id}` }),
        );
        this.edit("characters", (row) => row.id === asset["character_id"], { image_id: id });
        return this.edit("frames", (row) => row.id === asset["frame_id"], { image_id: id });
      }
      case "audio": {
        const { text } = payload["request"] as { text: string };
        const duration_sec = (this.#options.speak ?? ((said) => said.length / 12))(text);
        return void rows.audio_clips.unshift(audioOf({ ...asset, id, duration_sec }));
      }
      case "video":
        rows.video_clips.unshift(clipOf({ ...asset, id, url: `https://a.test/${id}` }));
        return this.edit("frames", (row) => row.id === asset["frame_id"], { video_clip_id: id });
      case "film": {
        const { clips } = payload as { clips: { clip_id: string; duration_sec?: number }[] };
        const cut = clips.map((clip) => ({
          ...clip,
          duration_sec: clip.duration_sec ??
            rows.video_clips.find((one) => one.id === clip.clip_id)?.duration_sec,
        }));
        rows.films.unshift(filmOf({ id, cut: JSON.parse(JSON.stringify(cut)) }));
        return;
      }
    }
  }

  #writeScenes(count: number, maxChars: number): void {
    const write = this.#options.write ?? ((chars: number) => "a".repeat(chars));
    const { rows } = this;
    const draft = ++this.#drafts;
    const plotOf = (at: number) => `A lighthouse at dusk, view ${at + 1} of draft ${draft}`;
    this.dropFrames(() => true);
    rows.scenes.forEach(({ id }, at) =>
      this.edit("scenes", (row) => row.id === id, { plot: plotOf(at) })
    );
    rows.scenes = Array.from({ length: count }, (_, at) => ({
      ...(rows.scenes[at] ?? sceneOf({ id: crypto.randomUUID(), index: at + 1, plot: plotOf(at) })),
      text: write(maxChars, at),
    }));
  }

  #writeFrames(scenes: readonly { scene_id: string; shot_count: number }[]): void {
    const cast = this.rows.characters.map(({ id }) => id);
    const seen = this.#options.seen ?? ((_: number, size: number) => [...Array(size).keys()]);
    for (const { scene_id, shot_count } of scenes) {
      for (let index = 1; index <= shot_count; index++) {
        const character_ids = seen(this.#shots++, cast.length).flatMap((at) => cast[at] ?? []);
        const action = `Shot ${this.#shots}`;
        this.#addFrame({
          scene_id,
          index,
          camera: "",
          action,
          video_prompt: action,
          character_ids,
        });
      }
    }
  }

  #addFrame(frame: Partial<FrameContext> & Pick<FrameContext, "scene_id" | "index">): void {
    const { rows } = this;
    assert.ok(frame.index <= 20, "a scene has 20 shots at most");
    rows.frames.push(frameOf({ ...frame, id: crypto.randomUUID() }));
    const place = new Map(rows.scenes.map(({ id }, at) => [id, at]));
    rows.frames.sort((a, b) =>
      (place.get(a.scene_id) ?? 0) - (place.get(b.scene_id) ?? 0) || a.index - b.index
    );
  }
}
