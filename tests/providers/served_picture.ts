/**
 * A picture on a server of its own, as Storage serves them: what video models are given.
 *
 * @module
 */
import { drawPicture } from "../../supabase/local/media/picture.ts";

/** Serves one jpeg and runs a test with its URL. Any other path is not found. */
export async function withPicture(
  run: (imageUrl: string) => Promise<void>,
  size: { readonly width: number; readonly height: number } = { width: 320, height: 180 },
): Promise<void> {
  const { bytes } = drawPicture({ prompt: "A fox", ...size });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/fox.jpg"
        ? new Response(bytes, { headers: { "content-type": "image/jpeg" } })
        : new Response("Not found", { status: 404 }),
  );
  try {
    await run(`http://127.0.0.1:${server.addr.port}/fox.jpg`);
  } finally {
    await server.shutdown();
  }
}
