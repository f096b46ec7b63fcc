import type { LookupAddress } from "node:dns";
import { lookup as lookUp } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { fail } from "./reasons.ts";

/** Finds all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** Asks the system. */
export const systemResolve: Resolve = (hostname) => lookUp(hostname, { all: true });

/** Which addresses may be told of events. */
export interface AddressRules {
  /** Also `http://`, and addresses that are not public: for development and tests. */
  allowPrivate: boolean;
  resolve: Resolve;
}

/** A host has an address that is not public. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/**
 * Whether an address belongs to the public internet: not to this machine, a private, shared or local network, a
 * cloud's metadata service, a group, or a way of writing an IPv4 address as IPv6 that hides one of these.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  // Of the IPv6 space only 2000::/3 is given out; ipaddr.js calls the unassigned rest unicast, too.
  const isGlobal = parsed.kind() === "ipv4" || parsed.match(ipaddr.IPv6.parseCIDR("2000::/3"));
  return isGlobal && parsed.range() === "unicast";
}

/** The host of a URL if it is an address, without an IPv6 address's brackets. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 ? undefined : bare;
}

/**
 * A `lookup` for sockets that gives checked addresses only. The socket connects to what was checked: a name that means
 * another address a moment later (DNS rebinding) gains nothing. It is not asked about hosts that are addresses.
 */
export function guardedLookup({ allowPrivate, resolve }: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    const find = async () => {
      const addresses = await resolve(hostname);
      const [first] = addresses;
      if (first === undefined) throw new Error(`${hostname} has no address`);
      if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
        throw new AddressRefused(`${hostname} has an address that is not public`);
      }
      return { addresses, first };
    };
    find().then(
      ({ addresses, first }) =>
        options.all === true ? callback(null, addresses) : callback(null, first.address, first.family),
      (err: unknown) => callback(err as Error, ""),
    );
  };
}

/**
 * Refuses what could not be sent to anyway, while somebody is there to correct it. A name that has no address now is
 * let through: every attempt looks again.
 *
 * @throws ENDPOINT_URL_REFUSED
 */
export async function checkUrl(text: string, { allowPrivate, resolve }: AddressRules): Promise<void> {
  const refuse = (description: string) => fail("ENDPOINT_URL_REFUSED", { description });
  const url = URL.parse(text);
  if (url === null) throw refuse("is not a URL");
  if (url.username !== "" || url.password !== "") throw refuse("must not hold a user or a password");
  if (allowPrivate) return;
  if (url.protocol !== "https:") throw refuse("must begin with https://");
  const literal = literalAddress(url);
  const addresses =
    literal === undefined
      ? (await resolve(url.hostname).catch(() => [])).map((each) => each.address)
      : [literal];
  if (!addresses.every(isPublicAddress)) throw refuse("leads into a network that is not public");
}
