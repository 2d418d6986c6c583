/**
 * Where a user may talk to the director, and the tools of each page.
 *
 * @module
 */
import {
  DIRECTOR_PAGES,
  type DirectorPage,
  type DirectorTool,
} from "../../../../shared/contract/director.ts";
import { CAST_TOOLS } from "./cast_tools.ts";
import { CONTENT_TOOLS } from "./content_tools.ts";
import { JOB_TOOLS } from "./job_tools.ts";
import { PROPOSAL_TOOLS } from "./proposal_tools.ts";
import { SHOT_TOOLS } from "./shot_tools.ts";
import type { Tool } from "./tool.ts";

/** Fewer tools than there are: a small model chooses better, and a page offers what it shows. */
const PAGES: Readonly<Record<DirectorPage, readonly [string, readonly string[]]>> = {
  project: [
    "The project as a whole: its scenes, cast, look, voice and cost",
    [
      "read_scene",
      "rewrite_scene",
      "reorder_scenes",
      "change_style",
      "read_character",
      "rewrite_character",
      "list_jobs",
      "explain_failure",
      "list_models",
      "estimate",
      "start",
      "confirm_characters",
      "cancel_job",
      "delete_scene",
    ],
  ],
  characters: [
    "Who appears, how they look and who speaks",
    [
      "read_scene",
      "rewrite_scene",
      "read_character",
      "rewrite_character",
      "change_style",
      "list_jobs",
      "explain_failure",
      "list_models",
      "estimate",
      "start",
      "confirm_characters",
      "cancel_job",
    ],
  ],
  scenes: [
    "What is told and seen, scene by scene",
    [
      "read_scene",
      "rewrite_scene",
      "reorder_scenes",
      "suggest_shots",
      "change_style",
      "estimate",
      "start",
      "delete_scene",
    ],
  ],
  frames: [
    "The shots of the scenes, and their pictures",
    [
      "read_scene",
      "rewrite_scene",
      "read_character",
      "suggest_shots",
      "rewrite_shot",
      "pick_shot_picture",
      "pick_main_picture",
      "change_style",
      "list_jobs",
      "explain_failure",
      "estimate",
      "start",
      "cancel_job",
    ],
  ],
  videos: [
    "The clips made of the pictures",
    [
      "read_scene",
      "suggest_shots",
      "rewrite_shot",
      "pick_shot_picture",
      "pick_main_picture",
      "list_jobs",
      "explain_failure",
      "list_models",
      "estimate",
      "start",
      "cancel_job",
    ],
  ],
  film: [
    "The narration, the finished film, and films being made",
    [
      "read_scene",
      "reorder_scenes",
      "change_style",
      "list_jobs",
      "explain_failure",
      "list_models",
      "estimate",
      "start",
      "confirm_characters",
      "cancel_job",
    ],
  ],
};

const TOOLS = [
  ...CONTENT_TOOLS,
  ...CAST_TOOLS,
  ...SHOT_TOOLS,
  ...JOB_TOOLS,
  ...PROPOSAL_TOOLS,
];

/** The tools of a page. Reading the project is on every one. */
export function toolsOf(page: DirectorPage): Tool[] {
  const names = new Set(["read_project", ...PAGES[page][1]]);
  return TOOLS.filter(({ name }) => names.has(name));
}

/** What a page is about, in one line. */
export function describePage(page: DirectorPage): string {
  return PAGES[page][0];
}

/** The list that `GET director?pages` answers. */
export function listPages(): readonly {
  readonly page: DirectorPage;
  readonly description: string;
  readonly tools: readonly DirectorTool[];
}[] {
  return DIRECTOR_PAGES.map((page) => ({
    page,
    description: describePage(page),
    tools: toolsOf(page).map(({ name, description, effect }) => ({ name, description, effect })),
  }));
}
