import { afterEach, expect, test, vi } from "vitest";
import { newId, newToken, sha256Hex } from "./ids.ts";

afterEach(() => {
  vi.useRealTimers();
});

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function bitsOf(id: string): bigint {
  const text = id.slice(id.indexOf("_") + 1);
  return [...text].reduce((bits, char) => (bits << 5n) | BigInt(ALPHABET.indexOf(char)), 0n);
}

test("an id is its prefix and 26 lower-case Crockford characters", () => {
  expect(newId("ord")).toMatch(/^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
});

test("the characters are a UUIDv7 of the present millisecond", () => {
  vi.useFakeTimers({ now: Date.UTC(2040, 0, 2, 3, 4, 5, 678) });
  const bits = bitsOf(newId("ord"));
  expect(Number(bits >> 80n)).toBe(Date.now());
  expect((bits >> 76n) & 0xfn).toBe(7n);
  expect((bits >> 62n) & 0x3n).toBe(2n);
});

test("ids of one process are unique and in order, within a millisecond and when the clock steps back", () => {
  vi.useFakeTimers({ now: Date.UTC(2050, 0, 1) });
  const ids = Array.from({ length: 10_000 }, () => newId("ord"));
  vi.setSystemTime(Date.UTC(2049, 0, 1));
  ids.push(...Array.from({ length: 100 }, () => newId("ord")));
  expect(ids).toEqual([...ids].sort());
  expect(new Set(ids).size).toBe(ids.length);
});

test("a token is 32 bytes of base64url, never the same twice", () => {
  const tokens = new Set(Array.from({ length: 1000 }, newToken));
  expect(tokens.size).toBe(1000);
  for (const token of tokens) expect(Buffer.from(token, "base64url")).toHaveLength(32);
});

test("sha256Hex is the FIPS 180-2 digest", () => {
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
