/**
 * Clips of any size, rate and codec made into one H.264 mp4, as a provider's ffmpeg does it: by ffmpeg itself,
 * built for WebAssembly, which decodes what the packet copy can't join. Needs a worker of its own: it keeps
 * 300 MB, and takes globals for a browser's.
 *
 * @module
 */
import createCore from "@ffmpeg/core";
import { readFile } from "node:fs/promises";
import { BlobSource, Input, MP4 } from "mediabunny";

/** Clips to join. */
export interface JoinClipsRequest {
  /** Whole files, in order. */
  readonly clips: readonly Uint8Array<ArrayBuffer>[];
  /** Pixels; default the first clip's. */
  readonly width?: number | undefined;
  /** Pixels; default the first clip's. */
  readonly height?: number | undefined;
  /** Default the lowest of the clips'. */
  readonly framesPerSecond?: number | undefined;
}

/** The joined film. */
export interface JoinedClips {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Always mp4. */
  readonly contentType: "video/mp4";
}

/** What is used of ffmpeg's module. */
interface FfmpegCore {
  readonly FS: {
    writeFile(path: string, bytes: Uint8Array): void;
    readFile(path: string): Uint8Array<ArrayBuffer>;
  };
  setLogger(log: (line: { readonly message: string }) => void): void;
  exec(...args: string[]): number;
}

interface ClipFacts {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly seconds: number;
  readonly hasSound: boolean;
}

/** The last so many lines of ffmpeg's log tell what went wrong. */
const LOG_LINES = 5;

/**
 * Joins clips. Those of another shape keep it, between black bars; those without sound are silent, and the film
 * has sound when any clip has. Measured: 0.22 s of one core for a second of film at 910×512 and 15 frames a
 * second, and 0.5 s to begin. Errors: `Error` with ffmpeg's last lines.
 */
export async function joinClips(request: JoinClipsRequest): Promise<JoinedClips> {
  const facts = await Promise.all(request.clips.map(readFacts));
  const core = await loadFfmpeg();
  const lines: string[] = [];
  core.setLogger(({ message }) => {
    lines.push(message);
    if (lines.length > LOG_LINES) lines.shift();
  });
  const inputs = request.clips.flatMap((clip, at) => {
    core.FS.writeFile(`${at}.mp4`, clip);
    return ["-i", `${at}.mp4`];
  });
  const hasSound = facts.some((clip) => clip.hasSound);
  const code = core.exec(
    "-nostdin",
    ...inputs,
    "-filter_complex",
    joinGraph(facts, request),
    ...["-map", "[pictures]", ...(hasSound ? ["-map", "[sound]"] : [])],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-c:a", "aac"],
    ...["-movflags", "+faststart", "film.mp4"],
  );
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${lines.join(" | ")}`);
  return { bytes: core.FS.readFile("film.mp4").slice(), contentType: "video/mp4" };
}

function joinGraph(facts: readonly ClipFacts[], request: JoinClipsRequest): string {
  const { width = facts[0]?.width ?? 0, height = facts[0]?.height ?? 0 } = request;
  const rate = request.framesPerSecond ??
    Math.min(...facts.map(({ framesPerSecond }) => framesPerSecond));
  const hasSound = facts.some((clip) => clip.hasSound);
  const chains = facts.flatMap((clip, at) => {
    const pictures =
      `[${at}:v]scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,` +
      `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=${rate},format=yuv420p[v${at}]`;
    if (!hasSound) return [pictures];
    const source = clip.hasSound ? `[${at}:a]aresample=44100` : "anullsrc=r=44100:cl=stereo";
    const fit = `aformat=channel_layouts=stereo,apad,atrim=duration=${clip.seconds}`;
    return [pictures, `${source},${fit}[a${at}]`];
  });
  const pads = facts.map((_, at) => hasSound ? `[v${at}][a${at}]` : `[v${at}]`).join("");
  const outs = hasSound ? "[pictures][sound]" : "[pictures]";
  return [...chains, `${pads}concat=n=${facts.length}:v=1:a=${hasSound ? 1 : 0}${outs}`].join(";");
}

async function readFacts(clip: Uint8Array<ArrayBuffer>): Promise<ClipFacts> {
  using input = new Input({ formats: [MP4], source: new BlobSource(new Blob([clip])) });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error("A clip has no pictures");
  const { averagePacketRate } = await track.computePacketStats();
  return {
    width: track.displayWidth,
    height: track.displayHeight,
    framesPerSecond: Math.round(averagePacketRate * 1000) / 1000,
    seconds: await track.computeDuration(),
    hasSound: await input.getPrimaryAudioTrack() !== null,
  };
}

/** It was built for a browser's worker: it asks `self` where it is, and would fetch itself from there. */
async function loadFfmpeg(): Promise<FfmpegCore> {
  const place = import.meta.resolve("@ffmpeg/core");
  Object.assign(globalThis, { self: globalThis });
  Object.defineProperty(globalThis, "location", { value: { href: place }, configurable: true });
  const create: (options: { wasmBinary: Uint8Array }) => Promise<FfmpegCore> = createCore;
  return await create({ wasmBinary: await readFile(new URL("ffmpeg-core.wasm", place)) });
}
