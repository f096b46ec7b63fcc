import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { describeCarts, signedIn, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("a cart of another shop front", (under) => {
  const front = as.service("legacy");

  test("is the guest's for whom it was made, and keeps its channel until it is an order", async () => {
    const { client } = under;
    const token = randomUUID();
    const guestId = sha256Hex(token);
    const made = await client.createCart({ channel: "online-store", guestId }, front);
    expect(made).toMatchObject({ channel: "online-store", token: "" });
    const holder = as.guest(token);
    await client.addItem({ cartId: made.id, sku: "A", quantity: 2n }, holder);
    const current = await client.getCurrentCart({}, holder);
    expect(current).toMatchObject({ id: made.id, channel: "online-store" });
    expect(skusOf(current)).toEqual(["2 A"]);
    expect(await failureOf(client.getCart({ cartId: made.id }, as.guest("another")))).toMatchObject({
      reason: "NOT_OWNER",
    });
    const frozen = await client.freezeCart({ cartId: made.id, orderId: "ord_1" }, as.service("order"));
    expect(frozen).toMatchObject({ owner: guestId, cart: { channel: "online-store" } });
  });

  test("without a guest has a token, as any other", async () => {
    const { id: cartId, token, channel } = await under.client.createCart({ channel: "pycom" }, front);
    expect(channel).toBe("pycom");
    expect(await under.client.getCart({ cartId }, as.guest(token))).toMatchObject({ channel: "pycom" });
  });

  test("keeps what the front wants kept, as a whole, until it is an order", async () => {
    const { client } = under;
    const { id: cartId, token } = await client.createCart({ channel: "pycom" }, front);
    const set = (metadata: Record<string, string>) => client.setCartMetadata({ cartId, metadata }, front);
    expect((await client.getCart({ cartId }, front)).metadata).toEqual({});
    expect(await set({ customer: "42", payment: "BCA_VA" })).toMatchObject({
      metadata: { customer: "42", payment: "BCA_VA" },
    });
    const changed = await set({ customer: "43" });
    expect(changed.metadata).toEqual({ customer: "43" });
    expect(await set({ customer: "43" })).toEqual(changed);
    await client.addItem({ cartId, sku: "A", quantity: 1n }, as.guest(token));
    const { cart } = await client.freezeCart({ cartId, orderId: "ord_1" }, as.service("order"));
    expect(cart?.metadata).toEqual({ customer: "43" });
    expect(await failureOf(set({}))).toMatchObject({ reason: "CART_NOT_OPEN" });
  });

  test("of the shop's own front has no channel", async () => {
    expect((await under.newCart()).cart.channel).toBe("");
  });

  test("repeats its key by guest, and refuses it with another channel", async () => {
    const { client } = under;
    const requestId = randomUUID();
    const request = { requestId, channel: "pycom", guestId: sha256Hex(randomUUID()) };
    const first = await client.createCart(request, front);
    expect(await client.createCart(request, front)).toEqual(first);
    const other = await client.createCart({ ...request, guestId: sha256Hex(randomUUID()) }, front);
    expect(other.id).not.toBe(first.id);
    expect(await failureOf(client.createCart({ ...request, channel: "online-store" }, front))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
    });
  });

  test.each([
    ["anybody", undefined],
    ["a guest", as.guest("token")],
    ["a customer", signedIn().caller],
    ["staff", as.staff],
  ])("is refused to %s, by field", async (_who, caller) => {
    expect(await failureOf(under.client.createCart({ channel: "pycom" }, caller))).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: { field: "channel" },
    });
    expect(await failureOf(under.client.createCart({ guestId: sha256Hex("token") }, caller))).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: { field: "guest_id" },
    });
  });
});
