import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { type Buyer, newBuyer } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("MUG", { price: 999, stock: 100 });
  await shop.sell("CAP", { price: 500, stock: 100 });
  await staff("POST", "/v1/taxRates", {
    ...{ name: "Sales tax", countryCode: "US", region: "OR", rateMillionths: 72_500 },
  });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

async function staff(method: string, path: string, body?: unknown) {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
}

/** A code that takes 10 % off. */
async function offer(code: string, limit: number): Promise<void> {
  const { id } = await staff("POST", "/v1/promotions", { title: code, percentage: { basisPoints: 1000 } });
  await staff("POST", `/v1/promotions/${id}/coupons`, { codes: [code], limit });
}

/** How many orders use a code now. */
async function used(code: string): Promise<number> {
  const { redemptions } = await staff("GET", "/v1/redemptions?pageSize=200");
  type Row = { releaseTime?: string; promotions: { code: string }[] };
  const counts = ({ releaseTime, promotions }: Row) =>
    releaseTime === undefined && promotions.some((use) => use.code === code);
  return redemptions.filter(counts).length;
}

/** A buyer whose cart has a code. */
async function buyerWith(code: string, goods: Record<string, number>): Promise<Buyer> {
  const buyer = await newBuyer(shop.rest);
  for (const [sku, quantity] of Object.entries(goods)) {
    expect((await buyer.add(sku, quantity)).status).toBe(200);
  }
  const { cartId, token } = buyer;
  expect((await shop.rest("POST", `/v1/carts/${cartId}/coupons`, { token, body: { code } })).status).toBe(
    200,
  );
  expect((await buyer.deliver(`${code.toLowerCase()}@example.com`)).status).toBe(200);
  return buyer;
}

test("an order with a code and a tax is paid, and goes back in parts that add up", async () => {
  await offer("TEN", 0);
  const buyer = await buyerWith("TEN", { MUG: 3, CAP: 1 });
  const placed = await buyer.place();
  // MUG: 2997 − 300, and 7.25 % of 2697; CAP: 500 − 50, and 7.25 % of 450.
  expect(placed.body).toMatchObject({
    lines: [
      {
        discounts: [{ code: "TEN", amount: { amount: 300 } }],
        taxes: [{ name: "Sales tax", amount: { amount: 196 } }],
      },
      { discountedTotal: { amount: 450 }, taxes: [{ amount: { amount: 33 } }] },
    ],
    itemTotal: { amount: 3497 },
    itemDiscount: { amount: 350 },
    taxTotal: { amount: 229 },
    total: { amount: 3376 },
  });
  const { body: chosen } = await buyer.chooseCheapest(placed);
  const shipping = chosen.shippingTotal.amount + chosen.shippingTaxes[0].amount.amount;
  expect(chosen.total.amount).toBe(3376 + shipping);
  const { id } = chosen;
  expect((await buyer.payByCard(id, "pm_card_visa")).body.state).toBe("STATE_PAID");
  await buyer.until(id, "STATE_FULFILLED");
  const emails = () => shop.inbox("emails", "ten@example.com");
  await waitFor(async () => (await emails()).length === 1);
  expect((await emails())[0]?.["text"]).toContain("Discount: -$3.50");

  const refund = (body: object, key: string) =>
    shop.rest("POST", `/v1/orders/${id}:refund`, { staff: shop.staff, key, body });
  const back: number[] = [];
  for (const [i, part] of [
    { items: [{ sku: "MUG", quantity: 1 }] },
    {
      items: [
        { sku: "MUG", quantity: 1 },
        { sku: "CAP", quantity: 1 },
      ],
      shipping: true,
    },
    {},
  ].entries()) {
    const { status, body } = await refund(part, `part-${i}`);
    expect(status).toBe(200);
    expect((await refund(part, `part-${i}`)).body).toEqual(body);
    back.push(body.refunds[i].amount.amount);
  }
  // A third of 2893, rounded, and so on.
  expect(back).toEqual([964, 965 + 483 + shipping, 964]);
  expect(reasonIn(await refund({}, "more"))).toBe("REFUND_TOO_LARGE");
  const { payments } = await staff("GET", `/v1/payments?orderId=${id}`);
  expect(payments).toMatchObject([{ state: "STATE_REFUNDED", refunded: { amount: chosen.total.amount } }]);
  expect((await buyer.get(id)).body.state).toBe("STATE_FULFILLED");
});

test("20 buyers at once with a code for five: five pay less, nobody gets more, and canceled ones give it back", async () => {
  await offer("FIVE", 5);
  await shop.sell("RARE", { price: 1000, stock: 15 });
  const buyers = await Promise.all(Array.from({ length: 20 }, () => buyerWith("FIVE", { RARE: 1 })));
  const answers = await Promise.all(buyers.map((buyer) => buyer.place()));
  const outcomes = answers.map((answer) =>
    answer.status === 200 ? Number(answer.body.itemDiscount.amount) : reasonIn(answer),
  );
  const count = (outcome: unknown) => outcomes.filter((each) => each === outcome).length;
  expect([count(100), count("INSUFFICIENT_STOCK")]).toEqual([5, 5]);
  expect(count(0) + count("PROMOTION_EXHAUSTED")).toBe(10);
  expect(await used("FIVE")).toBe(5);
  expect((await shop.stock("RARE")).reserved).toBe(5 + count(0));

  const discounted = answers.findIndex((_, i) => outcomes[i] === 100);
  const { token } = buyers[discounted] as Buyer;
  const path = `/v1/orders/${answers[discounted]?.body.id}:cancel`;
  expect((await shop.rest("POST", path, { token, body: {} })).status).toBe(200);
  await waitFor(async () => (await used("FIVE")) === 4);
  const next = await (await buyerWith("FIVE", { RARE: 1 })).place();
  expect(next.body.itemDiscount).toMatchObject({ amount: 100 });
  expect(await used("FIVE")).toBe(5);
});

test("what a code makes free is paid without a card, and shipped", async () => {
  const { id: promotionId } = await staff("POST", "/v1/promotions", {
    ...{ title: "A gift", percentage: { basisPoints: 10_000 }, exclusive: false },
  });
  await staff("POST", `/v1/promotions/${promotionId}/coupons`, { codes: ["GIFT"] });
  await staff("POST", "/v1/promotions", {
    ...{ title: "Free shipping of gifts", automatic: true, freeShipping: {}, target: { skus: ["PRESENT"] } },
  });
  await shop.sell("PRESENT", { stock: 1 });
  const buyer = await buyerWith("GIFT", { PRESENT: 1 });
  const chosen = await buyer.chooseCheapest(await buyer.place());
  expect(chosen.body).toMatchObject({ itemDiscount: { amount: 1000 }, total: { amount: 0 } });
  const paid = await buyer.payByCard(chosen.body.id, "pm_card_chargeDeclined");
  expect(paid.body).toMatchObject({ state: "STATE_PAID" });
  expect(paid.body.payment).toBeUndefined();
  await buyer.until(chosen.body.id, "STATE_FULFILLED");
  expect(await shop.stock("PRESENT")).toMatchObject({ onHand: 0, reserved: 0 });
});
