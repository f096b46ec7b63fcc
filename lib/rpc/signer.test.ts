import { expect, test } from "vitest";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import type { Principal } from "./principal.ts";
import { createPrincipalSigner } from "./signer.ts";
import { forgeries } from "./testing/forgeries.ts";

const oldKey = Buffer.alloc(32, "old");
const newKey = Buffer.alloc(32, "new");
const order: Principal = { kind: "service", id: "order" };

test.each<Principal>([
  { kind: "none", id: "" },
  { kind: "guest", id: "ab".repeat(32) },
  { kind: "customer", id: "cus_1" },
  { kind: "staff", id: "key_1", role: Role.VIEWER, areas: [] },
  { kind: "staff", id: "key_1", role: Role.EDITOR, areas: ["catalog", "order"] },
  order,
])("what is signed is what is verified: %j", async (principal) => {
  const value = await createPrincipalSigner({ key: oldKey }).sign(principal);
  // By another process, which has not seen it before.
  expect(await createPrincipalSigner({ key: oldKey }).verify(value)).toEqual(principal);
});

test("the same key with other rights is another principal", async () => {
  const signer = createPrincipalSigner({ key: oldKey });
  const viewer: Principal = { kind: "staff", id: "key_1", role: Role.VIEWER, areas: [] };
  await signer.sign(viewer);
  const editor = { ...viewer, role: Role.EDITOR };
  expect(await signer.verify(await signer.sign(editor))).toEqual(editor);
});

test("a signature is used again for half of its life, then made anew; it ends after a minute", async () => {
  let now = 1_000_000_000_000;
  const clock = () => new Date(now);
  const signer = createPrincipalSigner({ key: oldKey, clock });
  const other = createPrincipalSigner({ key: oldKey, clock });
  const first = await signer.sign(order);
  expect(await other.verify(first)).toEqual(order);
  now += 29_000;
  // No longer a promise: nothing is signed.
  expect(signer.sign(order)).toBe(first);
  expect(await signer.sign({ kind: "service", id: "cart" })).not.toBe(first);
  now += 1_000;
  expect(await signer.sign(order)).not.toBe(first);
  expect(other.verify(first)).toEqual(order);
  now += 36_000;
  expect(await other.verify(first)).toBeUndefined();
  expect(await createPrincipalSigner({ key: oldKey, clock }).verify(first)).toBeUndefined();
});

test("a key is exchanged without an outage, and is worth nothing once it is taken away", async () => {
  const before = createPrincipalSigner({ key: oldKey });
  const prepared = createPrincipalSigner({ key: oldKey, otherKeys: [newKey] });
  const turned = createPrincipalSigner({ key: newKey, otherKeys: [oldKey] });
  const after = createPrincipalSigner({ key: newKey });
  // Processes of two neighbouring steps run side by side.
  for (const [one, two] of [
    [before, prepared],
    [prepared, turned],
    [turned, after],
  ] as const) {
    expect(await two.verify(await one.sign(order))).toEqual(order);
    expect(await one.verify(await two.sign(order))).toEqual(order);
  }
  expect(await after.verify(await before.sign(order))).toBeUndefined();
  expect(await before.verify(await after.sign(order))).toBeUndefined();
});

test.each(await forgeries(oldKey))("refused: a principal %s", async (_, value) => {
  const signer = createPrincipalSigner({ key: oldKey, otherKeys: [newKey] });
  expect(await signer.verify(value)).toBeUndefined();
  expect(await signer.verify(value)).toBeUndefined();
});

test("a short key is refused", () => {
  expect(() => createPrincipalSigner({ key: Buffer.alloc(31) })).toThrow(RangeError);
  expect(() => createPrincipalSigner({ key: oldKey, otherKeys: [Buffer.alloc(31)] })).toThrow(RangeError);
});
