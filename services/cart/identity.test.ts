import { expect, test } from "vitest";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { isCartId, newIdentity } from "./identity.ts";

const secret = "a secret of thirty-two characters";
const keyed = { secret, caller: { kind: "none", id: "" }, requestId: "3f1c9a52-7d7e-4a53" } as const;

test("a keyed identity is the same each time", () => {
  expect(newIdentity(keyed)).toEqual(newIdentity({ ...keyed }));
});

test.each([
  ["another key", { requestId: "3f1c9a52-7d7e-4a54" }],
  ["another caller", { caller: { kind: "guest", id: "" } }],
  ["another secret", { secret: "a secret of thirty-two character5" }],
  ["no key", { requestId: "" }],
] as const)("%s gives another id and token", (_, change) => {
  const [one, other] = [newIdentity(keyed), newIdentity({ ...keyed, ...change })];
  expect(other.id).not.toBe(one.id);
  expect(other.token).not.toBe(one.token);
});

test("without a key each cart is new", () => {
  const unkeyed = { ...keyed, requestId: "" };
  expect(newIdentity(unkeyed).id).not.toBe(newIdentity(unkeyed).id);
});

test("a customer's cart is the account's: no token opens it", () => {
  const caller = { kind: "customer", id: "cus_1" } as const;
  const identity = newIdentity({ ...keyed, caller });
  expect(identity).toEqual({ id: expect.stringMatching(/^cart_/), token: "", owner: "cus_1" });
  expect(newIdentity({ ...keyed, caller })).toEqual(identity);
  expect(newIdentity({ ...keyed, caller: { ...caller, id: "cus_2" } }).id).not.toBe(identity.id);
});

test("a cart made for a guest is the guest's: its token opens it, and keys are told apart by guest", () => {
  const made = { ...keyed, caller: { kind: "service", id: "legacy" } as const };
  const [one, other] = [
    newIdentity({ ...made, guestId: "a".repeat(64) }),
    newIdentity({ ...made, guestId: "b".repeat(64) }),
  ];
  expect(one).toMatchObject({ token: "", owner: "a".repeat(64) });
  expect(other).toMatchObject({ token: "", owner: "b".repeat(64) });
  expect(new Set([one.id, other.id, newIdentity(made).id]).size).toBe(3);
});

test("tokens carry 256 bits and only their digest is the owner", () => {
  const { id, token, owner } = newIdentity(keyed);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(owner).toBe(sha256Hex(token));
  expect(isCartId(id)).toBe(true);
});

test.each([
  ["cart_01j9zs5a8m", true],
  ["", false],
  ["cart_", false],
  ["ord_01j9zs5a8m", false], // another resource
  ["cart_\u0000", false], // Postgres refuses NUL in a text
  ["cart_a}{b", false], // would confuse a hash tag
  [`cart_${"a".repeat(60)}`, false], // longer than the contract allows
])("isCartId(%j) is %s", (text, want) => {
  expect(isCartId(text)).toBe(want);
});
