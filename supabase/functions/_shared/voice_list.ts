/**
 * Which row of the catalogue a voice belongs to, and what the voices of a list can do.
 *
 * @module
 */
import type { z } from "zod";
import type { listVoicesRequest, voice } from "../../../shared/contract/speech_operations.ts";
import { AppError } from "./app_error.ts";
import { limitsOf, type Model } from "./catalogue.ts";
import type { Voice } from "./providers/speech.ts";
import { parseVoice, type VoiceName } from "./voices.ts";

/** The row that offers a family; a row that names no families offers all. Null: none does. */
function modelOfFamily(models: readonly Model[], family: string): Model | null {
  return models.find((model) =>
    model.retired_at === null && (limitsOf(model).voice_families?.includes(family) ?? true)
  ) ?? null;
}

/**
 * Chooses the row by a voice's family among those of one provider.
 * Errors: `MODEL_INPUT_INVALID` (details list the families that are offered).
 */
export function modelOfVoice(models: readonly Model[], voiceId: string): Model {
  const { family } = parseVoice(voiceId);
  const model = modelOfFamily(models, family);
  if (model !== null) return model;
  const allowed = models.filter(({ retired_at }) => retired_at === null)
    .flatMap((candidate) => limitsOf(candidate).voice_families ?? []);
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use voice "${voiceId}": voices of ${family} are not offered, of ${
      allowed.join(", ")
    } they are`,
    { details: { field: "voice_id", families: allowed }, hint: "Call list-voices for all voices" },
  );
}

/** Gives the offered voices of a language, by id. `models` are of one provider. */
export function findVoices(
  voices: readonly Voice[],
  models: readonly Model[],
  { language, provider }: z.output<typeof listVoicesRequest>,
): z.output<typeof voice>[] {
  return voices.filter(({ languages }) => languages.some((tag) => speaks(tag, language)))
    .flatMap((candidate) => {
      const name = nameOf(candidate);
      const model = name && modelOfFamily(models, name.family);
      if (!name || !model || (provider ?? model.provider) !== model.provider) return [];
      return [{
        voice_id: candidate.voiceId,
        provider: model.provider,
        model_id: model.id,
        languages: [...candidate.languages],
        gender: candidate.gender,
        sample_rate_hz: candidate.sampleRateHz,
        family: name.family,
        takes_ssml: limitsOf(model).takes_ssml ?? true,
        takes_pitch: limitsOf(model).takes_pitch ?? true,
      }];
    })
    .sort((a, b) => a.voice_id < b.voice_id ? -1 : 1);
}

/** Providers list voices whose ids are built otherwise; they are not offered. */
function nameOf({ voiceId }: Voice): VoiceName | null {
  try {
    return parseVoice(voiceId);
  } catch {
    return null;
  }
}

/** `ko` is spoken by `ko-KR`; `ko-KR` only by itself. */
function speaks(tag: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const [spoken, asked] = [tag.toLowerCase(), wanted.toLowerCase()];
  return spoken === asked || spoken.startsWith(`${asked}-`);
}
