import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import RunwayML, { AuthenticationError, BadRequestError, NotFoundError } from "@runwayml/sdk";
import { withPicture } from "./served_picture.ts";
import { type TestProviders, withProviders } from "./support.ts";

const createClient = (providers: TestProviders, more: { apiKey?: string } = {}) =>
  new RunwayML({
    apiKey: providers.env("RUNWAY_API_KEY"),
    baseURL: providers.env("RUNWAY_BASE_URL"),
    maxRetries: 0,
    ...more,
  });

const withRunway = (
  run: (providers: TestProviders, imageUrl: string) => Promise<void>,
  options: Parameters<typeof withProviders>[1] = {},
) =>
  withProviders(
    (providers) => withPicture((imageUrl) => run(providers, imageUrl)),
    { selected: ["runway"], ...options },
  );

Deno.test("the simulated Runway serves its official client from create to output", () =>
  withRunway(async (providers, imageUrl) => {
    const client = createClient(providers);
    const before = (await client.organization.retrieve()).creditBalance;
    const { id, estimatedCost } = await client.imageToVideo.create({
      model: "gen4.5",
      promptImage: [{ uri: imageUrl, position: "first" }],
      promptText: "A fox looks up",
      ratio: "960:960",
      duration: 2,
    });
    equal(estimatedCost.credits, 24);
    let task = await client.tasks.retrieve(id);
    while (task.status !== "SUCCEEDED") {
      ok(task.status === "PENDING" || task.status === "RUNNING", task.status);
      equal(task.estimatedCost.credits, 24);
      ok(Math.abs(Date.parse(task.createdAt) - Date.now()) < 60_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      task = await client.tasks.retrieve(id);
    }
    equal(task.cost.credits, 24);
    const file = await fetch(task.output[0] ?? "");
    equal(file.headers.get("content-type"), "video/mp4");
    await file.body?.cancel();
    equal((await client.organization.retrieve()).creditBalance, before - 24);
    await client.tasks.delete(id);
    await rejects(async () => await client.tasks.retrieve(id), NotFoundError);
    await rejects(async () => await client.tasks.delete(id), NotFoundError);
  }));

Deno.test("the simulated Runway takes a picture as a data URI", () =>
  withRunway(async (providers, imageUrl) => {
    const client = createClient(providers);
    const bytes = await (await fetch(imageUrl)).bytes();
    const { id } = await client.imageToVideo.create({
      model: "gen4_turbo",
      promptImage: `data:image/jpeg;base64,${bytes.toBase64()}`,
      ratio: "1280:720",
      duration: 2,
    });
    for (;;) {
      const task = await client.tasks.retrieve(id);
      if (task.status === "SUCCEEDED") break;
      ok(task.status !== "FAILED", JSON.stringify(task));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }));

Deno.test("the simulated Runway throttles beyond the concurrency and cancels what waits", () =>
  withRunway(async (providers, imageUrl) => {
    await providers.fault({ provider: "runway", kind: "endless" });
    const client = createClient(providers);
    const create = () =>
      client.imageToVideo.create({
        model: "gen4_turbo",
        promptImage: imageUrl,
        ratio: "1280:720",
        duration: 5,
      });
    const statusOf = async (id: string) => (await client.tasks.retrieve(id)).status;
    const ids: string[] = [];
    for (let at = 0; at < 4; at++) ids.push((await create()).id);
    deepEqual((await Promise.all(ids.map(statusOf))).slice(2), ["THROTTLED", "THROTTLED"]);
    const [first = "", , third = "", fourth = ""] = ids;
    await client.tasks.delete(third);
    equal(await statusOf(third), "CANCELLED");
    equal(await statusOf(fourth), "THROTTLED");
    await client.tasks.delete(first);
    for (let tries = 0; await statusOf(fourth) !== "RUNNING"; tries++) {
      ok(tries < 100, "the fourth task never got its turn");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, { runwayConcurrentTasks: 2 }));

Deno.test("the simulated Runway refuses with an error, and issues where the body is wrong", () =>
  withRunway(async (providers, imageUrl) => {
    const base = providers.env("RUNWAY_BASE_URL");
    const good = {
      authorization: `Bearer ${providers.env("RUNWAY_API_KEY")}`,
      "x-runway-version": "2024-11-06",
    };
    const body = {
      model: "gen4_turbo",
      promptImage: imageUrl,
      promptText: "A fox",
      ratio: "1280:720",
      duration: 5,
    };
    const ask = async (
      path: string,
      init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
    ) => {
      const response = await fetch(`${base}${path}`, {
        method: init.method ?? "POST",
        headers: init.headers ?? good,
        ...(init.body === undefined
          ? {}
          : { body: typeof init.body === "string" ? init.body : JSON.stringify(init.body) }),
      });
      const answer = await response.json();
      ok(typeof answer.error === "string", JSON.stringify(answer));
      return { status: response.status, issues: answer.issues };
    };
    const create = "/v1/image_to_video";
    const { authorization } = good;
    equal(
      (await ask(create, { headers: { ...good, authorization: "Bearer x" }, body })).status,
      401,
    );
    equal((await ask(create, { headers: { authorization }, body })).status, 400);
    equal(
      (await ask(create, { headers: { ...good, "x-runway-version": "2023-01-01" }, body })).status,
      400,
    );
    equal((await ask(create, { method: "PUT", body })).status, 405);
    equal((await ask("/v1/nothing", { body })).status, 404);
    equal((await ask(`/v1/tasks/${crypto.randomUUID()}`, { method: "GET" })).status, 404);
    equal((await ask(create, { body: "{" })).status, 400);
    const wrong: [Record<string, unknown>, (string | number)[], string][] = [
      [{ ...body, extra: 1 }, [], "unrecognized_keys"],
      [{ ...body, ratio: "16:9" }, ["ratio"], "invalid_value"],
      [{ ...body, duration: "5" }, ["duration"], "invalid_type"],
      [{ ...body, duration: 11 }, ["duration"], "too_big"],
      [{ ...body, model: "gen3a_turbo" }, ["model"], "invalid_union"],
      [{ ...body, promptText: "x".repeat(1001) }, ["promptText"], "too_big"],
      [{ ...body, promptText: "" }, ["promptText"], "too_small"],
      [{ ...body, model: "veo3.1", duration: 5 }, ["duration"], "invalid_value"],
    ];
    for (const [sent, path, code] of wrong) {
      const { status, issues } = await ask(create, { body: sent });
      equal(status, 400);
      deepEqual([issues[0].path, issues[0].code], [path, code], JSON.stringify(issues));
      ok(issues[0].message);
      if (code === "invalid_value") ok(issues[0].values.length > 1);
    }
  }));

Deno.test("the official client reads the simulated Runway's refusals as its own errors", () =>
  withRunway(async (providers, imageUrl) => {
    const client = createClient(providers);
    const params = {
      model: "gen4_turbo",
      promptImage: imageUrl,
      ratio: "1280:720",
      duration: 12,
    } as const;
    await rejects(async () => await client.imageToVideo.create(params), (error) => {
      ok(error instanceof BadRequestError);
      deepEqual((error.error as { error: string }).error, "Validation of body failed");
      return true;
    });
    await rejects(
      async () => await createClient(providers, { apiKey: "key_x" }).organization.retrieve(),
      AuthenticationError,
    );
  }));
