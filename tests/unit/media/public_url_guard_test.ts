import assert from "node:assert/strict";
import { assertPublicUrl } from "../../../supabase/functions/_shared/media/public_url_guard.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { REFUSED_URLS } from "../../fixtures/media/refused_urls.ts";

const resolvesTo = (...addresses: string[]) => () => Promise.resolve(addresses);
const PUBLIC = { resolve: resolvesTo("151.101.1.140", "2a04:4e42::396") };

/** A resolver that may not be asked: these URLs are refused by their text. */
const UNASKED = {
  resolve: (host: string): Promise<string[]> => {
    throw new Error(`asked for ${host}`);
  },
};

for (const [url, reason] of REFUSED_URLS) {
  Deno.test(`promise 18: assertPublicUrl() refuses ${url.slice(0, 60)} as ${reason}`, async () => {
    await assertFails(() => assertPublicUrl(url, UNASKED), { code: "VALIDATION_FAILED", reason });
  });
}

const ALLOWED: readonly (readonly [url: string, host: string])[] = [
  ["https://fal.media/x.mp4", "fal.media"],
  ["https://v3.fal.media:443/files/x.mp4?sig=a%2Fb", "v3.fal.media"],
  ["HTTPS://FAL.MEDIA/x.mp4", "fal.media"],
  ["https://fal.media./x.mp4", "fal.media."],
  ["https://münchen.de/x.png", "xn--mnchen-3ya.de"],
  // As browsers read it: the backslash is a slash, so the host is the part before it.
  ["https://fal.media\\@evil.com/x", "fal.media"],
  ["https://localhost.evil-but-public.com/x", "localhost.evil-but-public.com"],
  ["https://127.0.0.1.nip.io/x", "127.0.0.1.nip.io"],
];

for (const [url, host] of ALLOWED) {
  Deno.test(`assertPublicUrl() allows ${url} when its name leads to public addresses`, async () => {
    assert.equal((await assertPublicUrl(url, PUBLIC)).hostname, host);
  });
}

const LEADS_INSIDE: readonly (readonly string[])[] = [
  ["127.0.0.1"],
  ["10.1.2.3"],
  ["169.254.169.254"],
  ["100.64.0.1"],
  ["::1"],
  ["fd12:3456::1"],
  ["fe80::1"],
  ["fe80::1%eth0"],
  ["::ffff:10.0.0.1"],
  ["64:ff9b::a9fe:a9fe"],
  ["2002:7f00:1::"],
  ["not an address"],
  ["151.101.1.140", "192.168.0.1"],
  ["151.101.1.140", "::1"],
];

for (const addresses of LEADS_INSIDE) {
  Deno.test(`promise 18: assertPublicUrl() refuses a name that leads to ${addresses.join(" and ")}`, async () => {
    const url = "https://rebind.evil.com/x";
    await assertFails(() => assertPublicUrl(url, { resolve: resolvesTo(...addresses) }), {
      code: "VALIDATION_FAILED",
      reason: "forbidden_address",
    });
  });
}

Deno.test("assertPublicUrl() asks for the name without its last dot", async () => {
  const asked: string[] = [];
  const resolve = (host: string) => {
    asked.push(host);
    return Promise.resolve(["151.101.1.140"]);
  };
  await assertPublicUrl("https://Fal.Media./x", { resolve });
  assert.deepEqual(asked, ["fal.media"]);
});

Deno.test("assertPublicUrl() refuses a name that leads nowhere", async () => {
  await assertFails(
    () => assertPublicUrl("https://gone.example.com/x", { resolve: resolvesTo() }),
    {
      code: "VALIDATION_FAILED",
      reason: "unknown_host",
    },
  );
});

Deno.test("assertPublicUrl() fails as retryable when the name server fails", async () => {
  const resolve = () => Promise.reject(new Error("timed out"));
  await assertFails(() => assertPublicUrl("https://fal.media/x", { resolve }), {
    code: "PROVIDER_UNAVAILABLE",
  });
});
