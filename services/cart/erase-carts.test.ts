import { expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { contact, describeCarts, shippingAddress, signedIn } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

describeCarts("EraseCarts", (under) => {
  const customer = as.service("customer");
  const erase = (customerId: string) => under.client.eraseCarts({ customerId }, customer);

  /** A cart with a line, a coupon and a delivery. */
  async function filled({ caller }: ReturnType<typeof signedIn>): Promise<string> {
    const { id: cartId } = await under.client.createCart({}, caller);
    await under.client.addItem({ cartId, sku: "A", quantity: 1n }, caller);
    under.shop.coupons.set("MINE", 1n);
    await under.client.applyCoupon({ cartId, code: "MINE" }, caller);
    await under.client.setDelivery({ cartId, contact, shippingAddress }, caller);
    return cartId;
  }
  const freeze = (cartId: string) =>
    under.client.freezeCart({ cartId, orderId: `ord_${cartId}` }, as.service("order"));
  const find = (cartId: string) => failureOf(under.client.getCart({ cartId }, as.staff));
  const gone = { reason: "CART_NOT_FOUND" };

  test("deletes open and ordered carts, and nobody else's", async () => {
    const ada = signedIn();
    const ordered = await filled(ada);
    await freeze(ordered);
    await under.client.completeCart({ cartId: ordered, orderId: `ord_${ordered}` }, as.service("order"));
    const open = await filled(ada);
    const other = await filled(signedIn());
    await erase(ada.id);
    expect([await find(open), await find(ordered)]).toMatchObject([gone, gone]);
    expect(await under.client.getCart({ cartId: other }, as.staff)).toMatchObject({ contact });
    // Nothing is left in the store that a reader only passes over.
    const stored = await under.deps.store.read(open);
    expect(JSON.stringify(stored?.cart ?? {})).not.toMatch(/example\.com|St James|cus_|"A"|MINE/);
    await erase(ada.id);
  });

  test("leaves a cart of which an order is being made until that is over", async () => {
    const ada = signedIn();
    const cartId = await filled(ada);
    await freeze(cartId);
    await erase(ada.id);
    expect((await under.client.getCart({ cartId }, as.staff)).contact).toMatchObject(contact);
    await under.client.thawCart({ cartId, orderId: `ord_${cartId}` }, as.service("order"));
    await erase(ada.id);
    expect(await find(cartId)).toMatchObject(gone);
  });

  test("wins or loses against a change, and nothing between", async () => {
    const ada = signedIn();
    const cartId = await filled(ada);
    const adding = Array.from({ length: 8 }, () =>
      under.client.addItem({ cartId, sku: "B", quantity: 1n }, ada.caller),
    );
    const outcomes = await Promise.allSettled([erase(ada.id), ...adding]);
    expect(outcomes[0]?.status).toBe("fulfilled");
    const lost = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
    for (const err of lost) expect(reasonOf(err)).toBe(gone.reason);
    expect(await find(cartId)).toMatchObject(gone);
  });

  test("deletes more carts than a store tells of at once", async () => {
    const ada = signedIn();
    await Promise.all(Array.from({ length: 103 }, () => under.client.createCart({}, ada.caller)));
    await erase(ada.id);
    const listed = await under.deps.store.idsOf(ada.id);
    const left = await Promise.all(listed.map((id) => under.deps.store.read(id)));
    expect(left.filter((each) => each?.cart.owner === ada.id)).toEqual([]);
  });
});
