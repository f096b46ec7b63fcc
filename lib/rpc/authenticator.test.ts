import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { createAuthenticator, type FindHolder, findCookie } from "./authenticator.ts";
import { createHolderCache } from "./holder-cache.ts";
import type { Principal } from "./principal.ts";

const customer: Principal = { kind: "customer", id: "cus_1" };
const other: Principal = { kind: "customer", id: "cus_2" };
const editor: Principal = { kind: "staff", id: "key_1", role: Role.EDITOR, areas: ["catalog"] };
const holders: Record<string, Principal> = { "session-1": customer, "session 2/+=": other, rlk_1: editor };

const authenticator = createAuthenticator({
  staffKeys: [{ name: "first", digest: hash("sha256", "configured", "hex") }],
  findHolder: async (credential) => holders[credential],
  sessionCookie: "sid",
});

async function callerWith(headers: Record<string, string>, by = authenticator): Promise<unknown> {
  try {
    return await by.authenticate(new Headers(headers));
  } catch (err) {
    return reasonOf(err);
  }
}

const first = { kind: "staff", id: "first", role: Role.ADMIN, areas: [] };
const guest = { kind: "guest", id: hash("sha256", "token", "hex") };

describe("who calls", () => {
  test.each<[string, Record<string, string>, unknown]>([
    ["nothing", {}, { kind: "none", id: "" }],
    ["a session as bearer", { authorization: "Bearer session-1" }, customer],
    ["a key as bearer", { authorization: "bearer  rlk_1" }, editor],
    ["a key", { "x-api-key": "rlk_1" }, editor],
    ["the configured key", { "x-api-key": "configured" }, first],
    ["a cookie", { cookie: "a=b; sid=session-1; c=d" }, customer],
    ["a cookie with escapes", { cookie: "sid=session%202%2F%2B%3D" }, other],
    ["a cookie that was cleared", { cookie: "sid=" }, { kind: "none", id: "" }],
    ["other cookies", { cookie: "sid2=session-1; xsid=session-1" }, { kind: "none", id: "" }],
    ["a guest's token", { "rowlock-token": "token" }, guest],
    [
      "a bearer before a cookie",
      { authorization: "Bearer session-1", cookie: "sid=session%202%2F%2B%3D" },
      customer,
    ],
    ["a key before a cookie", { "x-api-key": "configured", cookie: "sid=session-1" }, first],
    ["a session before a guest's token", { cookie: "sid=session-1", "rowlock-token": "token" }, customer],
    ["a cookie that is nobody's", { cookie: "sid=gone" }, "INVALID_CREDENTIALS"],
    [
      "a cookie that is nobody's beside a guest's token",
      { cookie: "sid=x", "rowlock-token": "t" },
      "INVALID_CREDENTIALS",
    ],
    ["a wrong cookie beside a good key", { cookie: "sid=x", "x-api-key": "rlk_1" }, "INVALID_CREDENTIALS"],
    [
      "a wrong key beside a good cookie",
      { cookie: "sid=session-1", "x-api-key": "x" },
      "INVALID_CREDENTIALS",
    ],
    ["a session as an API key", { "x-api-key": "session-1" }, "INVALID_CREDENTIALS"],
    ["an API key as a cookie", { cookie: "sid=rlk_1" }, "INVALID_CREDENTIALS"],
    ["a principal, without a signer", { "rowlock-principal": "x" }, "INVALID_CREDENTIALS"],
  ])("%s", async (_, headers, want) => {
    expect(await callerWith(headers)).toEqual(want);
  });

  test("with two wrong credentials, one of which is known at once, is refused, and nothing is left behind", async () => {
    const half = createAuthenticator({
      staffKeys: [],
      findHolder: (credential) => (credential === "slow" ? Promise.resolve(undefined) : undefined),
    });
    // A rejection that nobody hears of would end the process.
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", hear);
    expect(await callerWith({ authorization: "Bearer slow", "x-api-key": "fast" }, half)).toBe(
      "INVALID_CREDENTIALS",
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });

  test("that cannot be told is no refusal", async () => {
    const broken = createAuthenticator({
      staffKeys: [],
      findHolder: () => Promise.reject(new Error("no database")),
    });
    expect(await callerWith({ "x-api-key": "rlk_1" }, broken)).toBe("CREDENTIALS_UNCHECKED");
    // Without a name for it a cookie is not looked at.
    expect(await callerWith({ cookie: "sid=session-1" }, broken)).toEqual({ kind: "none", id: "" });
  });
});

test.each([
  [null, undefined],
  ["", undefined],
  ["a=1", "1"],
  [" a = 1 ", "1"],
  ["b=2;a=1;a=3", "1"],
  ["a=x=y", "x=y"],
  ["a=%E0%A4%A", "%E0%A4%A"],
  ["a", undefined],
  ["=a", undefined],
])("the cookie a of %j is %j", (header, want) => {
  expect(findCookie(header, "a")).toBe(want);
});

describe("a holder cache", () => {
  function cached(answers: (Principal | undefined | Error)[]) {
    let now = 0;
    const asked: string[] = [];
    const find: FindHolder = async (credential) => {
      asked.push(credential);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const cache = createHolderCache({ find, clock: () => new Date(now) });
    return { ...cache, asked, pass: (ms: number) => void (now += ms) };
  }

  test("asks once in five seconds, for the good and the bad", async () => {
    const cache = cached([customer, undefined, other]);
    expect(await cache.find("a")).toBe(customer);
    expect(await cache.find("b")).toBeUndefined();
    cache.pass(4_999);
    expect([await cache.find("a"), await cache.find("b")]).toEqual([customer, undefined]);
    expect(cache.asked).toEqual(["a", "b"]);
    cache.pass(1);
    expect(await cache.find("a")).toBe(other);
  });

  test("calls that come together ask once", async () => {
    const cache = cached([customer]);
    expect(await Promise.all([cache.find("a"), cache.find("a")])).toEqual([customer, customer]);
    expect(cache.asked).toEqual(["a"]);
  });

  test("what has failed is asked again at once", async () => {
    const cache = cached([new Error("away"), customer]);
    await expect(cache.find("a")).rejects.toThrow("away");
    expect(await cache.find("a")).toBe(customer);
  });

  test("forgets at once when told to", async () => {
    const cache = cached([customer, undefined]);
    await cache.find("a");
    cache.clear();
    expect(await cache.find("a")).toBeUndefined();
  });
});
