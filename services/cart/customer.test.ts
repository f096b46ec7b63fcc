import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { cartLifeMs, freezeMs } from "./cart.ts";
import { contact, describeCarts, shippingAddress, signedIn, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("a customer's cart", (under) => {
  const order = as.service("order");
  const add = (cartId: string, caller: object, sku = "A") =>
    under.client.addItem({ cartId, sku, quantity: 1n }, caller);

  test("is the account's: no token, and nobody else opens it", async () => {
    const { id, caller } = signedIn();
    const cart = await under.client.createCart({}, caller);
    expect(cart).toMatchObject({ token: "", state: Cart_State.OPEN });
    const cartId = cart.id;
    expect(skusOf(await add(cartId, caller))).toEqual(["1 A"]);
    await under.client.setDelivery({ cartId, contact, shippingAddress }, caller);
    for (const stranger of [signedIn().caller, as.guest("a token"), as.guest(id), as.guest("")]) {
      expect(await failureOf(under.client.getCart({ cartId }, stranger))).toMatchObject({
        reason: "NOT_OWNER",
      });
      expect(await failureOf(add(cartId, stranger))).toMatchObject({ reason: "NOT_OWNER" });
    }
    const freeze = (owner: string) => under.client.freezeCart({ cartId, orderId: "ord_1", owner }, order);
    expect(await failureOf(freeze(signedIn().id))).toMatchObject({ reason: "NOT_OWNER" });
    expect((await freeze(id)).owner).toBe(id);
  });

  test("is made once for its key, by each customer", async () => {
    const [one, other] = [signedIn(), signedIn()];
    const requestId = randomUUID();
    const create = (caller: object) => under.client.createCart({ requestId }, caller);
    const carts = await Promise.all([create(one.caller), create(one.caller), create(other.caller)]);
    expect(carts[1]).toEqual(carts[0]);
    expect(carts[2].id).not.toBe(carts[0].id);
    await add(carts[0].id, one.caller);
    expect(await failureOf(add(carts[0].id, other.caller))).toMatchObject({ reason: "NOT_OWNER" });
  });

  describe("GetCurrentCart", () => {
    const current = (caller: object) => under.client.getCurrentCart({}, caller);
    /** Makes carts one after the other, each with a unit of A. */
    async function cartsOf(caller: object, count: number): Promise<string[]> {
      const ids: string[] = [];
      for (let n = 0; n < count; n++) {
        under.time.now += 1000;
        const { id } = await under.client.createCart({}, caller);
        await add(id, caller);
        ids.push(id);
      }
      return ids;
    }

    test("is the one that changed last, priced and checked now", async () => {
      const { caller } = signedIn();
      const [one = "", two = ""] = await cartsOf(caller, 2);
      expect((await current(caller)).id).toBe(two);
      under.time.now += 1000;
      await add(one, caller);
      under.shop.sell("A", { USD: 1100n }, 1n);
      const found = await current(caller);
      expect(found).toMatchObject({
        id: one,
        itemTotal: { amount: 1100n },
        lines: [{ requestedQuantity: 2n }],
      });
      expect(found).toEqual(await under.client.getCart({ cartId: one }, caller));
    });

    test("is open: not one of which an order is being made, or was", async () => {
      const { caller } = signedIn();
      const ids = await cartsOf(caller, 12);
      const [one = "", two = ""] = ids;
      for (const cartId of ids.slice(2)) {
        await under.client.completeCart({ cartId, orderId: `of ${cartId}` }, order);
      }
      await under.client.freezeCart({ cartId: two, orderId: "ord_1" }, order);
      expect((await current(caller)).id).toBe(one);
      under.time.now += freezeMs;
      expect((await current(caller)).id).toBe(two);
    });

    test("is the guest's, by the token", async () => {
      const { cartId, holder } = await under.newCart();
      await add(cartId, holder);
      await under.newCart();
      expect(await current(holder)).toEqual(await under.client.getCart({ cartId }, holder));
    });

    test("is not found when there is none", async () => {
      const { caller } = signedIn();
      const [cartId = ""] = await cartsOf(caller, 1);
      const { client } = under;
      for (const nobody of [signedIn().caller, as.guest("nothing"), as.staff, order]) {
        expect(await failureOf(current(nobody))).toMatchObject({ reason: "CART_NOT_FOUND" });
      }
      await client.completeCart({ cartId, orderId: "ord_1" }, order);
      expect(await failureOf(current(caller))).toMatchObject({ reason: "CART_NOT_FOUND" });
      await cartsOf(caller, 1);
      under.time.now += cartLifeMs;
      expect(await failureOf(current(caller))).toMatchObject({ reason: "CART_NOT_FOUND" });
      expect(await failureOf(client.getCurrentCart({}))).toMatchObject({ reason: "UNAUTHENTICATED" });
    });
  });
});
