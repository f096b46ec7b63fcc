import { describe, expect, test } from "vitest";
import { LazyHeaders } from "./lazy-headers.ts";

type Init = ConstructorParameters<typeof Headers>[0];

describe("LazyHeaders are as Headers are", () => {
  const inits: [string, () => Init][] = [
    ["nothing", () => undefined],
    ["an empty record", () => ({})],
    ["names in lower case", () => ({ "x-request-id": "req-1", traceparent: "00-1" })],
    ["names in capitals", () => ({ "X-Request-Id": "req-1" })],
    [
      "one name in two spellings, whose values are joined",
      () => ({ "x-request-id": "a", "X-Request-ID": "b" }),
    ],
    ["space around a value, which is no part of it", () => ({ "x-request-id": " req-1\t" })],
    ["an empty value", () => ({ "x-request-id": "" })],
    [
      "a record without prototype",
      () => Object.assign(Object.create(null) as object, { "x-request-id": "a" }),
    ],
    ["names of properties that every object has", () => ({ constructor: "a" })],
    [
      "pairs",
      () => [
        ["x-request-id", "a"],
        ["x-request-id", "b"],
      ],
    ],
    ["Headers", () => new Headers({ "x-request-id": "a" })],
    ["LazyHeaders", () => new LazyHeaders({ "x-request-id": "a" })],
    [
      "cookies",
      () => [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    ],
  ];
  const names = [
    "x-request-id",
    "X-Request-ID",
    "traceparent",
    "constructor",
    "tostring",
    "set-cookie",
    "none",
  ];

  describe.each(inits)("%s", (_, init) => {
    test.each(names)("get and has %s", (name) => {
      const [lazy, real] = [new LazyHeaders(init()), new Headers(init())];
      expect(lazy.get(name)).toBe(real.get(name));
      expect(lazy.has(name)).toBe(real.has(name));
      expect(lazy.get(name)).toBe(real.get(name));
    });

    test("all of them", () => {
      const real = new Headers(init());
      const each: string[][] = [];
      new LazyHeaders(init()).forEach((value, name) => each.push([name, value]));
      expect(each).toEqual([...real]);
      expect([...new LazyHeaders(init())]).toEqual([...real]);
      expect([...new LazyHeaders(init()).entries()]).toEqual([...real.entries()]);
      expect([...new LazyHeaders(init()).keys()]).toEqual([...real.keys()]);
      expect([...new LazyHeaders(init()).values()]).toEqual([...real.values()]);
      expect(new LazyHeaders(init()).getSetCookie()).toEqual(real.getSetCookie());
      expect([...new Headers(new LazyHeaders(init()))]).toEqual([...real]);
    });

    test("changed, before and after a look", () => {
      const [lazy, real] = [new LazyHeaders(init()), new Headers(init())];
      for (const headers of [lazy, real]) {
        headers.get("x-request-id");
        headers.set("x-request-id", "changed");
        headers.append("x-new", "1");
        headers.append("X-New", "2");
        headers.delete("traceparent");
      }
      expect([...lazy]).toEqual([...real]);
      expect(lazy.get("x-new")).toBe("1, 2");
    });
  });

  test("Headers given are copied: who has them may change them later", () => {
    const given = new Headers({ a: "1" });
    const lazy = new LazyHeaders(given);
    given.set("a", "2");
    expect(lazy.get("a")).toBe("1");
  });

  test("a record that cannot stand in headers is refused when they are made", () => {
    expect(() => new LazyHeaders({ "a b": "1" }).has("a")).toThrow(TypeError);
  });
});
