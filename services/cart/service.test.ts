import { describe, expect, test } from "vitest";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { cartLifeMs } from "./cart.ts";
import { contact, describeCarts, shippingAddress } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("carts", (under) => {
  describe("CreateCart", () => {
    test("makes an empty open cart, whose token opens it", async () => {
      const { cart, holder } = await under.newCart();
      expect(cart).toMatchObject({
        state: Cart_State.OPEN,
        currencyCode: "USD",
        lines: [],
        itemTotal: { currencyCode: "USD", amount: 0n },
        orderId: "",
      });
      expect(cart.token).toMatch(/^[\w-]{43}$/);
      const again = await under.client.getCart({ cartId: cart.id }, holder);
      expect(again).toEqual({ ...cart, token: "" });
    });

    test("refuses a currency that does not exist", async () => {
      expect(await failureOf(under.client.createCart({ currencyCode: "XYZ" }))).toMatchObject({
        reason: "INVALID_ARGUMENT",
        metadata: {
          field: "currency_code",
        },
      });
    });
  });

  describe("ownership", () => {
    const calls: [string, (cartId: string, options?: object) => Promise<unknown>][] = [
      ["GetCart", (cartId, options) => under.client.getCart({ cartId }, options)],
      ["AddItem", (cartId, options) => under.client.addItem({ cartId, sku: "A", quantity: 1n }, options)],
      ["SetItem", (cartId, options) => under.client.setItem({ cartId, sku: "A", quantity: 1n }, options)],
      ["RemoveItem", (cartId, options) => under.client.removeItem({ cartId, sku: "A" }, options)],
      ["ClearCart", (cartId, options) => under.client.clearCart({ cartId }, options)],
      [
        "SetDelivery",
        (cartId, options) => under.client.setDelivery({ cartId, contact, shippingAddress }, options),
      ],
    ];
    test.each(calls)("%s is for the token's holder, staff and services", async (_, call) => {
      const { cartId, holder } = await under.newCart();
      expect(await failureOf(call(cartId))).toMatchObject({ reason: "UNAUTHENTICATED" });
      expect(await failureOf(call(cartId, as.guest("somebody else's")))).toMatchObject({
        reason: "NOT_OWNER",
      });
      await call(cartId, holder);
      await call(cartId, as.staff);
      await call(cartId, as.service("order"));
    });

    test.each(calls)("%s of a cart that does not exist, or no longer", async (_, call) => {
      expect(await failureOf(call("cart_00000000000000000000000000", as.staff))).toMatchObject({
        reason: "CART_NOT_FOUND",
      });
      expect(await failureOf(call("no cart's id", as.staff))).toMatchObject({ reason: "CART_NOT_FOUND" });
      const { cartId, holder } = await under.newCart();
      under.time.now += cartLifeMs;
      expect(await failureOf(call(cartId, holder))).toMatchObject({
        reason: "CART_NOT_FOUND",
        metadata: { cart_id: cartId },
      });
    });

    test("the order's steps are for services alone", async () => {
      const { cartId, holder } = await under.newCart();
      const ids = { cartId, orderId: "ord_1" };
      expect(await failureOf(under.client.freezeCart(ids, holder))).toMatchObject({
        reason: "PERMISSION_DENIED",
      });
      expect(await failureOf(under.client.thawCart(ids, holder))).toMatchObject({
        reason: "PERMISSION_DENIED",
      });
      expect(await failureOf(under.client.completeCart(ids, holder))).toMatchObject({
        reason: "PERMISSION_DENIED",
      });
    });
  });

  describe("SetDelivery", () => {
    test("is in every answer from then on", async () => {
      const { cartId, holder } = await under.newCart();
      await under.client.setDelivery({ cartId, contact, shippingAddress }, holder);
      const cart = await under.client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
      expect(cart).toMatchObject({ contact, shippingAddress });
    });

    test.each([undefined, true, false])("keep whether text messages are wanted: %s", async (smsOptIn) => {
      const { cartId, holder } = await under.newCart();
      await under.client.setDelivery({ cartId, contact: { ...contact, smsOptIn }, shippingAddress }, holder);
      expect((await under.client.getCart({ cartId }, holder)).contact?.smsOptIn).toBe(smsOptIn);
    });

    test.each([
      ["NUL", "a\u0000b"], // jsonb refuses it
      ["a line break", "a\nb"],
      ["half a character", "a\ud800"],
    ])("refuses a name with %s", async (_, name) => {
      const { cartId, holder } = await under.newCart();
      const call = under.client.setDelivery(
        { cartId, contact, shippingAddress: { ...shippingAddress, name } },
        holder,
      );
      expect(await failureOf(call)).toMatchObject({ reason: "INVALID_ARGUMENT" });
    });
  });
});
