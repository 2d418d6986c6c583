/**
 * Who does the work, in one line for people.
 *
 * @module
 */
import { chooseProviders, KNOWN_PROVIDERS, type ProviderState } from "../simulated.ts";

/**
 * Makes the line. `env` is the project's `.env`, `simulate` the setting of that name.
 * Errors: as of `chooseProviders`.
 */
export function describeProviders(
  env: Readonly<Record<string, string>>,
  simulate?: string,
): string {
  const choices = Object.entries(chooseProviders(env, simulate));
  const list = (state: ProviderState, more: (missing: string | undefined) => string = () => "") =>
    choices.filter(([, choice]) => choice.state === state)
      .map(([name, { missing }]) => `${name} (${KNOWN_PROVIDERS[name]?.makes}${more(missing)})`)
      .join(", ");
  const [real, simulated, missing] = [
    list("real"),
    list("simulated"),
    list("missing", (variable) => `; ${variable} is not set`),
  ];
  const fetchers = choices.filter(([name, { state }]) =>
    state === "real" && (name === "fal" || name === "runway")
  ).map(([name]) => name);
  return [
    ...(real === "" ? [] : [`Real providers, paid with your keys: ${real}`]),
    ...(simulated === "" ? [] : [`${real === "" ? "S" : "s"}imulated providers: ${simulated}`]),
    ...(missing === "" ? [] : [`not configured: ${missing}`]),
    // KIE is sent the pictures.
    ...(fetchers.length > 0 && env["PUBLIC_SUPABASE_URL"] === undefined
      ? [
        `${fetchers.join(" and ")} fetch${
          fetchers.length === 1 ? "es" : ""
        } the pictures of clips: ` +
        "PUBLIC_SUPABASE_URL must name an address of this stack they can reach",
      ]
      : []),
  ].join("; ") + (real === "" && missing === "" ? ". Keys in .env make them real" : "");
}
