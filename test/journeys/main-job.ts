import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newBuyer, newOrder } from "../support/buyer.ts";
import { infoIn, reasonIn } from "../support/rest.ts";
import type { TestShop } from "../support/shop.ts";

/**
 * The main job over REST alone: search → product → cart → two products → order
 * → rate → a declined card → a good card → paid → shipped, with a label that is
 * a PDF, one e-mail and one text message.
 */
export async function buyByCard(shop: TestShop, word: string): Promise<void> {
  const { rest } = shop;
  await shop.sell(`${word}-A`, { title: `${word} teapot`, stock: 10, price: 2500 });
  await shop.sell(`${word}-B`, { title: `${word} cup`, stock: 10, price: 700 });
  const found = await rest("GET", `/v1/products?query=${word}+teapot`);
  expect(found.body.products).toHaveLength(1);
  const product = await rest("GET", `/v1/products/${found.body.products[0].id}`);
  const [{ sku }] = product.body.variants as [{ sku: string }];

  const buyer = await newBuyer(rest);
  await buyer.add(sku, 2);
  const cart = await buyer.add(`${word}-B`);
  expect(cart.body.itemTotal).toEqual({ currencyCode: "USD", amount: 5700 });
  const email = `${word.toLowerCase()}@example.com`;
  await buyer.deliver(email);

  const placed = await buyer.place();
  expect(placed.body.state).toBe("STATE_PENDING_PAYMENT");
  expect(await shop.stock(sku)).toMatchObject({ onHand: 10, reserved: 2, available: 8 });
  const orderId = placed.body.id as string;
  const unshipped = await buyer.payByCard(orderId, "pm_card_visa");
  expect([unshipped.status, reasonIn(unshipped)]).toEqual([400, "SHIPPING_METHOD_MISSING"]);
  const chosen = await buyer.chooseCheapest(placed);
  expect(chosen.body.total.amount).toBe(5700 + placed.body.shippingMethods[0].price.amount);

  const declined = await buyer.payByCard(orderId, "pm_card_chargeDeclined");
  expect(declined.status).toBe(400);
  expect(infoIn(declined)).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: { decline_code: "generic_decline" },
  });
  expect(await shop.stock(sku)).toMatchObject({ reserved: 2 });
  const paid = await buyer.payByCard(orderId, "pm_card_visa");
  expect(paid.body).toMatchObject({ state: "STATE_PAID", payment: { state: "STATE_CAPTURED" } });
  expect(await shop.stock(sku)).toMatchObject({ onHand: 8, reserved: 0 });

  await expectShipped(shop, { orderId, token: buyer.token, email });
}

/** A bank transfer that staff confirm ends like a card; one that they reject gives the goods back. */
export async function buyByTransfer(shop: TestShop, word: string): Promise<void> {
  const sku = `${word}-T`;
  await shop.sell(sku, { stock: 5 });
  const confirmed = await newOrder(shop.rest, [sku]);
  const orderId = confirmed.order.body.id as string;
  const waiting = await confirmed.buyer.payByTransfer(orderId, "BCA_VA");
  expect(waiting.body).toMatchObject({
    state: "STATE_PENDING_PAYMENT",
    payment: { state: "STATE_AWAITING_TRANSFER", method: "BCA_VA" },
  });
  const { transfer } = waiting.body.payment;
  expect(transfer).toMatchObject({ bank: "BCA_VA", amount: waiting.body.total });
  expect(Date.parse(waiting.body.holdExpireTime)).toBeGreaterThan(Date.parse(transfer.deadline));
  await pay(shop, waiting.body.payment.id, "confirm");
  const shipped = await confirmed.buyer.until(orderId, "STATE_FULFILLED");
  expect(shipped.body.fulfillment.trackingNumber).not.toBe("");

  const rejected = await newOrder(shop.rest, [sku]);
  const other = await rejected.buyer.payByTransfer(rejected.order.body.id, "BCA_VA");
  expect(await shop.stock(sku)).toMatchObject({ onHand: 4, reserved: 1 });
  await pay(shop, other.body.payment.id, "reject");
  await rejected.buyer.until(rejected.order.body.id, "STATE_CANCELED");
  await waitFor(async () => (await shop.stock(sku)).reserved === 0);
  expect(await shop.stock(sku)).toMatchObject({ onHand: 4, available: 4 });
}

async function pay(shop: TestShop, paymentId: string, verb: "confirm" | "reject"): Promise<void> {
  const path = `/v1/payments/${paymentId}:${verb}`;
  expect((await shop.rest("POST", path, { body: {} })).status).toBe(401);
  expect((await shop.rest("POST", path, { body: {}, staff: shop.staff })).status).toBe(200);
}

/** The order is fulfilled, its label opens as a PDF, and its buyer got one e-mail and one text message. */
async function expectShipped(
  shop: TestShop,
  { orderId, token, email }: { orderId: string; token: string; email: string },
): Promise<void> {
  const get = () => shop.rest("GET", `/v1/orders/${orderId}`, { token });
  await waitFor(async () => (await get()).body.state === "STATE_FULFILLED");
  const { fulfillment } = (await get()).body;
  expect(fulfillment.trackingNumber).not.toBe("");
  const label = Buffer.from(await (await fetch(fulfillment.labelUrl)).arrayBuffer());
  expect(label.subarray(0, 5).toString()).toBe("%PDF-");
  const sent = async () => {
    const answer = await shop.rest("GET", `/v1/messages?orderId=${orderId}`, { staff: shop.staff });
    return answer.body.messages as { channel: string; state: string }[];
  };
  // The provider may have said by now that it was delivered.
  const left = ["STATE_SENT", "STATE_DELIVERED"];
  await waitFor(async () => (await sent()).filter(({ state }) => left.includes(state)).length === 2);
  expect((await sent()).map((message) => message.channel).sort()).toEqual(["CHANNEL_EMAIL", "CHANNEL_SMS"]);
  expect(await shop.inbox("emails", email)).toHaveLength(1);
}
