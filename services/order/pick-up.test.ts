import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { Buyer, buyerOf, contact, holds, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

/** A cart without a delivery, as other shop fronts make them. */
const nobodys = () => {
  const cartId = shop.cart({ channel: "counter", metadata: { desk: "3" } });
  delete shop.carts.carts.get(cartId)?.contact;
  delete shop.carts.carts.get(cartId)?.shippingAddress;
  return cartId;
};
const facade = as.service("gateway");
async function fetched(more: { contact?: typeof contact } = {}): Promise<Buyer> {
  const cartId = nobodys();
  const { id } = await shop.client.placeOrder({ cartId, pickUp: true, ...more }, facade);
  return new Buyer(shop, { orderId: id, cartId });
}

test("what the buyer fetches needs no contact, no address and no shipping, and has no label", async () => {
  const buyer = await fetched();
  expect(await buyer.get()).toMatchObject({
    state: Order_State.PENDING_PAYMENT,
    channel: "counter",
    metadata: { desk: "3" },
    pickUp: true,
    shippingMethods: [],
    total: { amount: 2000n },
  });
  expect(await buyer.get()).not.toHaveProperty("contact");
  expect(await buyer.pay()).toMatchObject({ state: Order_State.PAID });
  await shop.work();
  const order = await buyer.get();
  expect(order).toMatchObject({ state: Order_State.FULFILLED, pickUp: true });
  expect(order.fulfillment).toBeUndefined();
  expect(await buyer.holdings()).toMatchObject({ goods: ["COMMITTED"], taken: 2000n });
  expect(await buyer.events()).toEqual(["placed", "payment_started", "paid", "fulfilled"]);
  expect(shop.wire.calls.filter((call) => call.startsWith("shipping."))).toEqual([]);
  expect(shop.notify.toldOf(buyer.orderId)).toEqual([]);
  const { unavailable, timeline } = await shop.client.explainOrder({ orderId: buyer.orderId }, as.staff);
  expect(unavailable).toEqual([]);
  expect(timeline.map(({ kind }) => kind)).toContain("fulfilled");
});

test("a buyer who fetches the goods and can be reached is told", async () => {
  const buyer = await fetched({ contact });
  await buyer.pay();
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED"]);
});

test("it can be canceled, and late money revives it", async () => {
  const canceled = await fetched();
  await canceled.pay();
  await canceled.cancel();
  await shop.work();
  expect(await canceled.holdings()).toMatchObject({ state: "CANCELED", goods: ["RESTOCKED"], taken: 0n });

  const late = await fetched();
  await late.transfer();
  shop.advance(holds.transferMs + holds.transferSlackMs + 1);
  await shop.sweep();
  expect(await late.state()).toBe("EXPIRED");
  shop.payments.set(await late.paymentId(), "CAPTURED");
  await late.settle();
  await shop.work();
  expect(await late.state()).toBe("FULFILLED");
});

test.each(["guest", "staff"])("it is refused from a %s", async (who) => {
  const cartId = shop.cart();
  const call = shop.client.placeOrder({ cartId, pickUp: true }, who === "staff" ? as.staff : buyerOf(cartId));
  expect(await outcomeOf(call)).toMatchObject({ reason: "INVALID_ARGUMENT" });
  expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
});

test("orders are listed by the shop front they came through", async () => {
  const first = await fetched();
  await shop.place(shop.cart());
  const second = await fetched();
  const list = async (channel: string, more = {}) => {
    const page = await shop.client.listOrders({ channel, ...more }, as.staff);
    return { ids: page.orders.map(({ id }) => id), token: page.nextPageToken };
  };
  expect((await list("counter")).ids.slice(0, 2)).toEqual([second.orderId, first.orderId]);
  expect((await list("kiosk")).ids).toEqual([]);
  const page = await list("counter", { pageSize: 1 });
  expect((await list("counter", { pageSize: 1, pageToken: page.token })).ids).toEqual([first.orderId]);
  const other = shop.client.listOrders({ pageSize: 1, pageToken: page.token }, as.staff);
  expect(await outcomeOf(other)).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
});
