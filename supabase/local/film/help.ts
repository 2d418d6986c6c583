/**
 * What the command can do, for people.
 *
 * @module
 */
import { FILM_STAGES } from "../../../shared/contract/statuses.ts";
import { DEFAULT_PORTS } from "../ports.ts";

/** Printed by `--help`. */
export const FILM_HELP = `Makes a film from a prompt, on this machine and without any key.

  deno task film "A shy robot learns to dance in the rain"

Options
  --scenes N         how many scenes, 1 to 30
  --shots N          how many shots a scene has at least, 1 to 4
  --length SECONDS   how long the film should be, 3 to 600
  --characters [N]   who is cast, 0 to 6 (2 without a number); every shot of them is drawn after their
                     reference pictures, which you are asked to confirm
  --yes              confirms the cast without asking
  --language TAG     of script and narration, such as ko-KR
  --voice ID         the narrator, such as en-US-Neural2-C
  --style TEXT       the look of the pictures, such as "watercolour, soft light"
  --platform NAME    where it will be shown; tiktok and the like are upright
  --tone NAME        such as warm or funny
  --image-model ID   a picture model of the catalogue (supabase/seed.sql)
  --video-model ID   a clip model of the catalogue
  --budget CREDITS   a ceiling: nothing is bought beyond it
  --dry-run          only the plan: shots, seconds, credits and time; nothing is charged
  --stop-at STAGE    the last level that is made: ${FILM_STAGES.join(", ")}
  --out PATH         where to write the film; film.mp4 unless given
  --json             print the result as JSON
  --port N           port of the stack, ${DEFAULT_PORTS.api} unless given; 0 means any
  --dir DIR          where the stack keeps its state; .local unless given
  --help             this text

Progress goes to standard error, the result to standard output. Exit codes: 0 it is there, 1 it is not
(it failed, or its cast waits to be confirmed), 2 the command line is wrong, 130 Ctrl-C.
With a provider's key in .env that provider is real; the others are simulated. SIMULATE=all,
none or names picks otherwise.`;
