/**
 * Plays rounds side by side on a stack of its own and checks, when all has ended, that nothing was lost or
 * paid twice.
 *
 * @module
 */
import type { Passage } from "./door_book.ts";
import { type FaultStack, type FaultStackOptions, startFaultStack } from "./fault_stack.ts";
import { startHurry } from "./hurry.ts";
import { type Checked, checkInvariants } from "./invariants.ts";
import { createPlayer } from "./player.ts";
import { play, type PlayedRound } from "./play.ts";
import type { Round } from "./round.ts";

/** How a run is made. */
export interface BenchOptions extends FaultStackOptions {
  /** Rounds under way at once. Default 8. */
  readonly window?: number;
  /** How many players the rounds name. */
  readonly players: number;
  /** Told of each round that ended. */
  readonly onRound?: (played: PlayedRound, done: number) => void;
  /** Called once the stack is up, before the first round: to plant a bug, say. */
  readonly prepare?: (faults: FaultStack) => Promise<void> | void;
  /** Called when all has ended, before the stack goes. */
  readonly inspect?: (faults: FaultStack) => Promise<void>;
}

/** How a run went. */
export interface BenchResult extends Checked {
  readonly rounds: readonly PlayedRound[];
  /** Every call of a provider. */
  readonly passages: readonly Passage[];
  /** From the first click to the last end. */
  readonly seconds: number;
}

const DEFAULT_WINDOW = 8;

/** Runs the rounds. Rejects only when the stack can't be started or checked. */
export async function runBench(
  rounds: readonly Round[],
  options: BenchOptions,
): Promise<BenchResult> {
  const faults = await startFaultStack(options);
  try {
    const players = await Promise.all(
      Array.from({ length: options.players }, (_, at) =>
        createPlayer(
          faults,
          rounds.filter(({ player }) => player === at).map(({ word }) => word),
        )),
    );
    await options.prepare?.(faults);
    const hurry = startHurry(faults);
    const started = performance.now();
    const played: PlayedRound[] = [];
    const queue = [...rounds];
    await Promise.all(
      Array.from({ length: options.window ?? DEFAULT_WINDOW }, async () => {
        for (let round = queue.shift(); round !== undefined; round = queue.shift()) {
          const player = players[round.player];
          if (player === undefined) throw new RangeError(`No player ${round.player}`);
          const one = await play(faults, player, round);
          played.push(one);
          options.onRound?.(one, played.length);
        }
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    await hurry.stop();
    played.sort((a, b) => a.round.index - b.round.index);
    await options.inspect?.(faults);
    const checked = await checkInvariants(faults, played);
    return { ...checked, rounds: played, passages: faults.door.book.passages, seconds };
  } finally {
    await faults.stop();
  }
}
