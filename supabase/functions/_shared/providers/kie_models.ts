// Generated from the provider's field tables (docs.kie.ai, OpenAPI pages of 2026-08-19): exempt from the size rule.
/**
 * The inputs of KIE's image-to-video models, as its documentation lists them. Three models newer than
 * that snapshot (`kling-3.0-omni`, `wan/3-0-video`, `wan/3-0-video-prime`) are from recorded requests, and
 * carry only the fields that were seen.
 *
 * @module
 */

/** One input field of a model. */
export interface KieField {
  /** JSON type of the value. */
  readonly type: "string" | "integer" | "number" | "boolean" | "array";
  /** True when the model refuses a request without it. */
  readonly required?: boolean;
  /** The values it takes; absent when any of its type will do. */
  readonly values?: readonly (string | number)[];
  /** What the provider uses when it is left out. */
  readonly default?: string | number | boolean;
  /** Smallest number. */
  readonly minimum?: number;
  /** Largest number. */
  readonly maximum?: number;
  /** Characters. */
  readonly minLength?: number;
  /** Characters. */
  readonly maxLength?: number;
  /** Longest list. */
  readonly maxItems?: number;
}

/** A model's input fields by name. */
export type KieModel = Readonly<Record<string, KieField>>;

/** The models by the provider's name. */
export const KIE_MODELS: Readonly<Record<string, KieModel>> = {
  "bytedance/seedance-1.5-pro": {
    aspect_ratio: {
      type: "string",
      required: true,
      values: ["1:1", "4:3", "3:4", "16:9", "9:16", "21:9"],
      default: "1:1",
    },
    duration: { type: "number", required: true },
    prompt: { type: "string", required: true, minLength: 3, maxLength: 20000 },
    fixed_lens: { type: "boolean", default: false },
    generate_audio: { type: "boolean", default: false },
    input_urls: { type: "array", maxItems: 2 },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "720p" },
  },
  "bytedance/seedance-2": {
    aspect_ratio: {
      type: "string",
      values: ["1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "adaptive"],
      default: "16:9",
    },
    duration: { type: "integer", default: 5 },
    first_frame_url: { type: "string" },
    generate_audio: { type: "boolean", default: true },
    last_frame_url: { type: "string" },
    prompt: { type: "string", minLength: 3, maxLength: 20000 },
    reference_audio_urls: { type: "array", maxItems: 3 },
    reference_image_urls: { type: "array", maxItems: 9 },
    reference_video_urls: { type: "array", maxItems: 3 },
    resolution: { type: "string", values: ["480p", "720p", "1080p", "4k"], default: "720p" },
    return_last_frame: { type: "boolean", default: false },
    web_search: { type: "boolean" },
  },
  "bytedance/seedance-2-5": {
    aspect_ratio: {
      type: "string",
      values: ["1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "adaptive"],
      default: "adaptive",
    },
    duration: { type: "integer", default: 5 },
    first_frame_url: { type: "string" },
    generate_audio: { type: "boolean", default: true },
    last_frame_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    output_format: { type: "string", values: ["mp4", "mov"], default: "mp4" },
    prompt: { type: "string", maxLength: 30000 },
    reference_audio_urls: { type: "array", maxItems: 10 },
    reference_image_urls: { type: "array", maxItems: 30 },
    reference_video_urls: { type: "array", maxItems: 10 },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "720p" },
    return_last_frame: { type: "boolean", default: false },
    web_search: { type: "boolean" },
  },
  "bytedance/seedance-2-fast": {
    aspect_ratio: {
      type: "string",
      values: ["1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "adaptive"],
      default: "16:9",
    },
    duration: { type: "integer", default: 5 },
    first_frame_url: { type: "string" },
    generate_audio: { type: "boolean", default: true },
    last_frame_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    prompt: { type: "string", minLength: 3, maxLength: 20000 },
    reference_audio_urls: { type: "array", maxItems: 3 },
    reference_image_urls: { type: "array", maxItems: 9 },
    reference_video_urls: { type: "array", maxItems: 3 },
    resolution: { type: "string", values: ["480p", "720p"], default: "720p" },
    return_last_frame: { type: "boolean", default: false },
    web_search: { type: "boolean" },
  },
  "bytedance/seedance-2-mini": {
    aspect_ratio: {
      type: "string",
      values: ["1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "adaptive"],
      default: "16:9",
    },
    duration: { type: "integer", default: 5 },
    first_frame_url: { type: "string" },
    generate_audio: { type: "boolean", default: true },
    last_frame_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    prompt: { type: "string", minLength: 3, maxLength: 20000 },
    reference_audio_urls: { type: "array", maxItems: 3 },
    reference_image_urls: { type: "array", maxItems: 9 },
    reference_video_urls: { type: "array", maxItems: 3 },
    resolution: { type: "string", values: ["480p", "720p"], default: "720p" },
    web_search: { type: "boolean" },
  },
  "bytedance/v1-lite-image-to-video": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 10000 },
    camera_fixed: { type: "boolean" },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    enable_safety_checker: { type: "boolean" },
    end_image_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "720p" },
    seed: { type: "number", default: -1, minimum: -1, maximum: 2147483647 },
  },
  "bytedance/v1-pro-fast-image-to-video": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 10000 },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["720p", "1080p"], default: "720p" },
  },
  "bytedance/v1-pro-image-to-video": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 10000 },
    camera_fixed: { type: "boolean" },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    enable_safety_checker: { type: "boolean" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "720p" },
    seed: { type: "number", default: -1, minimum: -1, maximum: 2147483647 },
  },
  "gemini-omni-video": {
    duration: { type: "string", required: true, values: ["4", "6", "8", "10"] },
    prompt: { type: "string", required: true, maxLength: 20000 },
    aspect_ratio: { type: "string", values: ["16:9", "9:16"] },
    audio_ids: { type: "array" },
    character_ids: { type: "array" },
    image_urls: { type: "array" },
    resolution: { type: "string", values: ["720p", "1080p", "4k"], default: "720p" },
    seed: { type: "integer" },
    video_list: { type: "array" },
  },
  "grok-imagine-video-1-5-preview": {
    aspect_ratio: {
      type: "string",
      values: ["1:1", "16:9", "9:16", "3:2", "2:3", "auto"],
      default: "auto",
    },
    duration: { type: "integer", default: 8, minimum: 1, maximum: 15 },
    image_urls: { type: "array", maxItems: 7 },
    nsfw_checker: { type: "boolean" },
    prompt: { type: "string", maxLength: 4096 },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "480p" },
  },
  "grok-imagine/image-to-video": {
    aspect_ratio: {
      type: "string",
      values: ["2:3", "3:2", "1:1", "16:9", "9:16"],
      default: "16:9",
    },
    duration: { type: "string" },
    image_urls: { type: "array", maxItems: 7 },
    index: { type: "integer", default: 0, minimum: 0, maximum: 5 },
    mode: { type: "string", values: ["fun", "normal", "spicy"], default: "normal" },
    prompt: { type: "string" },
    resolution: { type: "string", values: ["480p", "720p", "1080p"], default: "480p" },
    task_id: { type: "string", maxLength: 100 },
  },
  "hailuo/02-image-to-video-pro": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 1500 },
    end_image_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    prompt_optimizer: { type: "boolean" },
  },
  "hailuo/02-image-to-video-standard": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 1500 },
    duration: { type: "string", values: ["6", "10"], default: "10" },
    end_image_url: { type: "string" },
    nsfw_checker: { type: "boolean" },
    prompt_optimizer: { type: "boolean" },
    resolution: { type: "string", values: ["512P", "768P"], default: "768P" },
  },
  "hailuo/2-3-image-to-video-pro": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    duration: { type: "string", values: ["6", "10"], default: "6" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["768P", "1080P"], default: "768P" },
  },
  "hailuo/2-3-image-to-video-standard": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    duration: { type: "string", values: ["6", "10"], default: "6" },
    resolution: { type: "string", values: ["768P", "1080P"], default: "768P" },
  },
  "happyhorse-1-1/image-to-video": {
    image_urls: { type: "array", required: true, maxItems: 1 },
    duration: { type: "number", default: 5, minimum: 3, maximum: 15 },
    prompt: { type: "string", maxLength: 5000 },
    resolution: { type: "string", values: ["720p", "1080p"], default: "1080p" },
  },
  "happyhorse/image-to-video": {
    image_urls: { type: "array", required: true, maxItems: 1 },
    duration: { type: "integer", default: 5, minimum: 3, maximum: 15 },
    prompt: { type: "string", maxLength: 5000 },
    resolution: { type: "string", values: ["720p", "1080p"], default: "1080p" },
    seed: { type: "integer", default: 0, minimum: 0, maximum: 2147483647 },
  },
  "kling-2.6/image-to-video": {
    duration: { type: "string", required: true, values: ["5", "10"], default: "5" },
    image_urls: { type: "array", required: true, maxItems: 1 },
    prompt: { type: "string", required: true, maxLength: 1000 },
    sound: { type: "boolean", required: true },
  },
  "kling-3.0-omni/image-to-video": {
    prompt: { type: "string" },
    image_urls: { type: "array" },
    duration: { type: "integer", minimum: 3, maximum: 15 },
    resolution: { type: "string", values: ["720p", "1080p", "4k"] },
    audio: { type: "boolean" },
    customize_multi_shots: { type: "boolean" },
    elements: { type: "array" },
    multi_prompt: { type: "array" },
  },
  "kling-3.0/video": {
    aspect_ratio: {
      type: "string",
      required: true,
      values: ["16:9", "9:16", "1:1"],
      default: "16:9",
    },
    duration: {
      type: "string",
      required: true,
      values: ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"],
      default: "5",
    },
    mode: { type: "string", required: true, values: ["std", "pro", "4K"], default: "pro" },
    multi_prompt: { type: "array", required: true },
    multi_shots: { type: "boolean", required: true, default: false },
    prompt: { type: "string", required: true },
    sound: { type: "boolean", required: true, default: false },
    image_urls: { type: "array" },
    kling_elements: { type: "array", maxItems: 3 },
  },
  "kling/v2-1-master-image-to-video": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    cfg_scale: { type: "number", default: 0.5, minimum: 0, maximum: 1 },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    negative_prompt: { type: "string", maxLength: 500 },
  },
  "kling/v2-1-pro": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    cfg_scale: { type: "number", default: 0.5, minimum: 0, maximum: 1 },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    negative_prompt: { type: "string", maxLength: 500 },
    tail_image_url: { type: "string" },
  },
  "kling/v2-1-standard": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    cfg_scale: { type: "number", default: 0.5, minimum: 0, maximum: 1 },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    negative_prompt: { type: "string", maxLength: 500 },
  },
  "kling/v2-5-turbo-image-to-video-pro": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 2500 },
    cfg_scale: { type: "number", default: 0.5, minimum: 0, maximum: 1 },
    duration: { type: "string", values: ["5", "10"], default: "5" },
    negative_prompt: { type: "string", maxLength: 500 },
    tail_image_url: { type: "string" },
  },
  "kling/v3-turbo-image-to-video": {
    duration: { type: "string", required: true, default: "5" },
    image_urls: { type: "array", required: true },
    prompt: { type: "string", required: true, maxLength: 2500 },
    resolution: {
      type: "string",
      required: true,
      values: ["720p", "1080p"],
      default: "720p",
    },
  },
  "minimax-h3/image-to-video": {
    duration: {
      type: "integer",
      required: true,
      values: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      default: 6,
      minimum: 4,
      maximum: 15,
    },
    prompt: { type: "string", required: true, minLength: 1, maxLength: 7000 },
    first_frame_url: { type: "string" },
    last_frame_url: { type: "string" },
    resolution: { type: "string", values: ["768P", "2K"], default: "2K" },
  },
  "pixverse-v6/image-to-video": {
    duration: { type: "integer", required: true, default: 5, minimum: 1, maximum: 15 },
    image_urls: { type: "array", required: true },
    prompt: { type: "string", required: true, minLength: 3, maxLength: 5000 },
    quality: {
      type: "string",
      required: true,
      values: ["360p", "540p", "720p", "1080p"],
      default: "720p",
    },
    generate_audio_switch: { type: "boolean", default: false },
    generate_multi_clip_switch: { type: "boolean", default: false },
    seed: { type: "integer", minimum: 0, maximum: 2147483647 },
    template_id: { type: "string" },
  },
  "pixverse-v6/transition": {
    duration: { type: "integer", required: true, default: 5, minimum: 1, maximum: 15 },
    first_frame_image_url: { type: "string", required: true },
    last_frame_image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, minLength: 3, maxLength: 5000 },
    quality: {
      type: "string",
      required: true,
      values: ["360p", "540p", "720p", "1080p"],
      default: "720p",
    },
    generate_audio_switch: { type: "boolean", default: false },
    seed: { type: "integer", minimum: 0, maximum: 2147483647 },
  },
  "wan/2-2-a14b-image-to-video-turbo": {
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 5000 },
    acceleration: { type: "string", values: ["none", "regular"], default: "none" },
    enable_prompt_expansion: { type: "boolean" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["480p", "720p"], default: "720p" },
    seed: { type: "number", default: 0, minimum: 0, maximum: 2147483647 },
  },
  "wan/2-5-image-to-video": {
    duration: { type: "string", required: true, values: ["5", "10"] },
    image_url: { type: "string", required: true },
    prompt: { type: "string", required: true, maxLength: 800 },
    enable_prompt_expansion: { type: "boolean" },
    negative_prompt: { type: "string", maxLength: 500 },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["720p", "1080p"] },
    seed: { type: "integer" },
  },
  "wan/2-6-flash-image-to-video": {
    audio: { type: "boolean", required: true },
    image_urls: { type: "array", required: true, maxItems: 1 },
    prompt: { type: "string", required: true, maxLength: 1500 },
    duration: { type: "string", values: ["5", "10", "15"], default: "5" },
    multi_shots: { type: "boolean" },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["720p", "1080p"], default: "1080p" },
  },
  "wan/2-6-image-to-video": {
    image_urls: { type: "array", required: true, maxItems: 1 },
    prompt: { type: "string", required: true, maxLength: 5000 },
    duration: { type: "string", values: ["5", "10", "15"], default: "5" },
    multi_shots: { type: "boolean", default: false },
    nsfw_checker: { type: "boolean" },
    resolution: { type: "string", values: ["720p", "1080p"], default: "1080p" },
  },
  "wan/2-7-image-to-video": {
    prompt: { type: "string", required: true, maxLength: 5000 },
    driving_audio_url: { type: "string" },
    duration: { type: "integer", default: 5, minimum: 2, maximum: 15 },
    first_clip_url: { type: "string" },
    first_frame_url: { type: "string" },
    last_frame_url: { type: "string" },
    negative_prompt: { type: "string", maxLength: 500 },
    nsfw_checker: { type: "boolean" },
    prompt_extend: { type: "boolean", default: true },
    resolution: { type: "string", values: ["720p", "1080p"], default: "1080p" },
    seed: { type: "integer", minimum: 0, maximum: 2147483647 },
    watermark: { type: "boolean", default: false },
  },
  "wan/3-0-video": {
    prompt: { type: "string" },
    first_frame_url: { type: "string" },
    last_frame_url: { type: "string" },
    resolution: { type: "string", values: ["480P", "720P", "1080P"] },
    duration: { type: "integer", minimum: 2, maximum: 30 },
    audio: { type: "boolean" },
  },
  "wan/3-0-video-prime": {
    prompt: { type: "string" },
    first_frame_url: { type: "string" },
    last_frame_url: { type: "string" },
    resolution: { type: "string", values: ["480P", "720P", "1080P"] },
    duration: { type: "integer", minimum: 2, maximum: 30 },
    audio: { type: "boolean" },
  },
};
