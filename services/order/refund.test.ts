import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import type { OrderRefund } from "./order.ts";
import { planRefund, type RefundPlan, type RefundWish } from "./refund.ts";
import { paidFor, totalOf, totalsOf } from "./totals.ts";

type Refunded = Parameters<typeof planRefund>[0];
const asLine = (sku: string, quantity: number, total: number) => ({
  ...{ sku, productId: "p", title: "", variantTitle: "", quantity, unitPrice: 0, total },
});
const order = (lines: Refunded["lines"], shipping: Refunded["shipping"] = { total: 0 }): Refunded => ({
  ...{ id: "ord_1", currencyCode: "USD", lines, shipping, refunds: [] },
});
/** The order after a refund. */
const after = (before: Refunded, { items, shipping, amount }: RefundPlan): Refunded => {
  const refund: OrderRefund = {
    ...{ id: "orf_1", items, shipping, amount: Number(amount), reason: "", state: "DONE", createTime: "" },
  };
  return { ...before, refunds: [...before.refunds, refund] };
};
const units = (sku: string, quantity: number): RefundWish => ({
  items: [{ sku, quantity }],
  shipping: false,
});
const all: RefundWish = { items: [], shipping: false };
const tax = (amount: number, included: boolean) => ({ name: "T", rateMillionths: 1, included, amount });
const off = (amount: number) => ({ promotionId: "p", title: "", code: "", amount });

describe("a line of 3 units that came to 10.00", () => {
  const three = order([asLine("A", 3, 1000)]);
  test.each<[string, number[], bigint[]]>([
    // Shares of all so far: 333.33, 666.67, 1000.
    ["one by one", [1, 1, 1], [333n, 334n, 333n]],
    ["one, then two", [1, 2], [333n, 667n]],
    ["two, then one", [2, 1], [667n, 333n]],
    ["all at once", [3], [1000n]],
  ])("goes back %s", (_how, parts, want) => {
    let rest = three;
    const amounts = parts.map((quantity) => {
      const plan = planRefund(rest, units("A", quantity));
      rest = after(rest, plan);
      return plan.amount;
    });
    expect(amounts).toEqual(want);
  });
});

test("discounts, and taxes that were added, count; those in the price are in it", () => {
  const line = {
    ...asLine("A", 2, 2000),
    discounts: [off(300), off(100)],
    taxes: [tax(250, true), tax(31, false)],
  };
  const shipping = { total: 500, discounts: [off(120)], taxes: [tax(38, false)] };
  const both = order([line], shipping);
  expect(planRefund(both, units("A", 1)).amount).toBe(816n); // half of 1631, rounded up
  expect(planRefund(both, { items: [], shipping: true }).amount).toBe(418n);
  expect(planRefund(both, all)).toEqual({
    ...{ items: [{ sku: "A", quantity: 2 }], shipping: true, amount: 2049n },
  });
});

test("all that is left is no more than the payment has left, and what was given back before is not in it", () => {
  const fresh = order([asLine("A", 2, 1000), asLine("B", 1, 50)], { total: 500 });
  const rest = after(
    after(fresh, planRefund(fresh, units("A", 1))),
    planRefund(fresh, { items: [], shipping: true }),
  );
  const left = [
    { sku: "A", quantity: 1 },
    { sku: "B", quantity: 1 },
  ];
  expect(planRefund(rest, all, { atMost: 9_999n })).toEqual({ items: left, shipping: false, amount: 550n });
  expect(planRefund(rest, all, { atMost: 549n })).toEqual({ items: left, shipping: false, amount: 549n });
});

const failure = (work: () => unknown) => {
  try {
    return work();
  } catch (err) {
    const info = errorInfo(err);
    return { reason: info?.reason, metadata: info?.metadata };
  }
};

test.each<[string, RefundWish, { atMost?: bigint }, string, Record<string, string>]>([
  ["another SKU", units("B", 1), {}, "SKU_NOT_IN_ORDER", { sku: "B" }],
  [
    "more units than there are",
    units("A", 3),
    {},
    "REFUND_QUANTITY_TOO_LARGE",
    { sku: "A", requested: "3", refundable: "1" },
  ],
  ["shipping again", { items: [], shipping: true }, {}, "SHIPPING_REFUNDED", {}],
  ["all, when nothing of the money is left", all, { atMost: 0n }, "REFUND_TOO_LARGE", { refundable: "0" }],
])("%s is refused", (_what, wish, options, reason, metadata) => {
  const fresh = order([asLine("A", 2, 1000)], { total: 500 });
  const rest = after(fresh, planRefund(fresh, { items: [{ sku: "A", quantity: 1 }], shipping: true }));
  expect(failure(() => planRefund(rest, wish, options))).toEqual({
    reason,
    metadata: {
      order_id: "ord_1",
      ...(reason === "REFUND_TOO_LARGE" && { currency_code: "USD" }),
      ...metadata,
    },
  });
});

test("all again is refused", () => {
  const fresh = order([asLine("A", 2, 1000)]);
  expect(failure(() => planRefund(after(fresh, planRefund(fresh, all)), all))).toMatchObject({
    reason: "REFUND_TOO_LARGE",
  });
});

const parts = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 3 });
const priced = fc
  .record({ total: fc.nat(100_000), discounts: parts, added: parts, included: parts })
  .map(({ total, discounts, added, included }) => ({
    total,
    // No more than there is.
    discounts: discounts
      .reduce<number[]>((taken, part) => {
        const left = total - taken.reduce((sum, each) => sum + each, 0);
        return [...taken, Math.min(part, left)];
      }, [])
      .map(off),
    taxes: [...added.map((amount) => tax(amount, false)), ...included.map((amount) => tax(amount, true))],
  }));
const orders = fc
  .record({
    lines: fc.array(fc.tuple(priced, fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 5 }),
    shipping: priced,
  })
  .map(({ lines, shipping }) =>
    order(
      lines.map(([price, quantity], i) => ({ ...asLine(`S${i}`, quantity, 0), ...price })),
      shipping,
    ),
  );

test("refunds in any partition and order come to what was paid, and never to more", () => {
  fc.assert(
    fc.property(orders, fc.infiniteStream(fc.nat()), (fresh, stream) => {
      const next = (below: number) => (stream.next().value as number) % below;
      const paid = totalOf(totalsOf(fresh));
      let rest = fresh;
      let sum = 0n;
      let left = fresh.lines.map(({ sku, quantity }) => ({ sku, quantity }));
      let shipping = fresh.shipping.total > 0 || paidFor(fresh.shipping) > 0n;
      while (left.length > 0 || shipping) {
        const items = left.map(({ sku, quantity }) => ({ sku, quantity: next(quantity + 1) }));
        const some = items.filter(({ quantity }) => quantity > 0);
        const withShipping = shipping && next(3) === 0;
        if (some.length === 0 && !withShipping) continue;
        const plan = planRefund(rest, { items: some, shipping: withShipping });
        expect(plan.amount).toBeGreaterThanOrEqual(0n);
        sum += plan.amount;
        expect(sum).toBeLessThanOrEqual(paid);
        rest = after(rest, plan);
        shipping &&= !withShipping;
        left = left
          .map(({ sku, quantity }, i) => ({ sku, quantity: quantity - (items[i]?.quantity ?? 0) }))
          .filter(({ quantity }) => quantity > 0);
      }
      expect(sum).toBe(paid);
    }),
    { numRuns: 500 },
  );
});
