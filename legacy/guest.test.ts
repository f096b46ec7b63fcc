import { expect, test } from "vitest";
import { guestOf } from "./guest.ts";

const pycom = { channel: "pycom", secret: "a-secret" };

test("the same key of the same facade is the same guest, whose id is a digest", () => {
  expect(guestOf(pycom, "s1")).toEqual(guestOf({ ...pycom }, "s1"));
  expect(guestOf(pycom, "s1")).toEqual({ kind: "guest", id: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test("another key, another facade and another secret are other guests", () => {
  const ids = [
    guestOf(pycom, "s1"),
    guestOf(pycom, "s2"),
    guestOf({ ...pycom, channel: "online-store" }, "s1"),
    guestOf({ ...pycom, secret: "another" }, "s1"),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
