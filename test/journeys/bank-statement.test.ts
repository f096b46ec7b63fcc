import { afterAll, beforeAll, expect, test } from "vitest";
import { importStatement } from "../support/bank.ts";
import { newOrder } from "../support/buyer.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop({ ROWLOCK_ACCOUNT_PREFIXES: "BCA_VA=8808" });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const tell = (...rows: [number, string][]) => importStatement(shop, ...rows);

/** An order of one unit that waits for a transfer, and where its money goes. */
async function waiting(sku: string) {
  await shop.sell(sku, { stock: 1 });
  const { order, buyer } = await newOrder(shop.rest, [sku]);
  const { id } = order.body;
  const { body } = await buyer.payByTransfer(id, "BCA_VA");
  return { id, buyer, paymentId: body.payment.id, ...body.payment.transfer, total: body.total.amount };
}

const paymentOf = async (id: string) =>
  (await shop.rest("GET", `/v1/payments/${id}`, { staff: shop.staff })).body;

test("an order is paid by what two statements say, and shipped once", { timeout: 60_000 }, async () => {
  const { id, buyer, paymentId, accountNumber, reference, total } = await waiting("VASE");
  expect(accountNumber).toMatch(/^8808\d{12}$/);
  expect(await tell([500, reference])).toMatchObject([{ line: 2, result: "RESULT_PART_PAID" }]);
  const part = (await buyer.get(id)).body;
  expect(part).toMatchObject({
    state: "STATE_PENDING_PAYMENT",
    payment: { transfer: { received: { amount: 500 }, missing: { amount: total - 500 } } },
  });
  const rest: [number, string] = [total - 500, accountNumber];
  const told = await Promise.all([tell(rest), tell(rest), tell([500, reference], rest)]);
  const results = told.flat().map(({ result }) => result);
  expect(results.filter((result) => result === "RESULT_MATCHED")).toHaveLength(1);
  expect(results.filter((result) => result === "RESULT_ALREADY_IMPORTED")).toHaveLength(3);
  await buyer.until(id, "STATE_FULFILLED");
  expect(await paymentOf(paymentId)).toMatchObject({
    state: "STATE_CAPTURED",
    received: { amount: total },
    excess: { amount: 0 },
  });
  expect(await shop.stock("VASE")).toMatchObject({ onHand: 0, reserved: 0 });
});

test("the whole amount beside the buyer's cancellation: goods and money go one way", {
  timeout: 60_000,
}, async () => {
  for (const [i, amount] of ["all", "part", "all", "part"].entries()) {
    const sku = `BOWL-${i}`;
    const { id, buyer, paymentId, reference, total } = await waiting(sku);
    const cancel = { token: buyer.token, body: {} };
    await Promise.all([
      tell([amount === "all" ? total : 500, reference]),
      shop.rest("POST", `/v1/orders/${id}:cancel`, cancel),
    ]);
    const ended = amount === "all" ? "STATE_FULFILLED" : "STATE_CANCELED";
    const outcomes = [
      // Canceled when the money was there: it goes back.
      { order: "STATE_CANCELED", payment: "STATE_REFUNDED", onHand: 1 },
      // Money first, or money that found the goods still there.
      ...(ended === "STATE_FULFILLED" ? [{ order: ended, payment: "STATE_CAPTURED", onHand: 0 }] : []),
    ];
    await expect
      .poll(
        async () => ({
          order: (await buyer.get(id)).body.state,
          payment: (await paymentOf(paymentId)).state,
          onHand: (await shop.stock(sku)).onHand,
        }),
        { timeout: 20_000 },
      )
      .toSatisfy((found) => outcomes.some((each) => JSON.stringify(each) === JSON.stringify(found)));
  }
});
