import { describe, expect, test } from "vitest";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { newId, newToken, sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { emptyCart, maxLines, withQuantity } from "./cart.ts";
import { contact, describeCarts, shippingAddress, signedIn, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("AdoptCarts", (under) => {
  type Caller = ReturnType<typeof signedIn>["caller"];
  const order = as.service("order");
  const gateway = as.service("gateway");

  /** A cart with units by SKU, somebody's or a guest's. */
  async function cartOf(units: Record<string, number>, { caller, currencyCode = "" }: Owner = {}) {
    under.time.now += 1000;
    const { id: cartId, token } = await under.client.createCart({ currencyCode }, caller ?? {});
    const holder = caller ?? as.guest(token);
    for (const [sku, quantity] of Object.entries(units)) {
      await under.client.addItem({ cartId, sku, quantity: BigInt(quantity) }, holder);
    }
    under.time.now += 1000;
    return { cartId, holder, guestId: sha256Hex(token) };
  }
  type Owner = { caller?: Caller; currencyCode?: string };

  const adopt = (guestId: string, customerId: string) =>
    under.client.adoptCarts({ guestId, customerId }, gateway);
  const current = ({ caller }: { caller: Caller }) => under.client.getCurrentCart({}, caller);
  const get = (cartId: string, caller: object) => under.client.getCart({ cartId }, caller);

  describe("the guest's lines", () => {
    test("go into the customer's current cart", async () => {
      const customer = signedIn();
      const { cartId } = await cartOf({ B: 1, A: 2 }, customer);
      const guest = await cartOf({ A: 3 });
      expect((await adopt(guest.guestId, customer.id)).cartId).toBe(cartId);
      const cart = await current(customer);
      expect([cart.id, ...skusOf(cart)]).toEqual([cartId, "1 B", "5 A"]);
      expect(await get(guest.cartId, customer.caller)).toMatchObject({ lines: [], state: Cart_State.OPEN });
    });

    test("are the customer's cart when there is none", async () => {
      const customer = signedIn();
      const { cartId, guestId, holder } = await cartOf({ A: 3 });
      const before = await get(cartId, holder);
      expect((await adopt(guestId, customer.id)).cartId).toBe(cartId);
      expect(await current(customer)).toEqual(before);
    });

    test("are no longer the token's", async () => {
      const customer = signedIn();
      const { cartId, guestId, holder } = await cartOf({ A: 3 });
      await adopt(guestId, customer.id);
      for (const call of [
        () => get(cartId, holder),
        () => under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder),
        () => under.client.freezeCart({ cartId, orderId: "ord_1", owner: guestId }, order),
      ]) {
        expect(await failureOf(call())).toMatchObject({ reason: "NOT_OWNER" });
      }
      expect(await failureOf(under.client.getCurrentCart({}, holder))).toMatchObject({
        reason: "CART_NOT_FOUND",
      });
    });

    test("stay where they are in another currency", async () => {
      const customer = signedIn();
      const own = await cartOf({ B: 1 }, customer);
      const { cartId, guestId } = await cartOf({ C: 3 }, { currencyCode: "EUR" });
      expect((await adopt(guestId, customer.id)).cartId).toBe(cartId);
      expect(skusOf(await current(customer))).toEqual(["3 C"]); // it changed last
      expect(skusOf(await get(own.cartId, customer.caller))).toEqual(["1 B"]);
    });

    test("stay where there is room for them", async () => {
      const customer = signedIn();
      const skus = Array.from({ length: maxLines - 1 }, (_, n) => `S${n}`);
      for (const sku of skus) under.shop.sell(sku, { USD: 1n }, 10n);
      const empty = emptyCart({
        id: newId("cart"),
        owner: customer.id,
        currencyCode: "USD",
        now: under.time.now,
      });
      const full = skus.reduce((cart, sku) => withQuantity(cart, sku, 1), empty);
      await under.deps.store.insert(full);
      const guest = await cartOf({ A: 2, B: 3, S7: 4 });
      await adopt(guest.guestId, customer.id);
      const cart = await current(customer);
      expect([cart.id, cart.lines.length]).toEqual([full.id, maxLines]);
      expect(skusOf(cart)).toEqual(expect.arrayContaining(["2 A", "5 S7"]));
      expect(skusOf(await get(guest.cartId, customer.caller))).toEqual(["3 B"]);
    });

    test("add up to 10,000 units", async () => {
      const customer = signedIn();
      under.shop.sell("A", { USD: 1n }, 20_000n);
      await cartOf({ A: 9_999 }, customer);
      const { guestId } = await cartOf({ A: 9_999 });
      await adopt(guestId, customer.id);
      expect(skusOf(await current(customer))).toEqual(["10000 A"]);
    });

    test("bring the delivery along", async () => {
      const customer = signedIn();
      await cartOf({}, customer);
      const { cartId, guestId, holder } = await cartOf({});
      await under.client.setDelivery({ cartId, contact, shippingAddress }, holder);
      expect((await adopt(guestId, customer.id)).cartId).toBe(""); // there were no lines
      expect(await current(customer)).toMatchObject({ contact, shippingAddress });
    });
  });

  test("an empty cart of the guest's does not come before the customer's own", async () => {
    const customer = signedIn();
    const own = await cartOf({ A: 1 }, customer);
    const { guestId } = await cartOf({}, { currencyCode: "EUR" });
    expect((await adopt(guestId, customer.id)).cartId).toBe("");
    expect((await current(customer)).id).toBe(own.cartId);
  });

  test("all carts of a guest follow, the one that changed last as the current one", async () => {
    const customer = signedIn();
    const owner = sha256Hex(newToken());
    const carts = ["A", "B", "A"].map((sku, n) =>
      withQuantity(
        emptyCart({ id: newId("cart"), owner, currencyCode: "USD", now: under.time.now + n }),
        sku,
        n + 1,
      ),
    );
    for (const cart of carts) await under.deps.store.insert(cart);
    expect((await adopt(owner, customer.id)).cartId).toBe(carts[2]?.id);
    expect(skusOf(await current(customer))).toEqual(["4 A", "2 B"]);
  });

  test("repeated, it changes nothing, whatever the customer did meanwhile", async () => {
    const customer = signedIn();
    const { cartId } = await cartOf({ A: 1 }, customer);
    const { guestId } = await cartOf({ A: 1, B: 1 });
    await adopt(guestId, customer.id);
    await under.client.removeItem({ cartId, sku: "B" }, customer.caller);
    const before = await current(customer);
    under.time.now += 1000;
    expect((await adopt(guestId, customer.id)).cartId).toBe("");
    expect((await adopt(guestId, signedIn().id)).cartId).toBe("");
    expect(await current(customer)).toEqual(before);
  });

  test("of a guest without carts, it gives nothing", async () => {
    const customer = signedIn();
    expect((await adopt(sha256Hex(newToken()), customer.id)).cartId).toBe("");
    expect(await failureOf(current(customer))).toMatchObject({ reason: "CART_NOT_FOUND" });
  });

  test("a change that is repeated with its key in the account's name is made once", async () => {
    const customer = signedIn();
    const { cartId, guestId, holder } = await cartOf({});
    const add = (caller: object) =>
      under.client.addItem({ cartId, sku: "A", quantity: 2n, requestId: "the key" }, caller);
    await add(holder);
    await adopt(guestId, customer.id);
    expect(skusOf(await add(customer.caller))).toEqual(["2 A"]);
  });

  describe("a cart of which an order is being made", () => {
    async function frozenCart() {
      const customer = signedIn();
      const own = await cartOf({ B: 1 }, customer);
      const { cartId, guestId } = await cartOf({ A: 3 });
      const ids = { cartId, orderId: "ord_1" };
      await under.client.freezeCart({ ...ids, owner: guestId }, order);
      expect((await adopt(guestId, customer.id)).cartId).toBe("");
      return { customer, own, cartId, ids };
    }

    test("is the customer's, and becomes the order", async () => {
      const { customer, own, cartId, ids } = await frozenCart();
      expect((await current(customer)).id).toBe(own.cartId);
      expect((await under.client.completeCart(ids, order)).owner).toBe(customer.id);
      const cart = await get(cartId, customer.caller);
      expect(cart).toMatchObject({ state: Cart_State.ORDERED, orderId: "ord_1" });
      expect(skusOf(cart)).toEqual(["3 A"]);
      expect(skusOf(await current(customer))).toEqual(["1 B"]);
    });

    test("is the customer's current cart when no order comes of it", async () => {
      const { customer, cartId, ids } = await frozenCart();
      under.time.now += 1000;
      await under.client.thawCart(ids, order);
      const cart = await current(customer);
      expect([cart.id, ...skusOf(cart)]).toEqual([cartId, "3 A"]);
    });
  });

  test("a cart that has become an order is the customer's", async () => {
    const customer = signedIn();
    const { cartId, guestId } = await cartOf({ A: 3 });
    await under.client.completeCart({ cartId, orderId: "ord_1" }, order);
    expect((await adopt(guestId, customer.id)).cartId).toBe("");
    expect((await get(cartId, customer.caller)).orderId).toBe("ord_1");
  });

  test("is for services, with a digest", async () => {
    const { guestId, holder } = await cartOf({});
    const { id: customerId, caller } = signedIn();
    for (const other of [as.staff, holder, caller]) {
      expect(await failureOf(under.client.adoptCarts({ guestId, customerId }, other))).toMatchObject({
        reason: "PERMISSION_DENIED",
      });
    }
    for (const [guest, customer] of [
      [customerId, customerId],
      ["", customerId],
      [guestId, ""],
    ] as const) {
      expect(await failureOf(adopt(guest, customer))).toMatchObject({ reason: "INVALID_ARGUMENT" });
    }
  });

  describe("many at once", () => {
    test("10 for one customer are one", async () => {
      const customer = signedIn();
      await cartOf({ A: 1 }, customer);
      const { guestId } = await cartOf({ A: 2, B: 3 });
      await Promise.all(Array.from({ length: 10 }, () => adopt(guestId, customer.id)));
      expect(skusOf(await current(customer))).toEqual(["3 A", "3 B"]);
    });

    test("of 10 for as many customers, one has the cart", async () => {
      const customers = Array.from({ length: 10 }, signedIn);
      for (const customer of customers) await cartOf({ A: 1 }, customer);
      const { guestId } = await cartOf({ A: 2 });
      const answers = await Promise.all(customers.map(({ id }) => adopt(guestId, id)));
      expect(answers.filter(({ cartId }) => cartId !== "")).toHaveLength(1);
      const units = await Promise.all(customers.map(async (each) => skusOf(await current(each))[0]));
      expect(units.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
        ...Array.from({ length: 9 }, () => "1 A"),
        "3 A",
      ]);
    });

    test("10 guests sign in to one account", async () => {
      const customer = signedIn();
      await cartOf({ A: 1 }, customer);
      under.shop.sell("A", { USD: 1n }, 100n);
      const guests = [];
      for (let n = 0; n < 10; n++) guests.push(await cartOf({ A: 2 }));
      await Promise.all(guests.map(({ guestId }) => adopt(guestId, customer.id)));
      const cart = await current(customer);
      expect(skusOf(cart)).toEqual(["21 A"]);
      // Nothing of the merges is left behind.
      expect(await under.deps.store.read(cart.id)).not.toHaveProperty("cart.receipts");
    });

    test("beside adds to both carts, no unit is lost or counted twice", async () => {
      const customer = signedIn();
      under.shop.sell("A", { USD: 1n }, 1000n);
      const own = await cartOf({ A: 1 }, customer);
      const guest = await cartOf({ A: 1 });
      /** How many units were added: none once the token opens the cart no longer. */
      const add = async ({ cartId, holder }: { cartId: string; holder: object }) => {
        try {
          await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
          return 1;
        } catch (err) {
          if (reasonOf(err) !== "NOT_OWNER") throw err;
          return 0;
        }
      };
      const calls = Array.from({ length: 15 }, (_, n) => [
        add(own),
        add(guest),
        ...(n % 5 === 2 ? [adopt(guest.guestId, customer.id).then(() => 0)] : []),
      ]);
      const added = await Promise.all(calls.flat());
      const total = 2 + added.reduce((sum, each) => sum + each, 0);
      expect(skusOf(await current(customer))).toEqual([`${total} A`]);
      expect((await get(guest.cartId, customer.caller)).lines).toEqual([]);
    });
  });
});
