-- The catalogue: what can be asked for, from whom, at what price, and what each provider allows us.
-- Safe to run again: rows are brought up to date. Prices are in credits; one credit is about one US cent.

insert into public.provider_limits (provider, slots, creates, window_sec) values
  -- 20 new tasks per 10 s per account, the rest refused; about 100 at once (docs.kie.ai, August 2026).
  ('kie', 80, 18, 10),
  -- In progress at once: 2 for a new account, up to 40; more wait in fal's queue (fal.ai docs, August 2026).
  ('fal', 40, 40, 10),
  -- Google shows the numbers of an account in AI Studio only: a modest start, corrected by what a 429 says.
  ('gemini', 20, 20, 10),
  -- At once: 1 to 20 by tier, more wait at Runway as THROTTLED; no limit by the second, but 50 to 25,000 a day
  -- (docs.dev.runwayml.com, September 2026).
  ('runway', 20, 20, 10)
on conflict (provider) do update set
  slots = excluded.slots, creates = excluded.creates, window_sec = excluded.window_sec;

-- A kind has one default: the row that had this one gives it up before its successor comes.
update public.models as m set is_default = false where m.id = 'google-tts' and m.is_default;

insert into public.models
  (id, kind, provider, endpoint, title, price, unit, limits, typical_sec, is_default)
