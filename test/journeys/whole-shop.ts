import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { answerBank, importStatement } from "../support/bank.ts";
import { type Buyer, newBuyer } from "../support/buyer.ts";
import { infoIn, reasonIn } from "../support/rest.ts";
import {
  moveParcel,
  readSandbox,
  type SandboxLabel,
  type SandboxPayment,
  setFaults,
} from "../support/sandbox.ts";
import type { TestShop } from "../support/shop.ts";

/** An order of two teapots and a cup, which waits for its money. */
export interface Purchase {
  shop: TestShop;
  buyer: Buyer;
  orderId: string;
  teapot: string;
  cup: string;
  total: number;
  email: string;
  phone: string;
  /** What its buyer was to be told by now, in any order. */
  news: News[];
}

/** The middle of an event's key. */
type News = "instructions" | "fulfilled" | "shipped" | "delivered" | "refunded";

const prices = { teapot: 2500, cup: 700 };
const stocked = 10;
let orders = 0;

/** Search → product → cart → two products → order → rate; the goods are held. */
export async function order(shop: TestShop): Promise<Purchase> {
  const { rest } = shop;
  const word = `WS${++orders}`;
  const [teapot, cup] = [`${word}-TEAPOT`, `${word}-CUP`];
  await shop.sell(teapot, { title: `${word} teapot`, stock: stocked, price: prices.teapot });
  await shop.sell(cup, { title: `${word} cup`, stock: stocked, price: prices.cup });
  const found = await rest("GET", `/v1/products?query=${word}+teapot`);
  expect(found.body.products).toHaveLength(1);
  const product = await rest("GET", `/v1/products/${found.body.products[0].id}`);
  expect(product.body.variants).toMatchObject([{ sku: teapot }]);
  const email = `${word.toLowerCase()}@example.com`;
  const phone = `+1415556${String(orders).padStart(4, "0")}`;
  const buyer = await newBuyer(rest);
  await buyer.add(teapot, 2);
  const cart = await buyer.add(cup);
  expect(cart.body.itemTotal.amount).toBe(2 * prices.teapot + prices.cup);
  expect((await buyer.deliver(email, phone)).status).toBe(200);
  const placed = await buyer.place();
  expect(placed.body.state).toBe("STATE_PENDING_PAYMENT");
  const { shippingMethods } = placed.body;
  expect(shippingMethods[0].attributes).toContain("CHEAPEST");
  const chosen = await buyer.chooseCheapest(placed);
  const total = chosen.body.total.amount as number;
  expect(total).toBe(cart.body.itemTotal.amount + shippingMethods[0].price.amount);
  expect(await shop.stock(teapot)).toMatchObject({ onHand: stocked, reserved: 2 });
  expect(await shop.stock(cup)).toMatchObject({ onHand: stocked, reserved: 1 });
  return { shop, buyer, orderId: placed.body.id, teapot, cup, total, email, phone, news: [] };
}

/** The cup goes in a parcel of its own. */
export async function split({ shop, buyer, orderId, teapot, cup }: Purchase): Promise<void> {
  const [{ id }] = (await buyer.get(orderId)).body.shipments;
  const body = { items: [{ sku: cup, quantity: 1 }] };
  const { status } = await shop.rest("POST", `/v1/shipments/${id}:split`, { staff: shop.staff, body });
  expect(status).toBe(200);
  await waitFor(async () => (await buyer.get(orderId)).body.shipments.length === 2);
  const { shipments } = (await buyer.get(orderId)).body;
  const contents = shipments.flatMap(({ items }: { items: { sku: string; quantity: number }[] }) => items);
  expect(contents).toEqual(
    expect.arrayContaining([
      { sku: teapot, quantity: 2 },
      { sku: cup, quantity: 1 },
    ]),
  );
}

