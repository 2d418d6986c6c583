/**
 * Tests that mostly wait, side by side: each lane runs its tests one after another, all lanes begin with
 * the first test, and each test reports its own part when its turn comes.
 *
 * @module
 */

/** Registers a test in a lane, 0.. */
export type LaneTest = (lane: number, name: string, run: () => Promise<void>) => void;

/** Makes lanes for the tests of a file. A lane goes on after a failure. */
export function createLanes(count: number): LaneTest {
  const lanes: (() => Promise<void>)[][] = Array.from({ length: count }, () => []);
  let begun = false;
  const begin = () => {
    begun = true;
    for (const lane of lanes) {
      void (async () => {
        for (const run of lane) await run();
      })();
    }
  };
  return (lane, name, run) => {
    const result = Promise.withResolvers<void>();
    // Looked at when its turn comes; until then nobody listens.
    result.promise.catch(() => {});
    lanes[lane]?.push(() => run().then(result.resolve, result.reject));
    // Whose resources they are can't be told while lanes overlap.
    Deno.test({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        if (!begun) begin();
        await result.promise;
      },
    });
  };
}
