/**
 * Which addresses are on the public internet.
 *
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries, read 2026-11.
 *
 * @module
 */

/** Blocks that are not globally reachable, or that lead to them, as address and prefix length. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this host
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier NAT; also Alibaba's metadata service
  ["127.0.0.0", 8], // loopback
  ["168.63.129.16", 32], // Azure's platform service, though formally public
  ["169.254.0.0", 16], // link-local: the metadata services of most clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments; also Oracle's metadata service
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays, withdrawn
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/**
 * Within 2000::/3, the only block of global unicast addresses. Everything outside of it is refused
 * without a list: loopback, IPv4-mapped, NAT64, unique local, link-local, site-local, multicast.
 */
const PRIVATE_IPV6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: an IPv4 address in disguise
  ["3fff::", 20], // documentation
];

/**
 * Tells whether an IPv4 or IPv6 address, as text, is on the public internet. False for anything
 * else.
 */
export function isPublicAddress(text: string): boolean {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return !PRIVATE_IPV4.some(([block, bits]) => isWithin(ipv4, block, bits));
  const ipv6 = parseIpv6(text);
  if (ipv6 === null || !isWithin(ipv6, "2000::", 3)) return false;
  return !PRIVATE_IPV6.some(([block, bits]) => isWithin(ipv6, block, bits));
}

function isWithin(address: readonly number[], block: string, bits: number): boolean {
  const base = parseIpv4(block) ?? parseIpv6(block);
  return base !== null && base.length === address.length && base.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Four bytes, from the strict dotted form only: the other spellings never come from a resolver. */
function parseIpv4(text: string): readonly number[] | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/**
 * Sixteen bytes. The URL parser reads every spelling and writes one: hexadecimal, `::` at most
 * once.
 */
function parseIpv6(text: string): readonly number[] | null {
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  const [left = "", right] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array<string>(zeros).fill("0"), ...tail]
    .map((group) => parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
}