values
  ('gemini-3.8-flash', 'script', 'gemini', 'gemini-3.8-flash', 'Gemini 3.8 Flash', 1, 'script',
    '{"max_scenes": 30}', 8, true),
  ('gemini-3.5-flash-lite', 'script', 'gemini', 'gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite', 1, 'script',
    '{"max_scenes": 30}', 5, false),
  ('gpt-6-luna', 'script', 'openai', 'gpt-6-luna', 'GPT-6 Luna', 1, 'script', '{"max_scenes": 30}', 8, false),
  ('gpt-5.6-luna', 'script', 'openai', 'gpt-5.6-luna', 'GPT-5.6 Luna', 1, 'script', '{"max_scenes": 30}', 8,
    false),
  -- options: the endpoint types of @fal-ai/client 1.10.1 and their documented ranges; FLUX1.1 pro has no steps and
  -- no guidance. Gemini's seed is an int32 (ai.google.dev/api, GenerationConfig).
  ('flux-schnell', 'image', 'fal', 'fal-ai/flux/schnell', 'FLUX.1 schnell', 1, 'image',
    '{"aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4"], "max_prompt_chars": 2000,
      "options": {"seed": {"min": 0, "max": 4294967295}, "num_inference_steps": {"min": 1, "max": 12},
        "guidance_scale": {"min": 1, "max": 20}}}', 3, true),
  ('flux-dev', 'image', 'fal', 'fal-ai/flux/dev', 'FLUX.1 dev', 3, 'image',
    '{"aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4"], "max_prompt_chars": 2000,
      "options": {"seed": {"min": 0, "max": 4294967295}, "num_inference_steps": {"min": 1, "max": 50},
        "guidance_scale": {"min": 1, "max": 20}}}', 6, false),
  ('flux-pro-1.1', 'image', 'fal', 'fal-ai/flux-pro/v1.1', 'FLUX1.1 pro', 5, 'image',
    '{"aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4"], "max_prompt_chars": 2000,
      "options": {"seed": {"min": 0, "max": 4294967295}}}', 8, false),
  -- By the picture of 1K: $0.0336 (October 2026) and $0.134 (July 2026), both ai.google.dev pricing.
  ('gemini-nano-banana-2.1', 'image', 'gemini', 'gemini-nano-banana-2.1', 'Nano Banana 2.1', 4, 'image',
    '{"aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9"],
      "max_prompt_chars": 8000, "max_references": 4,
      "options": {"seed": {"min": 0, "max": 2147483647}}}', 10, false),
  ('gemini-3-pro-image', 'image', 'gemini', 'gemini-3-pro-image', 'Gemini 3 Pro Image', 14, 'image',
    '{"aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9"],
      "max_prompt_chars": 8000, "max_references": 4,
      "options": {"seed": {"min": 0, "max": 2147483647}}}', 25, false),
  -- A voice's family decides price and abilities. Google's prices for a million characters, markup included, are
  -- 4, 4, 16, 30 and 160 dollars (cloud.google.com/text-to-speech/pricing, as quoted in 2025 and 2026). SSML is
  -- limited to 5000 bytes, plain text by our own scenes. Pitch: home-assistant/core issues 130843 and 144824.
  ('google-tts-standard', 'speech', 'google_tts', 'text:synthesize', 'Google Standard voices', 0.4,
    'thousand_characters',
    '{"voice_families": ["Standard"], "takes_ssml": true, "takes_pitch": true, "max_chars": 10000,
      "max_ssml_bytes": 5000}', 2, false),
  ('google-tts-wavenet', 'speech', 'google_tts', 'text:synthesize', 'Google WaveNet voices', 0.4,
    'thousand_characters',
    '{"voice_families": ["Wavenet"], "takes_ssml": true, "takes_pitch": true, "max_chars": 10000,
      "max_ssml_bytes": 5000}', 2, false),
  ('google-tts-neural2', 'speech', 'google_tts', 'text:synthesize', 'Google Neural2 voices', 1.6,
    'thousand_characters',
    '{"voice_families": ["Neural2", "Polyglot"], "takes_ssml": true, "takes_pitch": true, "max_chars": 10000,
      "max_ssml_bytes": 5000}', 2, true),
  ('google-tts-chirp3-hd', 'speech', 'google_tts', 'text:synthesize', 'Google Chirp 3 HD voices', 3,
    'thousand_characters',
    '{"voice_families": ["Chirp3-HD"], "takes_ssml": false, "takes_pitch": false, "max_chars": 10000}', 3, false),
  ('google-tts-studio', 'speech', 'google_tts', 'text:synthesize', 'Google Studio voices', 16,
    'thousand_characters',
    '{"voice_families": ["Studio"], "takes_ssml": true, "takes_pitch": false, "max_chars": 10000,
      "max_ssml_bytes": 5000}', 3, false),
  ('kling-2.5-turbo-pro', 'video', 'kie', 'kling/v2-5-turbo-image-to-video-pro', 'Kling 2.5 Turbo Pro', 4,
    'second',
    '{"durations_sec": [5, 10], "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 2500,
      "last_frame": true}', 90, true),
  ('kling-2.1-standard', 'video', 'kie', 'kling/v2-1-standard', 'Kling 2.1 Standard', 3, 'second',
    '{"durations_sec": [5, 10], "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000}', 120,
    false),
  ('seedance-1.5-pro', 'video', 'kie', 'bytedance/seedance-1.5-pro', 'Seedance 1.5 Pro', 6, 'second',
    '{"durations_sec": [4, 8, 12], "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"],
      "max_prompt_chars": 20000}', 90, false),
  ('wan-2.5', 'video', 'kie', 'wan/2-5-image-to-video', 'Wan 2.5', 5, 'second',
    '{"durations_sec": [5, 10], "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 800}', 120, false),
  -- Prices are KIE's own for 720p (768p where there is no such size) without sound, by the second (kie.ai pricing,
  -- August to October 2026); Gemini Omni and Hailuo Pro cost by the clip there: the dearest of its lengths.
  ('kling-3.0', 'video', 'kie', 'kling-3.0/video', 'Kling 3.0', 7, 'second',
    '{"durations_sec": [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 2500, "last_frame": true}', 150, false),
  ('kling-3.0-turbo', 'video', 'kie', 'kling/v3-turbo-image-to-video', 'Kling 3.0 Turbo', 9, 'second',
    '{"durations_sec": [5, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 2500}', 90, false),
  ('seedance-1.0-lite', 'video', 'kie', 'bytedance/v1-lite-image-to-video', 'Seedance 1.0 Lite', 2.25, 'second',
    '{"durations_sec": [5, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 10000, "last_frame": true}', 60, false),
  ('seedance-2.0-mini', 'video', 'kie', 'bytedance/seedance-2-mini', 'Seedance 2.0 Mini', 4.1, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 20000,
      "last_frame": true}', 90, false),
  ('seedance-2.0-fast', 'video', 'kie', 'bytedance/seedance-2-fast', 'Seedance 2.0 Fast', 12.4, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 20000,
      "last_frame": true}', 90, false),
  ('kie-seedance-2.0', 'video', 'kie', 'bytedance/seedance-2', 'Seedance 2.0 (KIE)', 20.5, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 20000,
      "last_frame": true}', 150, false),
  ('seedance-2.5', 'video', 'kie', 'bytedance/seedance-2-5', 'Seedance 2.5', 31.5, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 30000,
      "last_frame": true}', 180, false),
  ('hailuo-2.3', 'video', 'kie', 'hailuo/2-3-image-to-video-standard', 'Hailuo 2.3', 2.5, 'second',
    '{"durations_sec": [6, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000}', 120, false),
  ('hailuo-2.3-pro', 'video', 'kie', 'hailuo/2-3-image-to-video-pro', 'Hailuo 2.3 Pro', 4.5, 'second',
    '{"durations_sec": [6, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000}', 150, false),
  ('minimax-h3', 'video', 'kie', 'minimax-h3/image-to-video', 'MiniMax H3', 4, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 7000, "last_frame": true}', 150, false),
  ('wan-2.7', 'video', 'kie', 'wan/2-7-image-to-video', 'Wan 2.7', 8, 'second',
    '{"durations_sec": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000, "last_frame": true}', 120, false),
  ('wan-3.0', 'video', 'kie', 'wan/3-0-video', 'Wan 3.0', 8, 'second',
    '{"durations_sec": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
      17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000, "last_frame": true}', 180, false),
  ('pixverse-v6', 'video', 'kie', 'pixverse-v6/image-to-video', 'PixVerse V6', 3.6, 'second',
    '{"durations_sec": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000}', 60, false),
  ('pixverse-v6-transition', 'video', 'kie', 'pixverse-v6/transition',
    'PixVerse V6, from picture to picture', 3.6, 'second',
    '{"durations_sec": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000,
      "last_frame": true, "last_frame_required": true}', 60, false),
  ('happyhorse-1.1', 'video', 'kie', 'happyhorse-1-1/image-to-video', 'HappyHorse 1.1', 11.25, 'second',
    '{"durations_sec": [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 5000}', 120, false),
  ('grok-imagine-1.5', 'video', 'kie', 'grok-imagine-video-1-5-preview', 'Grok Imagine 1.5', 2.25, 'second',
    '{"durations_sec": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "3:2", "2:3"], "max_prompt_chars": 4096}', 60, false),
  ('gemini-omni', 'video', 'kie', 'gemini-omni-video', 'Gemini Omni Flash', 7.9, 'second',
    '{"durations_sec": [4, 6, 8, 10],
      "aspect_ratios": ["16:9", "9:16"], "max_prompt_chars": 20000}', 90, false),
  -- Prices are fal's and Runway's own for the size and the silence our adapters ask for (October 2026).
  ('fal-kling-2.5-turbo-pro', 'video', 'fal', 'fal-ai/kling-video/v2.5-turbo/pro/image-to-video',
    'Kling 2.5 Turbo Pro (fal)', 7, 'second',
    '{"durations_sec": [5, 10], "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 2500,
      "last_frame": true}', 90, false),
  ('fal-kling-3.0-pro', 'video', 'fal', 'fal-ai/kling-video/v3/pro/image-to-video', 'Kling 3.0 Pro (fal)', 11.2,
    'second',
    '{"durations_sec": [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], "aspect_ratios": ["16:9", "9:16", "1:1"],
      "max_prompt_chars": 2500, "last_frame": true}', 150, false),
  ('fal-wan-2.5', 'video', 'fal', 'fal-ai/wan-25-preview/image-to-video', 'Wan 2.5 (fal)', 10, 'second',
    '{"durations_sec": [5, 10], "aspect_ratios": ["16:9", "9:16", "1:1"], "max_prompt_chars": 800}', 120, false),
  ('veo-3.1', 'video', 'fal', 'fal-ai/veo3.1/image-to-video', 'Veo 3.1', 20, 'second',
    '{"durations_sec": [4, 6, 8], "aspect_ratios": ["16:9", "9:16"], "max_prompt_chars": 2000}', 90, false),
  ('veo-3.1-frames', 'video', 'fal', 'fal-ai/veo3.1/first-last-frame-to-video',
    'Veo 3.1, from picture to picture', 20, 'second',
    '{"durations_sec": [4, 6, 8],
      "aspect_ratios": ["16:9", "9:16"], "max_prompt_chars": 2000,
      "last_frame": true, "last_frame_required": true}', 90, false),
  ('ltx-2', 'video', 'fal', 'fal-ai/ltx-2/image-to-video', 'LTX-2 Pro', 6, 'second',
    '{"durations_sec": [6, 8, 10], "aspect_ratios": ["16:9"], "max_prompt_chars": 2000}', 60, false),
  ('seedance-2.0', 'video', 'fal', 'bytedance/seedance-2.0/image-to-video', 'Seedance 2.0', 30.3, 'second',
    '{"durations_sec": [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 2000}', 120, false),
  ('gen4.5', 'video', 'runway', 'gen4.5', 'Runway Gen-4.5', 12, 'second',
    '{"durations_sec": [2, 3, 4, 5, 6, 7, 8, 9, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 1000}', 90, false),
  ('gen4_turbo', 'video', 'runway', 'gen4_turbo', 'Runway Gen-4 Turbo', 5, 'second',
    '{"durations_sec": [2, 3, 4, 5, 6, 7, 8, 9, 10],
      "aspect_ratios": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "max_prompt_chars": 1000}', 30, false),
  ('runway-veo-3.1', 'video', 'runway', 'veo3.1', 'Veo 3.1 (Runway)', 20, 'second',
    '{"durations_sec": [4, 6, 8],
      "aspect_ratios": ["16:9", "9:16"], "max_prompt_chars": 1000, "last_frame": true}', 90, false),
  ('runway-veo-3.1-fast', 'video', 'runway', 'veo3.1_fast', 'Veo 3.1 Fast (Runway)', 10, 'second',
    '{"durations_sec": [4, 6, 8],
      "aspect_ratios": ["16:9", "9:16"], "max_prompt_chars": 1000, "last_frame": true}', 60, false),
  ('packet-copy', 'film', 'studio', 'packet-copy', 'Cut without re-encoding', 1, 'film',
    '{"max_clips": 60, "max_music_sec": 180}', 3, true)