/** Pays with a card whose bank asks the buyer; returns the bank's page. */
async function askBank({ buyer, orderId, shop, teapot }: Purchase): Promise<string> {
  const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
  expect(asked.body).toMatchObject({
    state: "STATE_PENDING_PAYMENT",
    payment: { state: "STATE_REQUIRES_ACTION", clientSecret: expect.stringMatching(/^pi_\w+_secret_/) },
  });
  expect(await shop.stock(teapot)).toMatchObject({ onHand: stocked, reserved: 2 });
  return asked.body.payment.redirectUrl;
}

/** Ways to pay, each until the money is there. */
export const waysToPay = {
  "a card": async ({ buyer, orderId }: Purchase) => {
    const declined = await buyer.payByCard(orderId, "pm_card_chargeDeclined");
    expect([declined.status, reasonIn(declined)]).toEqual([400, "PAYMENT_DECLINED"]);
    const paid = await buyer.payByCard(orderId, "pm_card_visa");
    expect(paid.body).toMatchObject({ state: "STATE_PAID", payment: { state: "STATE_CAPTURED" } });
  },
  "3-D Secure, told by webhook": async (purchase: Purchase) => {
    await answerBank(await askBank(purchase), "authorise");
    await waitFor(async () => (await paymentOf(purchase)).state === "STATE_CAPTURED");
  },
  "3-D Secure, confirmed by the buyer": async (purchase: Purchase) => {
    const { shop, buyer, orderId } = purchase;
    const confirm = () =>
      shop.rest("POST", `/v1/orders/${orderId}:confirmPayment`, { token: buyer.token, body: {} });
    const page = await askBank(purchase);
    expect((await confirm()).body.payment.state).toBe("STATE_REQUIRES_ACTION");
    // No webhook comes in time.
    await setFaults(shop, { webhooks: { duplicate: 0, reorder: 0, delayMs: 5_000 } });
    await answerBank(page, "authorise");
    await setFaults(shop);
    expect((await confirm()).body).toMatchObject({ payment: { state: "STATE_CAPTURED" } });
  },
  "3-D Secure, refused at first": async (purchase: Purchase) => {
    const { shop, buyer, orderId, teapot } = purchase;
    await answerBank(await askBank(purchase), "fail");
    await waitFor(async () => (await paymentOf(purchase)).state === "STATE_FAILED");
    expect((await buyer.get(orderId)).body.state).toBe("STATE_PENDING_PAYMENT");
    expect(await shop.stock(teapot)).toMatchObject({ onHand: stocked, reserved: 2 });
    await waysToPay["3-D Secure, told by webhook"](purchase);
  },
  "a transfer, told by two statements": async (purchase: Purchase) => {
    const { shop, buyer, orderId, total } = purchase;
    const { transfer } = (await buyer.payByTransfer(orderId, "BCA_VA")).body.payment;
    // Whoever has paid before being told how is not told any more.
    await expectNews(purchase, "instructions");
    const { reference } = transfer;
    expect(await importStatement(shop, [total - 500, reference])).toMatchObject([
      { result: "RESULT_PART_PAID" },
    ]);
    expect((await buyer.get(orderId)).body.payment.transfer.missing.amount).toBe(500);
    const rest: [number, string][] = [
      [total - 500, reference],
      [500, reference],
    ];
    expect(await importStatement(shop, ...rest)).toMatchObject([
      { result: "RESULT_ALREADY_IMPORTED" },
      { result: "RESULT_MATCHED" },
    ]);
    await waitFor(async () => (await paymentOf(purchase)).state === "STATE_CAPTURED");
  },
} satisfies Record<string, (purchase: Purchase) => Promise<void>>;

/** The bank refuses the card, and the buyer transfers the money instead. */
export async function payAfterRefusal(purchase: Purchase): Promise<void> {
  await answerBank(await askBank(purchase), "fail");
  await waitFor(async () => (await paymentOf(purchase)).state === "STATE_FAILED");
  await waysToPay["a transfer, told by two statements"](purchase);
}

async function paymentOf({ buyer, orderId }: Purchase) {
  return (await buyer.get(orderId)).body.payment as { id: string; state: string };
}

