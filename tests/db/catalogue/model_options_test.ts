import assert from "node:assert/strict";
import type { ModelLimits } from "../../../supabase/functions/_shared/catalogue.ts";
import { falImageInput } from "../../../supabase/functions/_shared/providers/fal_image_input.ts";
import { findFalEndpoint } from "../../../supabase/local/providers/fal_endpoints.ts";
import { withStudio } from "../database.ts";

Deno.test("every picture model of the catalogue has its options, and fal's schema takes them up to both ends", () =>
  withStudio(async ({ owner }) => {
    const models = await owner<
      { id: string; provider: string; endpoint: string; limits: ModelLimits }[]
    >`select id, provider, endpoint, limits from public.models
      where kind = 'image' and provider in ('fal', 'gemini') and retired_at is null`;
    assert.ok(models.length >= 5);
    for (const { id, provider, endpoint, limits } of models) {
      const { options } = limits;
      assert.ok(options?.["seed"], `${id}: candidates differ by their seeds`);
      if (provider !== "fal") continue;
      const isTaken = (name: string, value: number) => {
        const request = { endpoint, prompt: "A boat", aspectRatio: "1:1" };
        const input = falImageInput({ ...request, options: { [name]: value } });
        return "kind" in (findFalEndpoint(endpoint)?.(input) ?? {});
      };
      for (const [name, { min, max }] of Object.entries(options)) {
        assert.ok(isTaken(name, min) && isTaken(name, max), `${id}: ${name}`);
        if (name !== "seed") assert.ok(!isTaken(name, max + 1), `${id}: ${name} ends at ${max}`);
      }
    }
  }));
