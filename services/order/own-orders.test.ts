import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { newId, sha256Hex } from "../../lib/ids/ids.ts";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, buyerOf, TestOrders, tokenOf } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

/** A signed-in customer: the account's id, and calls in its name. */
function signedIn() {
  const id = newId("cus");
  return { id, caller: asPrincipal({ kind: "customer", id }) };
}
type Caller = ReturnType<typeof signedIn>["caller"];

const card = { case: "card", value: { paymentMethod: "pm_card_visa" } } as const;

/** An order of the customer's own cart, ready to be paid. */
async function placedBy({ id, caller }: ReturnType<typeof signedIn>): Promise<string> {
  const { id: orderId } = await shop.client.placeOrder({ cartId: shop.cart({ owner: id }) }, caller);
  await shop.client.setShippingMethod({ orderId, shippingMethodId: "rate_0" }, caller);
  return orderId;
}

const own = async (caller: Caller, request: Parameters<typeof shop.client.listOwnOrders>[0] = {}) => {
  const { orders, nextPageToken } = await shop.client.listOwnOrders(request, caller);
  return { ids: orders.map(({ id }) => id), nextPageToken };
};

const adopt = ({ cartId }: Pick<Buyer, "cartId">, { id: customerId }: { id: string }) =>
  shop.client.adoptOrders({ guestId: sha256Hex(tokenOf(cartId)), customerId }, as.service("gateway"));

describe("a customer's order", () => {
  test("is placed, paid, confirmed, read and canceled by the customer", async () => {
    const customer = signedIn();
    const { caller } = customer;
    const orderId = await placedBy(customer);
    expect((await shop.client.payOrder({ orderId, method: card }, caller)).state).toBe(Order_State.PAID);
    expect((await shop.client.confirmPayment({ orderId }, caller)).state).toBe(Order_State.PAID);
    expect((await shop.client.cancelOrder({ orderId }, caller)).state).toBe(Order_State.CANCELED);
    expect((await shop.client.getOrder({ orderId }, caller)).state).toBe(Order_State.CANCELED);
    const { events } = await shop.client.listOrderEvents({ orderId }, caller);
    expect(events.map(({ kind }) => kind)).toContain("canceled");
  });

  test("is nobody else's", async () => {
    const customer = signedIn();
    const orderId = await placedBy(customer);
    const calls: ((caller: Caller) => Promise<unknown>)[] = [
      (caller) => shop.client.getOrder({ orderId }, caller),
      (caller) => shop.client.listOrderEvents({ orderId }, caller),
      (caller) => shop.client.setShippingMethod({ orderId, shippingMethodId: "rate_1" }, caller),
      (caller) => shop.client.payOrder({ orderId, method: card }, caller),
      (caller) => shop.client.confirmPayment({ orderId }, caller),
      (caller) => shop.client.cancelOrder({ orderId }, caller),
    ];
    // A token that reads like the account's id is no account.
    for (const stranger of [signedIn().caller, as.guest("a token"), as.guest(customer.id)]) {
      for (const call of calls) {
        expect(await outcomeOf(call(stranger))).toMatchObject({ reason: "NOT_OWNER" });
      }
    }
    const cartId = shop.cart({ owner: customer.id });
    expect(await outcomeOf(shop.client.placeOrder({ cartId }, signedIn().caller))).toMatchObject({
      reason: "NOT_OWNER",
    });
    expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
  });
});

describe("ListOwnOrders", () => {
  test("lists a customer's orders, the newest first, in pages, by state", async () => {
    const customer = signedIn();
    const { caller } = customer;
    await placedBy(signedIn());
    const [first, second, third] = [
      await placedBy(customer),
      await placedBy(customer),
      await placedBy(customer),
    ];
    await shop.client.payOrder({ orderId: second, method: card }, caller);
    expect((await own(caller)).ids).toEqual([third, second, first]);
    expect((await own(caller, { state: Order_State.PAID })).ids).toEqual([second]);
    const one = await own(caller, { pageSize: 2 });
    const two = await own(caller, { pageSize: 2, pageToken: one.nextPageToken });
    expect([...one.ids, ...two.ids, two.nextPageToken]).toEqual([third, second, first, ""]);
  });

  test("lists a guest's order", async () => {
    const { cartId, orderId } = await shop.ready();
    await shop.ready();
    expect((await own(buyerOf(cartId))).ids).toEqual([orderId]);
  });

  test("has nothing for who has none, staff and services among them", async () => {
    await shop.ready();
    for (const caller of [signedIn().caller, as.guest("nothing"), as.staff, as.service("gateway")]) {
      expect(await own(caller)).toEqual({ ids: [], nextPageToken: "" });
    }
    expect(await outcomeOf(shop.client.listOwnOrders({}))).toMatchObject({ reason: "UNAUTHENTICATED" });
  });

  test("refuses the token of another's list, of other filters, of another list", async () => {
    const customer = signedIn();
    await placedBy(customer);
    await placedBy(customer);
    const { nextPageToken: pageToken } = await own(customer.caller, { pageSize: 1 });
    const { nextPageToken: ofAll } = await shop.client.listOrders({ pageSize: 1 }, as.staff);
    for (const call of [
      () => own(signedIn().caller, { pageToken }),
      () => own(customer.caller, { pageToken, state: Order_State.PAID }),
      () => own(customer.caller, { pageToken: ofAll }),
      () => shop.client.listOrders({ pageToken }, as.staff),
    ]) {
      expect(await outcomeOf(call())).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
    }
  });
});

