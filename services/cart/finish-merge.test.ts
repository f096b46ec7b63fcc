import { setImmediate as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import type { CartDocument } from "./cart.ts";
import { findCurrent } from "./current.ts";
import { finishMerge } from "./finish-merge.ts";
import type { CartStore, StoredCart } from "./store.ts";
import { type CartUnderTest, cartUnderTest, describeCarts, signedIn, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

const gateway = as.service("gateway");

/** The store as a process sees it that dies right after its `writes`th write, before it hears of it. */
function dyingAfter(store: CartStore, writes: number): CartStore {
  let left = writes;
  const alive = () => {
    if (left === 0) throw new Error("died");
  };
  const once =
    <A extends unknown[], T>(operation: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      alive();
      const answer = await operation(...args);
      alive();
      return answer;
    };
  return {
    insert: once((cart) => store.insert(cart)),
    read: once((id) => store.read(id)),
    idsOf: once((owner) => store.idsOf(owner)),
    write: once(async (cart, version) => {
      const written = await store.write(cart, version);
      if (written) left--;
      return written;
    }),
  };
}

/** A customer's cart with one A, and a guest's with two A and one B. */
async function beforeSignIn({ client }: Pick<CartUnderTest, "client">) {
  const customer = signedIn();
  const own = await client.createCart({}, customer.caller);
  await client.addItem({ cartId: own.id, sku: "A", quantity: 1n }, customer.caller);
  const { id: guestCartId, token } = await client.createCart({});
  const guest = as.guest(token);
  await client.addItem({ cartId: guestCartId, sku: "A", quantity: 2n }, guest);
  await client.addItem({ cartId: guestCartId, sku: "B", quantity: 1n }, guest);
  return { customer, cartId: own.id, guestCartId, guest, guestId: sha256Hex(token) };
}
type SignIn = Awaited<ReturnType<typeof beforeSignIn>>;

describeCarts("a sign-in that dies", (under) => {
  const recoveries: [string, (at: SignIn) => Promise<unknown>][] = [
    [
      "AdoptCarts repeated",
      ({ guestId, customer }) => under.client.adoptCarts({ guestId, customerId: customer.id }, gateway),
    ],
    ["GetCurrentCart", ({ customer }) => under.client.getCurrentCart({}, customer.caller)],
    [
      "GetCart of the guest's",
      ({ guestCartId, customer }) => under.client.getCart({ cartId: guestCartId }, customer.caller),
    ],
    [
      "a change of the guest's",
      ({ guestCartId, customer }) => under.client.clearCart({ cartId: guestCartId }, customer.caller),
    ],
    [
      "an attempt to order the guest's",
      async ({ guestCartId: cartId, customer }) => {
        const freeze = under.client.freezeCart({ cartId, orderId: `of ${customer.id}` }, as.service("order"));
        expect(await failureOf(freeze)).toMatchObject({ reason: "CART_EMPTY" });
      },
    ],
  ];

  describe.each(recoveries)("is finished by %s", (_, recover) => {
    // Four writes make a merge: claimed, taken, handed over, settled.
    test.each([1, 2, 3, 4])("after write %i", async (writes) => {
      const at = await beforeSignIn(under);
      const dying = cartUnderTest(dyingAfter(under.deps.store, writes)).client;
      const call = dying.adoptCarts({ guestId: at.guestId, customerId: at.customer.id }, gateway);
      expect(await failureOf(call)).toMatchObject({ reason: "INTERNAL" });
      await recover(at);
      const cart = await under.client.getCart({ cartId: at.cartId }, at.customer.caller);
      expect(skusOf(cart)).toEqual(["3 A", "1 B"]);
      const other = await under.client.getCart({ cartId: at.guestCartId }, at.customer.caller);
      expect(skusOf(other)).toEqual([]);
      expect((await under.client.getCurrentCart({}, at.customer.caller)).id).toBe(at.cartId);
    });
  });

  test("and comes back when others have finished it, takes nothing from what was added since", async () => {
    const at = await beforeSignIn(under);
    const dying = cartUnderTest(dyingAfter(under.deps.store, 1)).client;
    const call = dying.adoptCarts({ guestId: at.guestId, customerId: at.customer.id }, gateway);
    expect(await failureOf(call)).toMatchObject({ reason: "INTERNAL" });
    const { store } = under.deps;
    const claimed = await store.read(at.guestCartId);
    let reads = 0;
    const slow: CartStore = {
      insert: (cart) => store.insert(cart),
      write: (cart, version) => store.write(cart, version),
      idsOf: (owner) => store.idsOf(owner),
      async read(id) {
        // It has taken the lines and is about to hand the cart over.
        if (id === at.guestCartId && ++reads === 2) {
          await under.client.addItem({ cartId: id, sku: "B", quantity: 5n }, at.customer.caller);
        }
        return store.read(id);
      },
    };
    const { signal } = new AbortController();
    await finishMerge({ ...under.deps, store: slow }, signal, claimed?.cart as CartDocument);
    const units = async (cartId: string) =>
      skusOf(await under.client.getCart({ cartId }, at.customer.caller));
    expect([await units(at.cartId), await units(at.guestCartId)]).toEqual([["3 A", "1 B"], ["5 B"]]);
  });

  test("and whose target is ordered meanwhile, leaves the lines where they were", async () => {
    const at = await beforeSignIn(under);
    const dying = cartUnderTest(dyingAfter(under.deps.store, 1)).client;
    const call = dying.adoptCarts({ guestId: at.guestId, customerId: at.customer.id }, gateway);
    expect(await failureOf(call)).toMatchObject({ reason: "INTERNAL" });
    await under.client.completeCart({ cartId: at.cartId, orderId: "ord_1" }, as.service("order"));
    const cart = await under.client.getCurrentCart({}, at.customer.caller);
    expect([cart.id, ...skusOf(cart)]).toEqual([at.guestCartId, "2 A", "1 B"]);
    const ordered = await under.client.getCart({ cartId: at.cartId }, at.customer.caller);
    expect(skusOf(ordered)).toEqual(["1 A"]);
  });
});

/** A store in memory, each of whose operations takes a while before and after it happens. */
class SlowStore implements CartStore {
  readonly carts = new Map<string, StoredCart>();

  insert(cart: StoredCart["cart"]) {
    return atSomeTime(() => {
      this.carts.set(cart.id, { cart, version: 1 });
      return true;
    });
  }

  read(id: string) {
    return atSomeTime(() => this.carts.get(id));
  }

  write(cart: StoredCart["cart"], expectedVersion: number) {
    return atSomeTime(() => {
      if (this.carts.get(cart.id)?.version !== expectedVersion) return false;
      this.carts.set(cart.id, { cart, version: expectedVersion + 1 });
      return true;
    });
  }

  idsOf(owner: string) {
    return atSomeTime(() => this.all.filter((cart) => cart.owner === owner).map(({ id }) => id));
  }

  get all() {
    return [...this.carts.values()].map(({ cart }) => cart).toSorted((a, b) => b.updateTime - a.updateTime);
  }
}

async function atSomeTime<T>(happen: () => T): Promise<T> {
  await someTime();
  const answer = happen();
  await someTime();
  return answer;
}

async function someTime(): Promise<void> {
  for (let left = Math.floor(Math.random() * 4); left > 0; left--) await pause();
}

/** Whether it was carried out; not when it was refused for the reason. */
async function unless(reason: string, call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (err) {
    if (reasonOf(err) !== reason) throw err;
    return false;
  }
}

/** Everything at once: sign-ins of two accounts, some of which die, adds to all carts, orders begun and given up. */
async function signInAmidstChanges(): Promise<{ added: number; counted: number; pending: number }> {
  const store = new SlowStore();
  const under = cartUnderTest(store);
  under.shop.sell("A", { USD: 1n }, 1000n);
  const { client } = under;
  const at = await beforeSignIn(under);
  const rival = signedIn();
  const { id: rivalCartId } = await client.createCart({}, rival.caller);
  const adopt = (on: Pick<CartUnderTest, "client">, customerId: string) =>
    on.client.adoptCarts({ guestId: at.guestId, customerId }, gateway);
  const add = (cartId: string, caller: object) =>
    unless("NOT_OWNER", client.addItem({ cartId, sku: "A", quantity: 1n }, caller));
  const dying = () => cartUnderTest(dyingAfter(store, 1 + Math.floor(Math.random() * 4)));

  const adds = [
    () => add(at.cartId, at.customer.caller),
    () => add(at.cartId, at.customer.caller),
    () => add(rivalCartId, rival.caller),
    () => add(at.guestCartId, at.guest),
    () => add(at.guestCartId, at.guest),
    () => add(at.guestCartId, at.customer.caller),
  ];
  const others: (() => Promise<unknown>)[] = [
    () => adopt(under, at.customer.id),
    () => unless("INTERNAL", adopt(dying(), at.customer.id)),
    () => unless("INTERNAL", adopt(dying(), at.customer.id)),
    () => adopt(under, rival.id),
    () => client.getCurrentCart({}, at.customer.caller),
  ];
  const [added] = await Promise.all([
    Promise.all(adds.map((call) => someTime().then(call))),
    Promise.all(others.map((call) => someTime().then(call))),
  ]);
  for (const { id } of [at.customer, rival]) await adopt(under, id);
  const units = store.all.flatMap(({ lines }) => lines).map(({ quantity }) => quantity);
  return {
    added: 4 + added.filter(Boolean).length,
    counted: units.reduce((sum, quantity) => sum + quantity, 0),
    pending: store.all.filter(({ mergingInto }) => mergingInto !== undefined).length,
  };
}

test("no unit is lost or counted twice, however sign-ins and changes meet", async () => {
  const runs = await Promise.all(Array.from({ length: 300 }, signInAmidstChanges));
  expect(runs.filter(({ added, counted, pending }) => added !== counted || pending > 0)).toEqual([]);
  // They did not all go the same way.
  expect(new Set(runs.map(({ added }) => added)).size).toBeGreaterThan(1);
});

test("a list that names carts of others, or that are no longer, leads to none of them", async () => {
  const store = new SlowStore();
  const under = cartUnderTest(store);
  const at = await beforeSignIn(under);
  const stale: CartStore = {
    insert: (cart) => store.insert(cart),
    read: (id) => store.read(id),
    write: (cart, version) => store.write(cart, version),
    idsOf: async () => ["cart_gone", at.guestCartId, at.cartId],
  };
  const deps = { ...under.deps, store: stale };
  const { signal } = new AbortController();
  expect((await findCurrent(deps, signal, at.customer.id))?.id).toBe(at.cartId);
  expect(await findCurrent(deps, signal, "cus_0")).toBeUndefined();
});