/** The goods are the buyer's. */
export async function expectSold({ shop, teapot, cup }: Purchase): Promise<void> {
  expect(await shop.stock(teapot)).toMatchObject({ onHand: stocked - 2, reserved: 0 });
  expect(await shop.stock(cup)).toMatchObject({ onHand: stocked - 1, reserved: 0 });
}

/** Each parcel has a label of its own, that is a PDF; the order is FULFILLED. */
export async function expectLabels(purchase: Purchase): Promise<void> {
  const { shop, buyer, orderId, email } = purchase;
  const { shipments } = (await buyer.until(orderId, "STATE_FULFILLED")).body as {
    shipments: { trackingNumber: string; labelUrl: string }[];
  };
  await expectNews(purchase, "fulfilled");
  for (const { labelUrl } of shipments) await expectPdf(labelUrl);
  const bought = await readSandbox<SandboxLabel>(shop, "labels", email);
  expect(bought).toHaveLength(shipments.length);
  const numbers = new Set(bought.map(({ tracking_number }) => tracking_number));
  expect(numbers).toEqual(new Set(shipments.map(({ trackingNumber }) => trackingNumber)));
}

async function expectPdf(url: string): Promise<void> {
  const label = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(label.subarray(0, 5).toString()).toBe("%PDF-");
}

/** The carrier brings each parcel, and tells of it; so the buyer is told. */
export async function bring(purchase: Purchase): Promise<void> {
  const { shop, buyer, orderId, email } = purchase;
  for (const label of await readSandbox<SandboxLabel>(shop, "labels", email)) {
    await moveParcel(shop, label, "TRANSIT");
    await expectNews(purchase, "shipped");
    await moveParcel(shop, label, "DELIVERED");
    await expectNews(purchase, "delivered");
    const path = `/v1/shipments/${label.metadata}`;
    const { body } = await shop.rest("GET", path, { staff: shop.staff });
    expect(body.trackingStatus).toBe("TRACKING_STATUS_DELIVERED");
  }
  expect((await buyer.get(orderId)).body.state).toBe("STATE_FULFILLED");
}

/** The merchant ships the parcels that go at a flat rate; with the last one the order is FULFILLED. */
export async function shipByHand(purchase: Purchase): Promise<void> {
  const { shop, buyer, orderId } = purchase;
  const ready = async () =>
    (await buyer.get(orderId)).body.shipments.filter(
      ({ state }: { state: string }) => state === "STATE_READY",
    ) as { id: string }[];
  await waitFor(async () => (await ready()).length > 0);
  const parcels = await ready();
  for (const [i, { id }] of parcels.entries()) {
    expect((await buyer.get(orderId)).body.state).toBe("STATE_PAID");
    const body = { carrier: "Bike", trackingNumber: `BIKE-${i}` };
    const path = `/v1/shipments/${id}:markShipped`;
    const { status } = await shop.rest("POST", path, { staff: shop.staff, body });
    expect(status).toBe(200);
    await expectNews(purchase, i === parcels.length - 1 ? "fulfilled" : "shipped");
  }
  await buyer.until(orderId, "STATE_FULFILLED");
}

/** Staff buy the label with which the teapots come back, once; and they come. */
export async function sendBack(purchase: Purchase): Promise<void> {
  const { shop, buyer, orderId, teapot } = purchase;
  const { shipments } = (await buyer.get(orderId)).body as {
    shipments: { id: string; trackingNumber: string; items: { sku: string }[] }[];
  };
  const sent = shipments.find(({ items }) => items.some(({ sku }) => sku === teapot));
  const ask = () =>
    shop.rest("POST", `/v1/shipments/${sent?.id}:createReturn`, { staff: shop.staff, body: {} });
  const [back, again] = [(await ask()).body, (await ask()).body];
  expect(back).toMatchObject({ state: "STATE_LABELED", returnOf: sent?.id });
  expect(again).toMatchObject({ id: back.id, trackingNumber: back.trackingNumber });
  expect(back.trackingNumber).not.toBe(sent?.trackingNumber);
  await expectPdf(back.labelUrl);
  const labels = await readSandbox<SandboxLabel>(shop, "labels");
  const bought = labels.filter(({ metadata }) => metadata === back.id);
  expect(bought).toHaveLength(1);
  for (const label of bought) await moveParcel(shop, label, "DELIVERED");
  await waitFor(async () => {
    const { events } = (await shop.rest("GET", `/v1/orders/${orderId}/events`, { token: buyer.token })).body;
    return events.some(({ kind }: { kind: string }) => kind === "return_delivered");
  });
}

