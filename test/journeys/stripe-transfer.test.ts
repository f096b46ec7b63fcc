import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { type Buyer, newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_STRIPE_TRANSFERS: "BANK_TRANSFER" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** An order of one unit that waits for a transfer which Stripe takes. */
async function waiting(sku: string) {
  await shop.sell(sku, { stock: 1 });
  const { order, buyer } = await newOrder(shop.rest, [sku]);
  const { id } = order.body;
  const { body } = await buyer.payByTransfer(id, "");
  const paymentId: string = body.payment.id;
  const { providerId } = await paymentOf(paymentId);
  return { id, buyer, paymentId, transfer: body.payment.transfer, total: body.total.amount, providerId };
}
type Waiting = Awaited<ReturnType<typeof waiting>>;

const paymentOf = async (id: string) =>
  (await shop.rest("GET", `/v1/payments/${id}`, { staff: shop.staff })).body;
const cancel = (buyer: Buyer, id: string) =>
  shop.rest("POST", `/v1/orders/${id}:cancel`, { token: buyer.token, body: {} });
/** The buyer's bank sends an amount in minor units. */
async function send({ providerId }: Waiting, amount: number): Promise<void> {
  const response = await fetch(`${shop.sandboxUrl}/sandbox/payments/${providerId}/fund`, {
    method: "POST",
    body: new URLSearchParams({ amount: (amount / 100).toFixed(2) }),
    redirect: "manual",
  });
  expect(response.status).toBe(303);
}
/** Waits until the payment looks like this; its money in minor units. */
const settled = (paymentId: string, want: { state: string; received: number; refunded: number }) =>
  expect
    .poll(
      async () => {
        const { state, received, refunded } = await paymentOf(paymentId);
        return { state, received: received.amount, refunded: refunded.amount };
      },
      { timeout: 20_000 },
    )
    .toEqual(want);

test("two transfers pay an order, which is shipped; what is too much is given back", {
  timeout: 60_000,
}, async () => {
  const order = await waiting("LAMP");
  const { id, buyer, paymentId, transfer, total } = order;
  expect(transfer).toMatchObject({
    bank: "BANK_TRANSFER",
    accountNumber: expect.stringMatching(/^\d{12}$/),
    reference: expect.stringMatching(/^\w{12}$/),
    bankAccount: { holder: "Rowlock Sandbox", bankCode: "110000000", number: transfer.accountNumber },
    missing: { amount: total },
  });
  await waitFor(async () => (await shop.inbox("emails", "ada@example.com")).length > 0);
  const [instructions] = await shop.inbox("emails", "ada@example.com");
  for (const needed of [transfer.accountNumber, transfer.reference, "Rowlock Sandbox", "110000000"])
    expect(instructions?.html).toContain(needed);
  const confirm = await shop.rest("POST", `/v1/payments/${paymentId}:confirm`, {
    staff: shop.staff,
    body: {},
  });
  expect(reasonIn(confirm)).toBe("PAYMENT_AT_PROVIDER");

  await send(order, 500);
  await waitFor(async () => (await buyer.get(id)).body.payment.transfer.received.amount === 500);
  expect((await buyer.get(id)).body.payment.transfer.missing.amount).toBe(total - 500);
  await send(order, total - 500 + 70);
  await buyer.until(id, "STATE_FULFILLED");
  await settled(paymentId, { state: "STATE_CAPTURED", received: total + 70, refunded: 0 });
  expect((await paymentOf(paymentId)).excess.amount).toBe(70);
  const refunded = await shop.rest("POST", `/v1/payments/${paymentId}:refund`, {
    staff: shop.staff,
    body: { excess: true },
  });
  expect(refunded.body).toMatchObject({ excess: { amount: 0 }, refunds: [{ completed: true }] });
  expect(await shop.stock("LAMP")).toMatchObject({ onHand: 0, reserved: 0 });
});

test("a canceled order gives back what had come, and what comes later", { timeout: 60_000 }, async () => {
  const order = await waiting("CHAIR");
  const { id, buyer, paymentId } = order;
  await send(order, 300);
  await waitFor(async () => (await buyer.get(id)).body.payment.transfer.received.amount === 300);
  expect((await cancel(buyer, id)).body.state).toBe("STATE_CANCELED");
  await settled(paymentId, { state: "STATE_REFUNDED", received: 300, refunded: 300 });
  await send(order, 5000);
  await settled(paymentId, { state: "STATE_REFUNDED", received: 5300, refunded: 5300 });
  expect((await buyer.get(id)).body).toMatchObject({
    state: "STATE_CANCELED",
    payment: { state: "STATE_REFUNDED" },
  });
  expect(await shop.stock("CHAIR")).toMatchObject({ onHand: 1, reserved: 0 });
});

test("a buyer who has changed their mind pays by card; the transfer that comes all the same goes back", {
  timeout: 60_000,
}, async () => {
  const order = await waiting("DESK");
  const { id, buyer, paymentId, total } = order;
  expect((await buyer.payByCard(id, "pm_card_visa")).status).toBe(200);
  await buyer.until(id, "STATE_FULFILLED");
  await send(order, total);
  await settled(paymentId, { state: "STATE_REFUNDED", received: total, refunded: total });
});

test("the whole amount beside the buyer's cancellation: goods and money go one way", {
  timeout: 90_000,
}, async () => {
  for (const [i, amount] of ["all", "part", "all", "all"].entries()) {
    const sku = `STOOL-${i}`;
    const order = await waiting(sku);
    const { id, buyer, paymentId, total } = order;
    await Promise.all([send(order, amount === "all" ? total : 500), cancel(buyer, id)]);
    const outcomes = [
      { order: "STATE_CANCELED", payment: "STATE_REFUNDED", onHand: 1 },
      ...(amount === "all" ? [{ order: "STATE_FULFILLED", payment: "STATE_CAPTURED", onHand: 0 }] : []),
    ];
    await expect
      .poll(
        async () => ({
          order: (await buyer.get(id)).body.state,
          payment: (await paymentOf(paymentId)).state,
          onHand: (await shop.stock(sku)).onHand,
        }),
        { timeout: 30_000 },
      )
      .toSatisfy((found) => outcomes.some((each) => JSON.stringify(each) === JSON.stringify(found)));
  }
  const { staff } = shop;
  const compared = await shop.rest("POST", "/v1/payments:reconcile", { staff, body: { dryRun: true } });
  expect(compared.body.violations).toEqual([]);
});
