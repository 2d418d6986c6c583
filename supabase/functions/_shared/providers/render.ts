/**
 * What all providers of pictures and clips have in common: work is submitted once, and looked at until
 * it ends. Synchronous providers end in `submit` itself.
 *
 * @module
 */
import type { AppError } from "../app_error.ts";

/** What became of the one HTTP call that may cost money. Only `never_sent` and `refused` may be sent again. */
export type SubmitOutcome =
  /** The provider gave a task id. */
  | { readonly outcome: "accepted"; readonly externalTaskId: string }
  /**
   * The provider's answer holds the result itself, which is nowhere else: keep it at once. There is no task;
   * `externalTaskId` is made up, and `contentType` is the provider's claim.
   */
  | {
    readonly outcome: "finished";
    readonly externalTaskId: string;
    readonly media: Uint8Array<ArrayBuffer>;
    readonly contentType: string;
  }
  /**
   * The provider surely has no task: a parseable refusal. `error.code` says whether later helps; with
   * `PROVIDER_UNAVAILABLE` it says of itself that it is down.
   */
  | { readonly outcome: "refused"; readonly error: AppError }
  /** Nothing left this machine. */
  | { readonly outcome: "never_sent"; readonly error: AppError }
  /** Time-out after sending, reset, 5xx, or an answer that can't be read: a task may exist. */
  | { readonly outcome: "unknown"; readonly error: AppError };

/** How far a submitted task is. */
export type RenderStatus =
  /** `progress` is 0..1, absent when the provider does not say. */
  | { readonly state: "rendering"; readonly progress?: number }
  /** `resultUrl` may expire: copy it at once. `thumbnailUrl` absent when the provider gives none. */
  | { readonly state: "succeeded"; readonly resultUrl: string; readonly thumbnailUrl?: string }
  /** Ended without a usable result. `error.code` is what the job ends with. */
  | { readonly state: "failed"; readonly error: AppError };

/** Options of every call. */
export interface ProviderCall {
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

/** Options of a submit. */
export interface SubmitCall extends ProviderCall {
  /** Absolute URL the provider calls when the task ends. It carries a secret token: never log it. */
  readonly callbackUrl?: string;
}

/** Submits work and looks at it. `Request` is what the role needs (a picture's or a clip's). */
export interface Renderer<Request> {
  /** Name in the catalogue, such as `kie`. */
  readonly provider: string;
  /** Sends the work exactly once. Never throws for the provider's faults: they are outcomes. */
  submit(request: Request, call?: SubmitCall): Promise<SubmitOutcome>;
  /**
   * Looks at a task. Throws `AppError` (`PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`,
   * `PROVIDER_RATE_LIMITED`, `PROVIDER_BAD_RESPONSE`) when the look itself failed: the task goes on.
   */
  status(task: RenderTask, call?: ProviderCall): Promise<RenderStatus>;
  /**
   * Asks the provider to stop a task. Gives whether it agreed; never throws. Absent where the provider has
   * no such call.
   */
  cancel?(task: RenderTask, call?: ProviderCall): Promise<boolean>;
  /**
   * Makes a new URL for a result whose own has expired; null when the provider gives none. Never throws.
   * Absent where a look gives a fresh URL each time, or none can be had.
   */
  renewUrl?(resultUrl: string, call?: ProviderCall): Promise<string | null>;
}

/** Names a submitted task. */
export interface RenderTask {
  /** As `submit` gave it. */
  readonly externalTaskId: string;
  /** The provider's name of the model, as submitted: some providers put it into the URL. */
  readonly endpoint: string;
}

/** A picture to draw. */
export interface ImageRequest {
  /** The provider's name of the model, such as `fal-ai/flux/schnell`. */
  readonly endpoint: string;
  /** What is to be seen. */
  readonly prompt: string;
  /** Width to height, such as `16:9`. */
  readonly aspectRatio: string;
  /** Public URLs of pictures to draw after, such as a character's. Only for models whose row allows them. */
  readonly referenceUrls?: readonly string[];
  /** More fields of the model's input, already checked against the catalogue. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A clip to render from a picture. */
export interface VideoRequest {
  /** The provider's name of the model, such as `kling/v2-5-turbo-image-to-video-pro`. */
  readonly endpoint: string;
  /** What is to be seen. */
  readonly prompt: string;
  /** Public URL of the first frame. */
  readonly imageUrl: string;
  /** Public URL of the last frame, for models that take one. */
  readonly lastImageUrl?: string;
  /** Whole seconds. */
  readonly durationSeconds: number;
  /** Width to height, such as `16:9`. Models without such a field follow the picture. */
  readonly aspectRatio: string;
  /** More fields of the model's input, already checked against the catalogue. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Draws pictures. */
export type ImageGenerator = Renderer<ImageRequest>;

/** Renders clips from pictures. */
export type VideoRenderer = Renderer<VideoRequest>;
