import assert from "node:assert/strict";
import fc from "fast-check";
import { isPublicAddress } from "../../../supabase/functions/_shared/media/public_url_guard_address.ts";

/** First and last address of each IPv4 block that is not public. */
const PRIVATE_IPV4: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["168.63.129.16", "168.63.129.16"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "255.255.255.255"],
];

const toNumber = (address: string) =>
  address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
const toIpv4 = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
const toIpv6 = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(":");

Deno.test("isPublicAddress() agrees with the table of blocks for any IPv4 address", () => {
  const near = PRIVATE_IPV4.flatMap(([first, last]) => [toNumber(first), toNumber(last)])
    .flatMap((edge) => [edge - 1, edge, edge + 1])
    .filter((number) => number >= 0 && number < 2 ** 32);
  const number = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(...near));
  fc.assert(
    fc.property(number, (value) => {
      const isPrivate = PRIVATE_IPV4.some(([first, last]) =>
        toNumber(first) <= value && value <= toNumber(last)
      );
      assert.equal(isPublicAddress(toIpv4(value)), !isPrivate, toIpv4(value));
    }),
    { numRuns: 2000 },
  );
});

const group = fc.integer({ min: 0, max: 0xffff });
const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });

Deno.test("isPublicAddress() refuses every IPv6 address outside of 2000::/3", () => {
  const first = group.filter((value) => value < 0x2000 || value > 0x3fff);
  fc.assert(fc.property(first, groups(7), (head, rest) => {
    assert.equal(isPublicAddress(toIpv6([head, ...rest])), false);
  }));
});

Deno.test("isPublicAddress() refuses every IPv4-mapped, NAT64 and 6to4 form of any address", () => {
  fc.assert(fc.property(group, group, (high, low) => {
    const hex = toIpv6([high, low]);
    for (const form of [`::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`]) {
      assert.equal(isPublicAddress(form), false, form);
    }
  }));
});

Deno.test("isPublicAddress() refuses reserved blocks within 2000::/3", () => {
  fc.assert(fc.property(groups(6), fc.integer({ min: 0, max: 0x1ff }), (rest, low) => {
    assert.equal(isPublicAddress(toIpv6([0x2001, low, ...rest])), false);
    assert.equal(isPublicAddress(toIpv6([0x2001, 0x0db8, ...rest])), false);
    assert.equal(isPublicAddress(toIpv6([0x3fff, low, ...rest])), false);
  }));
});

Deno.test("isPublicAddress() allows addresses of the registries' blocks", () => {
  const first = fc.constantFrom(0x2400, 0x2600, 0x2606, 0x2800, 0x2a00, 0x2a04, 0x2c0f);
  fc.assert(fc.property(first, groups(7), (head, rest) => {
    assert.equal(isPublicAddress(toIpv6([head, ...rest])), true);
  }));
  assert.equal(isPublicAddress("2001:4860:4860::8888"), true);
});

Deno.test("isPublicAddress() refuses what is not an address", () => {
  for (
    const text of [
      "",
      "fal.media",
      "1.2.3",
      "1.2.3.256",
      "1.2.3.4.5",
      "0x7f.0.0.1",
      "::g",
      "1::2::3",
      "2606:4700::1111%eth0",
      "[2606:4700::1111]",
      "2606:4700::1111]/x[",
    ]
  ) assert.equal(isPublicAddress(text), false, text);
});
