import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { createClientAddress, isNetwork, networkOf } from "./client-address.ts";

test.each<[string, string[], string, string | undefined, string]>([
  ["without proxies the header is not read", [], "198.51.100.1", "203.0.113.9", "198.51.100.1"],
  ["a peer that is no proxy is not believed", ["10.0.0.0/8"], "198.51.100.1", "203.0.113.9", "198.51.100.1"],
  ["a proxy is believed", ["10.0.0.0/8"], "10.1.2.3", "203.0.113.9", "203.0.113.9"],
  ["what a client put before it is not", ["10.0.0.0/8"], "10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9"],
  ["a chain of proxies", ["10.0.0.0/8", "192.0.2.7"], "10.1.2.3", "203.0.113.9,192.0.2.7", "203.0.113.9"],
  ["a proxy that says nothing", ["10.0.0.0/8"], "10.1.2.3", undefined, "10.1.2.3"],
  ["a proxy that says nonsense", ["10.0.0.0/8"], "10.1.2.3", "unknown", "10.1.2.3"],
  ["nothing but proxies", ["10.0.0.0/8"], "10.1.2.3", "10.0.0.9", "10.0.0.9"],
  ["IPv4 on a socket for both", ["127.0.0.1"], "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
  ["IPv6", ["fd00::/8"], "fd00::1", "2001:db8::1", "2001:db8::1"],
])("%s", (_why, proxies, peer, header, want) => {
  const request = { socket: { remoteAddress: peer }, headers: { "x-forwarded-for": header } };
  expect(createClientAddress(proxies)(request as unknown as IncomingMessage)).toBe(want);
});

test.each(["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"])("%s is a network", (text) => {
  expect(isNetwork(text)).toBe(true);
});

test.each(["", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::1/129", "10.0.0/8"])(
  "%s is none",
  (text) => {
    expect(isNetwork(text)).toBe(false);
    expect(() => createClientAddress([text])).toThrow(RangeError);
  },
);

test.each([
  ["198.51.100.1", "198.51.100.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1:2:3:4:5", "fe80:0:0:1::/64"],
])("%s counts as %s", (address, want) => {
  expect(networkOf(address)).toBe(want);
});
