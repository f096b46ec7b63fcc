import { describe, expect, test } from "vitest";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { freezeMs } from "./cart.ts";
import { contact, describeCarts, shippingAddress } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";
import { sellable } from "./testing/fake-shop.ts";

describeCarts("an order of a cart", (under) => {
  describe("FreezeCart", () => {
    const order = as.service("order");
    async function cartOfTwo() {
      const made = await under.newCart();
      const { cartId, holder } = made;
      await under.client.addItem({ cartId, sku: "A", quantity: 3n }, holder);
      await under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder);
      return made;
    }

    test("returns what is asked for, priced now, with owner and packages", async () => {
      const { cart, cartId } = await cartOfTwo();
      under.shop.sell("A", { USD: 1100n }, 1n); // one left of three: Reserve will say so
      const answer = await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      expect(answer.cart).toMatchObject({
        state: Cart_State.FROZEN,
        orderId: "ord_1",
        token: "",
        itemTotal: { amount: 3550n },
        lines: [
          { sku: "A", quantity: 3n, requestedQuantity: 3n, unitPrice: { amount: 1100n } },
          { sku: "B", quantity: 1n, requestedQuantity: 1n, unitPrice: { amount: 250n } },
        ],
      });
      expect(answer.owner).toBe(sha256Hex(cart.token));
      expect(answer.packages).toMatchObject([
        { sku: "A", lengthMm: 300, widthMm: 200, heightMm: 100, weightG: 450 },
        { sku: "B", lengthMm: 300, widthMm: 200, heightMm: 100, weightG: 450 },
      ]);
    });

    test("says what customs ask, also of goods without a size, and nothing of what is not known", async () => {
      const { cartId } = await cartOfTwo();
      const customs = { originCountryCode: "PT", tariffNumber: "691200" };
      under.shop.variants.set("A", sellable("A", { USD: 1000n }, undefined, customs));
      under.shop.variants.set("B", sellable("B", { USD: 250n }));
      const { packages } = await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      expect(packages).toMatchObject([{ sku: "A", weightG: 0, ...customs }]);
    });

    test("closes the cart to every change, for two minutes", async () => {
      const { cartId, holder } = await cartOfTwo();
      const { client, time } = under;
      await client.freezeCart({ cartId, orderId: "ord_1" }, order);
      const changes = [
        () => client.addItem({ cartId, sku: "A", quantity: 1n }, holder),
        () => client.setItem({ cartId, sku: "A", quantity: 1n }, holder),
        () => client.removeItem({ cartId, sku: "A" }, holder),
        () => client.clearCart({ cartId }, holder),
        () => client.setDelivery({ cartId, contact, shippingAddress }, holder),
      ];
      time.now += freezeMs - 1;
      for (const change of changes) {
        expect(await failureOf(change())).toMatchObject({
          reason: "CART_NOT_OPEN",
          metadata: { cart_id: cartId, state: "FROZEN" },
        });
      }
      time.now += 1;
      expect(await client.getCart({ cartId }, holder)).toMatchObject({ state: Cart_State.OPEN, orderId: "" });
      for (const change of changes) {
        await change();
      }
    });

    test("again: the latest order has it, and two minutes from then", async () => {
      const { cartId, holder } = await cartOfTwo();
      await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      under.time.now += freezeMs - 1;
      const again = await under.client.freezeCart({ cartId, orderId: "ord_2" }, order);
      expect(again.cart?.orderId).toBe("ord_2");
      under.time.now += freezeMs - 1;
      expect((await under.client.getCart({ cartId }, holder)).state).toBe(Cart_State.FROZEN);
    });

    test("after the time is over another order may have it", async () => {
      const { cartId } = await cartOfTwo();
      await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      under.time.now += freezeMs;
      const again = await under.client.freezeCart({ cartId, orderId: "ord_2" }, order);
      expect(again.cart?.orderId).toBe("ord_2");
    });

    test("refuses to order somebody else's cart, and leaves it open", async () => {
      const { cart, cartId, holder } = await cartOfTwo();
      const stranger = sha256Hex("another token");
      const call = under.client.freezeCart({ cartId, orderId: "ord_1", owner: stranger }, order);
      expect(await failureOf(call)).toMatchObject({ reason: "NOT_OWNER" });
      expect((await under.client.getCart({ cartId }, holder)).state).toBe(Cart_State.OPEN);
      const owner = sha256Hex(cart.token);
      const frozen = await under.client.freezeCart({ cartId, orderId: "ord_1", owner }, order);
      expect(frozen.cart?.state).toBe(Cart_State.FROZEN);
    });

    test("refuses an empty cart, and one with what cannot be sold", async () => {
      const { cartId, holder } = await under.newCart();
      const freeze = () => under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      expect(await failureOf(freeze())).toMatchObject({
        reason: "CART_EMPTY",
        metadata: { cart_id: cartId },
      });
      await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      await under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder);
      under.shop.variants.delete("B");
      expect(await failureOf(freeze())).toMatchObject({
        reason: "CART_LINE_INVALID",
        metadata: { sku: "B" },
      });
      under.shop.sell("B", { EUR: 1n }, 1n);
      expect(await failureOf(freeze())).toMatchObject({
        reason: "CART_LINE_INVALID",
        metadata: { sku: "B", currency_code: "USD" },
      });
      expect((await under.client.getCart({ cartId }, holder)).state).toBe(Cart_State.OPEN);
    });

    test("thaws for its order only", async () => {
      const { cartId, holder } = await cartOfTwo();
      const state = async () => (await under.client.getCart({ cartId }, holder)).state;
      await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      await under.client.thawCart({ cartId, orderId: "ord_2" }, order);
      expect(await state()).toBe(Cart_State.FROZEN);
      await under.client.thawCart({ cartId, orderId: "ord_1" }, order);
      await under.client.thawCart({ cartId, orderId: "ord_1" }, order);
      expect(await state()).toBe(Cart_State.OPEN);
    });

    test("says of an ordered cart that it is one, whatever became of its lines", async () => {
      const { cartId, holder } = await cartOfTwo();
      await under.client.freezeCart({ cartId, orderId: "ord_1" }, order);
      await under.client.completeCart({ cartId, orderId: "ord_1" }, order);
      await under.client.completeCart({ cartId, orderId: "ord_1" }, order);
      under.shop.variants.delete("A");
      under.time.now += freezeMs;
      const { cart } = await under.client.freezeCart({ cartId, orderId: "ord_2" }, order);
      expect(cart).toMatchObject({ state: Cart_State.ORDERED, orderId: "ord_1" });
      await under.client.thawCart({ cartId, orderId: "ord_1" }, order);
      const change = under.client.clearCart({ cartId }, holder);
      expect(await failureOf(change)).toMatchObject({
        reason: "CART_NOT_OPEN",
        metadata: { state: "ORDERED" },
      });
      expect(await failureOf(under.client.completeCart({ cartId, orderId: "ord_2" }, order))).toMatchObject({
        reason: "CART_NOT_OPEN",
      });
    });

    test.each(["freezeCart", "thawCart", "completeCart"] as const)("%s of no cart", async (method) => {
      const call = under.client[method]({ cartId: "cart_0", orderId: "ord_1" }, order);
      expect(await failureOf(call)).toMatchObject({
        reason: "CART_NOT_FOUND",
        metadata: { cart_id: "cart_0" },
      });
    });
  });
});