describe("AdoptOrders", () => {
  test("gives a guest's order to the customer; the token opens it no longer", async () => {
    const buyer = await shop.ready();
    const other = await shop.ready();
    const customer = signedIn();
    const before = await buyer.get();
    expect(await adopt(buyer, customer)).toMatchObject({ orderCount: 1 });
    expect(await shop.client.getOrder({ orderId: buyer.orderId }, customer.caller)).toEqual(before);
    expect((await own(customer.caller)).ids).toEqual([buyer.orderId]);
    expect(await outcomeOf(buyer.get())).toMatchObject({ reason: "NOT_OWNER" });
    expect((await other.get()).id).toBe(other.orderId);
  });

  test("repeated changes nothing, and gives nothing to the next account", async () => {
    const buyer = await shop.ready();
    const customer = signedIn();
    await adopt(buyer, customer);
    expect(await adopt(buyer, customer)).toMatchObject({ orderCount: 0 });
    expect(await adopt(buyer, signedIn())).toMatchObject({ orderCount: 0 });
    expect((await own(customer.caller)).ids).toEqual([buyer.orderId]);
  });

  test("of ten accounts at once, one gets the order", async () => {
    const buyer = await shop.ready();
    const customers = Array.from({ length: 10 }, signedIn);
    const counts = await Promise.all(customers.map(async (each) => (await adopt(buyer, each)).orderCount));
    expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const lists = await Promise.all(customers.map(async ({ caller }) => (await own(caller)).ids.length));
    expect(lists).toEqual(counts);
  });

  test("is for services, with a digest", async () => {
    const { cartId } = await shop.ready();
    const customerId = "cus_1";
    const guestId = sha256Hex(tokenOf(cartId));
    for (const caller of [as.staff, buyerOf(cartId), signedIn().caller]) {
      expect(await outcomeOf(shop.client.adoptOrders({ guestId, customerId }, caller))).toMatchObject({
        reason: "PERMISSION_DENIED",
      });
    }
    for (const wrong of [
      { guestId: customerId, customerId },
      { guestId: "", customerId },
      { guestId, customerId: "" },
    ]) {
      expect(await outcomeOf(shop.client.adoptOrders(wrong, as.service("gateway")))).toMatchObject({
        reason: "INVALID_ARGUMENT",
      });
    }
  });

  test("in the midst of a payment: the customer goes on with it", async () => {
    const buyer = await shop.ready();
    const customer = signedIn();
    const { payment } = await buyer.pay("pm_3ds", "the key");
    await adopt(buyer, customer);
    shop.payments.set(payment?.id ?? "", "AUTHORIZED");
    const { orderId } = buyer;
    const method = { case: "card", value: { paymentMethod: "pm_3ds" } } as const;
    // The call is repeated with its key in the account's name: no second attempt.
    const again = await shop.client.payOrder({ orderId, requestId: "the key", method }, customer.caller);
    expect(again.payment?.id).toBe(payment?.id);
    expect((await shop.client.confirmPayment({ orderId }, customer.caller)).state).toBe(Order_State.PAID);
  });

  test("a PlaceOrder repeated with its key in the account's name gets the first answer", async () => {
    const customer = signedIn();
    const cartId = shop.cart();
    const first = await shop.place(cartId, { requestId: "the key" });
    await adopt({ cartId }, customer);
    expect(await shop.client.placeOrder({ cartId, requestId: "the key" }, customer.caller)).toEqual(first);
  });

  test.each(["carts.freeze", "inventory.reserve", "shipping.create"])(
    "an order that is being placed when the guest signs in, after %s, is the customer's",
    async (step) => {
      const customer = signedIn();
      const cartId = shop.cart();
      shop.wire.after.set(step, async () => {
        Object.assign(shop.carts.carts.get(cartId) ?? {}, { owner: customer.id });
        expect(await adopt({ cartId }, customer)).toMatchObject({ orderCount: 0 });
      });
      const { id: orderId } = await shop.place(cartId);
      expect(shop.carts.carts.get(cartId)?.state).toBe("ORDERED");
      expect((await own(customer.caller)).ids).toEqual([orderId]);
    },
  );

  test("an order whose cart could not be completed is the customer's when PlaceOrder is repeated", async () => {
    const customer = signedIn();
    const cartId = shop.cart();
    shop.wire.after.set("shipping.create", () => {
      Object.assign(shop.carts.carts.get(cartId) ?? {}, { owner: customer.id });
    });
    shop.wire.before.set("carts.complete", away);
    const first = await shop.place(cartId, { requestId: "the key" });
    shop.wire.clear();
    expect(await shop.client.placeOrder({ cartId, requestId: "the key" }, customer.caller)).toEqual(first);
    expect((await own(customer.caller)).ids).toEqual([first.id]);
  });
});
