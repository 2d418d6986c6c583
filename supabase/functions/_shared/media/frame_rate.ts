/**
 * How many pictures a second a film in our Storage has, from its index alone.
 *
 * @module
 */
import { Input, MP4 } from "mediabunny";
import { openSource, type SourceOptions } from "./download_source.ts";
import { invalidFile } from "./probe_failure.ts";

/** What editors offer; a rate measured from rounded timestamps is one of these when it is as near as 0.05 %. */
const USUAL_RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60];

/** Enough pictures to tell the usual rates apart. */
const COUNTED_PICTURES = 250;

/** Reads it. Errors: as `openSource`, and `RESULT_INVALID` for what is not an mp4 with pictures. */
export async function readFrameRate(url: string, options: SourceOptions): Promise<number> {
  const input = new Input({ source: await openSource(url, options), formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const { averagePacketRate = 0 } = await track?.computePacketStats(COUNTED_PICTURES) ?? {};
    if (!(averagePacketRate > 0)) throw new Error("No pictures");
    return USUAL_RATES.find((rate) => Math.abs(rate / averagePacketRate - 1) < 0.0005) ??
      Math.round(averagePacketRate * 1000) / 1000;
  } catch (cause) {
    throw invalidFile("unreadable", "the film has no pictures that can be counted", cause);
  } finally {
    input.dispose();
  }
}
