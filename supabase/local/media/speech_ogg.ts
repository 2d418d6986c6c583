/**
 * Packs spoken samples as Ogg Opus: libopus in WebAssembly, and the pages by Mediabunny.
 *
 * @module
 */
import { Application, createEncoder } from "libopus-wasm";
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  OggOutputFormat,
  Output,
} from "mediabunny";
import type { SpokenSamples } from "./speech.ts";

/** What Google's voices of today are recorded at; one of the rates Opus takes. */
const SAMPLE_RATE = 24_000;

/** Granule positions and pre-skip count at this rate. */
const OPUS_RATE = 48_000;

/** About MP3's, says `AudioEncoding.OGG_OPUS` of google.cloud.texttospeech.v1. */
const BITRATE = 32_000;

/** Encodes one channel. Takes about 1 s of CPU for a minute of speech. */
export async function encodeOggOpus(speech: SpokenSamples): Promise<Uint8Array<ArrayBuffer>> {
  const samples = resample(speech);
  const encoder = await createEncoder({
    sampleRate: SAMPLE_RATE,
    channels: 1,
    application: Application.Voip,
    bitrate: BITRATE,
  });
  try {
    const lookahead = encoder.getLookahead();
    const { frameSize } = encoder;
    const target = new BufferTarget();
    const output = new Output({ format: new OggOutputFormat(), target });
    const source = new EncodedAudioPacketSource("opus");
    output.addAudioTrack(source);
    await output.start();
    const description = opusHead(lookahead * OPUS_RATE / SAMPLE_RATE);
    const meta = {
      decoderConfig: { codec: "opus", sampleRate: OPUS_RATE, numberOfChannels: 1, description },
    };
    // The encoder is behind by its look-ahead: as much silence pushes the last sample out.
    for (let at = 0; at < samples.length + lookahead; at += frameSize) {
      const frame = new Float32Array(frameSize);
      frame.set(samples.subarray(at, at + frameSize));
      const seconds = frameSize / SAMPLE_RATE;
      const packet = new EncodedPacket(
        encoder.encodeFloat(frame),
        "key",
        at / SAMPLE_RATE,
        seconds,
      );
      await source.add(packet, at === 0 ? meta : undefined);
    }
    await output.finalize();
    return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
  } finally {
    encoder.free();
  }
}

/** By straight lines: eSpeak's 22,050 Hz have nothing that would fold. */
function resample({ samples, sampleRate }: SpokenSamples): Float32Array {
  const step = sampleRate / SAMPLE_RATE;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const at = index * step;
    const [before = 0, after = before] = samples.subarray(Math.floor(at), Math.floor(at) + 2);
    return before + (after - before) * (at % 1);
  });
}

/** Source: RFC 7845 §5.1; mapping family 0. */
function opusHead(preSkip: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode("OpusHead"));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, 1);
  view.setUint16(10, preSkip, true);
  view.setUint32(12, SAMPLE_RATE, true);
  return head;
}
