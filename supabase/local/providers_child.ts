/**
 * The process of the simulated providers. Started by `providers.ts`, never by hand.
 *
 * @module
 */
import { announce, parentMessages } from "./child_side.ts";
import { startProviders } from "./providers/server.ts";

if (import.meta.main) {
  for await (const message of parentMessages()) {
    if (typeof message.port !== "number") continue;
    try {
      const { url, env } = await startProviders({ port: message.port, say: console.log });
      announce({ url, env });
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      announce({
        failure: cause.message,
        portTaken: "code" in cause && cause.code === "EADDRINUSE",
      });
    }
  }
}