/** Money goes back in two parts; more than was paid does not. */
export async function giveBack(purchase: Purchase): Promise<void> {
  const { shop, orderId, teapot, cup, total } = purchase;
  const { staff } = shop;
  const refund = (sku: string, quantity: number) =>
    shop.rest("POST", `/v1/orders/${orderId}:refund`, { staff, body: { items: [{ sku, quantity }] } });
  const first = await refund(teapot, 1);
  expect(first.body.refunds).toMatchObject([{ amount: { amount: prices.teapot } }]);
  await expectNews(purchase, "refunded");
  const second = await refund(cup, 1);
  expect(second.body.refunds).toHaveLength(2);
  await expectNews(purchase, "refunded");
  const tooMany = await refund(cup, 1);
  expect([tooMany.status, reasonIn(tooMany)]).toEqual([400, "REFUND_QUANTITY_TOO_LARGE"]);
  const left = total - prices.teapot - prices.cup;
  const { id } = await paymentOf(purchase);
  const body = { amount: { currencyCode: "USD", amount: left + 1 } };
  const tooMuch = await shop.rest("POST", `/v1/payments/${id}:refund`, { staff, body });
  expect(infoIn(tooMuch)).toMatchObject({
    reason: "REFUND_TOO_LARGE",
    metadata: { refundable: String(left) },
  });
  const payment = (await shop.rest("GET", `/v1/payments/${id}`, { staff })).body;
  expect(payment).toMatchObject({
    state: "STATE_CAPTURED",
    amount: { amount: total },
    refunded: { amount: total - left },
  });
}

/** What the provider of cards took for the order, and gave back; of a payment by transfer it knows nothing. */
export async function chargesOf({ shop, email }: Purchase): Promise<[taken: number, back: number][]> {
  const payments = await readSandbox<SandboxPayment>(shop, "payments", email);
  return payments
    .filter(({ amount_captured }) => amount_captured > 0)
    .map(({ amount_captured, amount_refunded }) => [amount_captured, amount_refunded]);
}

/** The buyer is told once more, by e-mail and by text; of each event once. */
async function expectNews(purchase: Purchase, news: News): Promise<void> {
  purchase.news.push(news);
  await expect.poll(() => toldOf(purchase), { timeout: 20_000 }).toEqual(toldOnce(purchase));
}

/** What was told, as the shop has it and as the vendors have. */
export async function toldOf({ shop, orderId, email, phone }: Purchase) {
  const path = `/v1/messages?orderId=${orderId}`;
  const { messages } = (await shop.rest("GET", path, { staff: shop.staff })).body as {
    messages: { channel: string; state: string; eventKey: string }[];
  };
  const left = messages.filter(({ state }) => state === "STATE_SENT" || state === "STATE_DELIVERED");
  const by = (channel: string) =>
    left
      .filter((message) => message.channel === channel)
      .map(({ eventKey }) => eventKey.split(":")[1] ?? "")
      .toSorted();
  return {
    recorded: messages.length,
    byEmail: by("CHANNEL_EMAIL"),
    bySms: by("CHANNEL_SMS"),
    emails: (await readSandbox(shop, "emails", email)).length,
    texts: (await readSandbox(shop, "messages", phone)).length,
  };
}

/** The same when each of the purchase's news was told once on each channel. */
export function toldOnce({ news }: Purchase): Awaited<ReturnType<typeof toldOf>> {
  const kinds = news.toSorted();
  return {
    recorded: 2 * kinds.length,
    ...{ byEmail: kinds, bySms: kinds, emails: kinds.length, texts: kinds.length },
  };
}
