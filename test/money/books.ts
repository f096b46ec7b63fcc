import assert from "node:assert/strict";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { Order as OrderMessage } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";
import type { Order } from "../../services/order/order.ts";
import { planRefund } from "../../services/order/refund.ts";
import type { Random } from "../support/random.ts";

const of = (money: Money | undefined) => {
  assert(money !== undefined);
  return money.amount;
};
const sum = (parts: readonly { amount?: Money | undefined }[]) =>
  parts.reduce((total, { amount }) => total + of(amount), 0n);

/** Adds an order up again from what its buyer is shown, and compares every sum; returns what is paid. */
export function addUp(order: OrderMessage): bigint {
  let [items, itemDiscount, taxes, included, paid] = [0n, 0n, 0n, 0n, 0n];
  const price = (total: bigint, part: Pick<OrderMessage["lines"][number], "discounts" | "taxes">) => {
    const off = sum(part.discounts);
    const within = sum(part.taxes.filter((tax) => tax.included));
    const all = sum(part.taxes);
    assert(off >= 0n && off <= total, "a discount is more than the price");
    assert(within <= total - off, "a tax in the price is more than the price");
    assert(all >= within);
    taxes += all;
    included += within;
    paid += total - off + all - within;
    return off;
  };
  for (const line of order.lines) {
    const total = of(line.unitPrice) * line.quantity;
    assert.equal(of(line.total), total);
    const off = price(total, line);
    assert.equal(of(line.discountedTotal), total - off);
    items += total;
    itemDiscount += off;
  }
  const shipping = of(order.shippingTotal);
  const off = price(shipping, { discounts: order.shippingDiscounts, taxes: order.shippingTaxes });
  assert.equal(of(order.itemTotal), items);
  assert.equal(of(order.itemDiscount), itemDiscount);
  assert.equal(of(order.shippingDiscount), off);
  assert.equal(of(order.taxTotal), taxes);
  assert.equal(of(order.includedTaxTotal), included);
  assert.equal(of(order.total), items - itemDiscount + shipping - off + (taxes - included));
  assert.equal(of(order.total), paid);
  assert(paid >= 0n);
  // Once there are refunds, they are of all of it.
  if (order.refunds.length > 0) {
    assert.equal(sum(order.refunds), paid);
    for (const line of order.lines) assert.equal(line.refundedQuantity, line.quantity);
  }
  return paid;
}

/** What a cart's lines and an order's have in common. */
type Line = Pick<
  Cart["lines"][number],
  "sku" | "quantity" | "unitPrice" | "total" | "discounts" | "discountedTotal" | "taxes"
>;

const seen = ({ sku, quantity, unitPrice, total, discounts, discountedTotal, taxes }: Line): Line => ({
  ...{ sku, quantity, unitPrice, total },
  ...{ discounts, discountedTotal, taxes },
});

/** Compares what a buyer saw in the cart, to the minor unit, with the order that it became; shipping came since. */
export function compare(cart: Cart, order: OrderMessage): void {
  assert.deepEqual(cart.lines.map(seen), order.lines.map(seen));
  assert.equal(of(cart.itemTotal), of(order.itemTotal));
  assert.equal(of(cart.itemDiscount), of(order.itemDiscount));
  assert.equal(of(cart.taxTotal), of(order.taxTotal) - sum(order.shippingTaxes));
  const shipping = of(order.shippingTotal) - sum(order.shippingDiscounts);
  const added = sum(order.shippingTaxes.filter(({ included }) => !included));
  assert.equal(of(cart.total), of(order.total) - shipping - added);
}

/**
 * Gives an order back in parts, at random, until nothing is left, and compares what that comes to with what was paid.
 * Returns the order with its refunds.
 */
export function giveBack(random: Random, { order: fresh, paid }: { order: Order; paid: bigint }): Order {
  const shippingPrice = {
    total: Number(fresh.shippingTotal),
    discounts: fresh.shippingDiscounts,
    taxes: fresh.shippingTaxes,
  };
  const refunds: Order["refunds"] = [];
  const order = { ...fresh, refunds };
  let back = 0n;
  const left = new Map(order.lines.map(({ sku, quantity }) => [sku, quantity]));
  let shipping = order.shippingTotal > 0n;
  while (left.size > 0 || shipping) {
    const isRest = random.once(8);
    const units = [...left].map(([sku, quantity]) => ({ sku, quantity: random.int(quantity + 1) }));
    const wish = {
      items: isRest ? [] : units.filter(({ quantity }) => quantity > 0),
      shipping: !isRest && shipping && random.once(3),
    };
    if (!isRest && wish.items.length === 0 && !wish.shipping) continue;
    const { amount, ...part } = planRefund({ ...order, shipping: shippingPrice }, wish);
    assert(amount >= 0n);
    back += amount;
    assert(back <= paid, "more goes back than was paid");
    const made = { id: "orf_1", reason: "", state: "DONE" as const, createTime: "2026-01-31T12:00:00Z" };
    refunds.push({ ...made, ...part, amount: Number(amount) });
    shipping &&= !part.shipping;
    for (const { sku, quantity } of part.items) {
      const rest = (left.get(sku) ?? 0) - quantity;
      if (rest > 0) left.set(sku, rest);
      else left.delete(sku);
    }
  }
  assert.equal(back, paid);
  return order;
}