on conflict (id) do update set
  kind = excluded.kind, provider = excluded.provider, endpoint = excluded.endpoint, title = excluded.title,
  price = excluded.price, unit = excluded.unit, limits = excluded.limits, typical_sec = excluded.typical_sec;

-- Switched off by OpenAI and every reseller on 24 September 2026: kept so that a request for it is told why.
insert into public.models
  (id, kind, provider, endpoint, title, price, unit, limits, typical_sec, retired_at, replaced_by)
values
  ('sora-2', 'video', 'kie', 'sora-2-image-to-video', 'Sora 2', 10, 'second', '{}', 120,
    '2026-09-24T00:00:00Z', 'kling-2.5-turbo-pro')
on conflict (id) do nothing;

-- One price for all voices, until each family had its own: jobs of that time refer to it.
insert into public.models
  (id, kind, provider, endpoint, title, price, unit, limits, typical_sec, retired_at, replaced_by)
values
  ('google-tts', 'speech', 'google_tts', 'text:synthesize', 'Google Cloud Text-to-Speech', 2,
    'thousand_characters', '{}', 2, '2026-11-21T00:00:00Z', 'google-tts-neural2')
on conflict (id) do update set
  retired_at = coalesce(models.retired_at, excluded.retired_at), replaced_by = excluded.replaced_by;

-- Talk costs nothing: a turn is some thousand tokens of a small model (about 0.2 cents), bounded in steps,
-- tokens and turns (private.director_limits), and what it proposes has its own price.
insert into public.models (id, kind, provider, endpoint, title, price, unit, limits, typical_sec, is_default)
values
  ('director-gemini', 'director', 'gemini', 'gemini-3.8-flash', 'Director (Gemini 3.8 Flash)', 0, 'turn',
    '{}', 5, true),
  ('director-openai', 'director', 'openai', 'gpt-6-luna', 'Director (GPT-6 Luna)', 0, 'turn', '{}', 5, false)
on conflict (id) do update set
  kind = excluded.kind, provider = excluded.provider, endpoint = excluded.endpoint, title = excluded.title,
  price = excluded.price, unit = excluded.unit, limits = excluded.limits, typical_sec = excluded.typical_sec;
