import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Whether a text is an address (`10.0.0.1`, `::1`) or a network (`10.0.0.0/8`, `fd00::/8`). */
export function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/**
 * Tells a request's client address. Without proxies it is the peer's. With them, X-Forwarded-For is read from its
 * end, each entry believed only when the one after it, or the peer, is a trusted proxy: what a client writes into
 * the header itself is never reached.
 *
 * @throws RangeError for a proxy that is neither an address nor a network.
 */
export function createClientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    if (!isNetwork(proxy)) throw new RangeError(`${proxy} is neither an address nor a network`);
    const [address = "", prefix] = proxy.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? "");
    if (trustedProxies.length === 0 || address === "") return address;
    const hops = String(headers["x-forwarded-for"] ?? "").split(",");
    while (isTrusted(address)) {
      const hop = plain(hops.pop()?.trim() ?? "");
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

/** IPv4 addresses that a socket for both families writes as IPv6, `::ffff:127.0.0.1`, in their own form. */
function plain(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

/**
 * What requests of one client have in common: the address, or of IPv6 the first 64 bits, since whoever has one
 * such address has all that share them.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined)
    groups.push(...Array(Math.max(0, 8 - groups.length - after.length)).fill("0"), ...after);
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
