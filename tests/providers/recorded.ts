/**
 * Answers as providers were recorded or documented to give them, in place of the network.
 *
 * @module
 */

/** One answer. */
export interface Recorded {
  /** Default 200. */
  readonly status?: number;
  /** As JSON, or as it is when it is a text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A `fetch` that gives each call its answer, and counts the POSTs among them. */
export function replay(answer: (url: URL) => Recorded) {
  const counted = { posts: 0 };
  return {
    counted,
    fetch: (input: string | URL, init: RequestInit = {}): Promise<Response> => {
      const url = new URL(input);
      if (init.method === "POST" && !url.pathname.endsWith("/token")) counted.posts++;
      const { status = 200, body, headers = {} } = answer(url);
      return Promise.resolve(
        new Response(typeof body === "string" ? body : JSON.stringify(body), {
          status,
          headers: { "content-type": "application/json", ...headers },
        }),
      );
    },
  };
}
