import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { AddressSchema, ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { newId, sha256Hex } from "../../lib/ids/ids.ts";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { address, Buyer, contact, holds, TestOrders, tokenOf } from "./testing/shop.ts";

let shop: TestOrders;
let customerId: string;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.reset();
  customerId = newId("cus");
});

const erase = () => shop.client.eraseOrders({ customerId }, as.service("customer"));
const read = (orderId: string) => shop.client.getOrder({ orderId }, as.staff);

/** An order that is fulfilled. */
async function fulfilled(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  await shop.work();
  expect(await buyer.state()).toBe("FULFILLED");
  return buyer;
}

/** Gives an order to the customer. */
async function adopt({ cartId }: Buyer): Promise<void> {
  const guestId = sha256Hex(tokenOf(cartId));
  await shop.client.adoptOrders({ guestId, customerId }, as.service("gateway"));
}

const personal = [contact.email, address.name, address.line1, address.city, address.postalCode];

test("blots out who a customer's orders were for, once and for all", async () => {
  const first = await fulfilled();
  const second = await shop.ready();
  await second.cancel();
  await adopt(first);
  await adopt(second);
  const caller = asPrincipal({ kind: "customer", id: customerId });
  await shop.client.confirmPayment({ orderId: first.orderId, requestId: "k" }, caller);
  const before = await read(first.orderId);
  const all = await storedText(shop.db);
  for (const each of personal) expect(all).toContain(each);

  for (let time = 0; time < 2; time++) {
    expect((await erase()).orderIds).toEqual([first.orderId, second.orderId]);
  }
  expect(await read(first.orderId)).toEqual({
    ...before,
    contact: create(ContactSchema),
    shippingAddress: create(AddressSchema, { countryCode: address.countryCode, state: address.state }),
  });
  const left = await storedText(shop.db);
  for (const each of personal) expect(left).not.toContain(each);
});

test("forgets what a shop front kept with an order", async () => {
  const cartId = shop.cart({ channel: "pycom", metadata: { customer_id: "Ada-42" } });
  const { id: orderId } = await shop.place(cartId);
  const buyer = new Buyer(shop, { orderId, cartId });
  await buyer.cancel();
  await adopt(buyer);
  expect((await read(orderId)).metadata).toEqual({ customer_id: "Ada-42" });
  await erase();
  expect((await read(orderId)).metadata).toEqual({});
  expect(await storedText(shop.db)).not.toContain("Ada-42");
});

test("nobody else's orders change, and who has none has none", async () => {
  const { orderId } = await fulfilled();
  const before = await read(orderId);
  expect((await erase()).orderIds).toEqual([]);
  expect(await read(orderId)).toEqual(before);
});

test.each<[string, (buyer: Buyer) => Promise<unknown>]>([
  ["waits for its payment", async () => undefined],
  ["is paid and not shipped", (buyer) => buyer.pay()],
  ["expired before its payment is given up", expireUnpaid],
])("changes nothing while an order %s", async (_, make) => {
  const done = await fulfilled();
  const buyer = await shop.ready();
  await make(buyer);
  await adopt(done);
  await adopt(buyer);
  expect(await outcomeOf(erase())).toMatchObject({
    reason: "ORDERS_OPEN",
    metadata: { order_id: buyer.orderId },
  });
  expect((await read(done.orderId)).contact).toMatchObject(contact);
});

/** The job that gives the payment up has not run yet. */
async function expireUnpaid(buyer: Buyer): Promise<void> {
  await buyer.transfer();
  shop.wire.before.set("payments.cancel", () => Promise.reject(new Error("away")));
  shop.advance(holds.transferMs + holds.transferSlackMs + 60_000);
  await shop.sweep();
}

test("a repeated PlaceOrder is refused with the order's id", async () => {
  const buyer = await fulfilled();
  await adopt(buyer);
  await erase();
  const again = shop.client.placeOrder(
    { cartId: buyer.cartId, requestId: `place ${buyer.cartId}` },
    as.staff,
  );
  expect(await outcomeOf(again)).toMatchObject({
    reason: "CART_ALREADY_ORDERED",
    metadata: { order_id: buyer.orderId },
  });
});

test("a refund that comes after it is made, and nobody is told", async () => {
  const buyer = await fulfilled();
  const paymentId = await buyer.paymentId();
  await adopt(buyer);
  await erase();
  shop.payments.set(paymentId, "REFUNDED");
  const { orderId } = buyer;
  await shop.client.settlePayment({ orderId }, as.service("payment"));
  await shop.work();
  expect(shop.jobs).toEqual([]);
  expect((await read(orderId)).payment?.state).toBe(OrderPayment_State.REFUNDED);
  expect(shop.notify.toldOf(orderId)).toEqual(["FULFILLED"]);
});

test("late money revives no order that was erased: it goes back", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  await buyer.cancel();
  await shop.work();
  const paymentId = await buyer.paymentId();
  await adopt(buyer);
  await erase();
  shop.payments.set(paymentId, "CAPTURED");
  const { orderId } = buyer;
  await shop.client.settlePayment({ orderId }, as.service("payment"));
  await shop.work();
  expect(shop.jobs).toEqual([]);
  expect(shop.payments.takenFor(orderId)).toBe(0n);
  expect((await read(orderId)).payment?.state).toBe(OrderPayment_State.REFUNDED);
  expect(shop.notify.toldOf(orderId)).not.toContain("REFUNDED");
});

test("of an erasure and a cancellation at once, one comes first", async () => {
  const buyer = await shop.ready();
  await adopt(buyer);
  const caller = asPrincipal({ kind: "customer", id: customerId });
  const [erased, canceled] = await Promise.all([
    outcomeOf(erase()),
    shop.client.cancelOrder({ orderId: buyer.orderId }, caller),
  ]);
  expect(canceled.id).toBe(buyer.orderId);
  const blotted = (await read(buyer.orderId)).contact?.email === "";
  expect(erased).toMatchObject(
    blotted ? { answer: { orderIds: [buyer.orderId] } } : { reason: "ORDERS_OPEN" },
  );
});

test("takes five statements, however many orders there are", async () => {
  await adopt(await fulfilled());
  await adopt(await fulfilled());
  shop.statements.length = 0;
  await erase();
  expect(shop.statements).toHaveLength(5);
});
