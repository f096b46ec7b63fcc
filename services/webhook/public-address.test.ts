import { expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { checkUrl, guardedLookup, isPublicAddress } from "./public-address.ts";

test.each([
  ["93.184.215.14", "any server"],
  ["8.8.8.8", "any server"],
  ["172.32.0.1", "just past 172.16/12"],
  ["100.128.0.1", "just past 100.64/10"],
  ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "any server"],
  ["::ffff:8.8.8.8", "a public IPv4 address as IPv6"],
])("%s is public: %s", (address) => expect(isPublicAddress(address)).toBe(true));

test.each([
  ["0.0.0.0", "this machine"],
  ["0.1.2.3", "this network"],
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback, the whole network"],
  ["10.0.0.1", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["169.254.1.1", "link-local"],
  ["169.254.169.254", "the metadata service of clouds"],
  ["100.64.0.1", "carrier-grade NAT"],
  ["100.100.100.200", "a cloud's metadata service in the shared range"],
  ["192.0.0.192", "a cloud's metadata service in the protocol range"],
  ["198.18.0.1", "benchmarks"],
  ["192.0.2.1", "documentation"],
  ["224.0.0.1", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "broadcast"],
  ["::", "this machine"],
  ["::1", "loopback"],
  ["fc00::1", "unique local"],
  ["fd00:ec2::254", "a cloud's metadata service"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local with its zone"],
  ["fec0::1", "site-local, out of use"],
  ["ff02::1", "multicast"],
  ["::ffff:127.0.0.1", "loopback as IPv6"],
  ["::ffff:a9fe:a9fe", "the metadata service as IPv6"],
  ["::ffff:10.0.0.1", "private as IPv6"],
  ["::127.0.0.1", "loopback as IPv6, a form out of use"],
  ["64:ff9b::7f00:1", "loopback behind NAT64"],
  ["64:ff9b:1::a00:1", "private behind NAT64"],
  ["2002:7f00:1::1", "loopback behind 6to4"],
  ["2001::1", "Teredo"],
  ["2001:db8::1", "documentation"],
  ["5f00::1", "segment routing"],
  ["", "nothing"],
  ["localhost", "a name"],
])("%s is not public: %s", (address) => expect(isPublicAddress(address)).toBe(false));

const resolves = (...addresses: string[]) => ({
  allowPrivate: false,
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
});

test.each([
  ["http://shop.example/hooks", ["8.8.8.8"], "must begin with https://"],
  ["https://user:secret@shop.example/", ["8.8.8.8"], "must not hold a user or a password"],
  ["https://", ["8.8.8.8"], "is not a URL"],
  ["https://127.0.0.1/", [], "leads into a network that is not public"],
  ["https://2130706433/", [], "leads into a network that is not public"],
  ["https://0x7f.1/", [], "leads into a network that is not public"],
  ["https://[::1]/", [], "leads into a network that is not public"],
  ["https://[::ffff:169.254.169.254]/", [], "leads into a network that is not public"],
  ["https://localhost/", ["::1", "127.0.0.1"], "leads into a network that is not public"],
  ["https://half.example/", ["8.8.8.8", "10.0.0.1"], "leads into a network that is not public"],
])("%s is refused", async (url, addresses, description) => {
  const refused = await checkUrl(url, resolves(...addresses)).catch(errorInfo);
  expect(refused).toMatchObject({ reason: "ENDPOINT_URL_REFUSED", metadata: { description } });
});

test("a name without an address is let through, a public one, too", async () => {
  const fails = async () => {
    throw new Error("ENOTFOUND");
  };
  const later = checkUrl("https://later.example/", { allowPrivate: false, resolve: fails });
  await expect(later).resolves.toBeUndefined();
  const now = checkUrl("https://shop.example:8443/hooks?a=b", resolves("8.8.8.8", "2606:2800::1"));
  await expect(now).resolves.toBeUndefined();
});

test.each([
  ["public", ["8.8.8.8"], false, ["8.8.8.8"]],
  ["private", ["10.0.0.1"], false, "AddressRefused"],
  ["one of them private", ["8.8.8.8", "10.0.0.1"], false, "AddressRefused"],
  ["private where that is allowed", ["10.0.0.1"], true, ["10.0.0.1"]],
  ["none", [], false, "Error"],
])("a socket gets checked addresses: %s", async (_, addresses, allowPrivate, wanted) => {
  const lookup = guardedLookup({ ...resolves(...addresses), allowPrivate });
  const outcome = await new Promise((resolve) => {
    lookup("shop.example", { all: true }, (err, found) =>
      resolve(err?.name ?? (found as { address: string }[]).map(({ address }) => address)),
    );
  });
  expect(outcome).toEqual(wanted);
});
