/** Which part of what was paid goes back. Pure; amounts in minor units of the order's currency. */
import { least, shareOf } from "../../lib/money/arithmetic.ts";
import type { Order, OrderLine, RefundItem } from "./order.ts";
import { fail } from "./reasons.ts";
import { type Priced, paidFor } from "./totals.ts";

/** What a refund is made of. */
export interface RefundPlan {
  items: RefundItem[];
  shipping: boolean;
  amount: bigint;
}

/** What is asked for; neither items nor shipping: all that is left. */
export type RefundWish = Pick<RefundPlan, "items" | "shipping">;

type Refunded = Pick<Order, "id" | "currencyCode" | "lines" | "refunds"> & { shipping: Priced };

/**
 * Works out what a part of an order is worth: of a line's units their share of what was paid for the line, discounts
 * and added taxes considered. The share is that of all units given back so far, rounded half up, less what they came
 * to before; so the parts add up to what was paid, whatever the parts and their order.
 *
 * Of all that is left no more is given back than the payment has left (`atMost`): some may have gone back otherwise.
 *
 * @throws SKU_NOT_IN_ORDER, REFUND_QUANTITY_TOO_LARGE, SHIPPING_REFUNDED; REFUND_TOO_LARGE when nothing is left.
 */
export function planRefund(
  order: Refunded,
  wish: RefundWish,
  { atMost }: { atMost?: bigint } = {},
): RefundPlan {
  const isAll = isForAll(wish);
  const { items, shipping } = isAll ? rest(order) : wish;
  if (items.length === 0 && !shipping) throw refundTooLarge(order, 0n);
  if (shipping && !isAll && isShippingRefunded(order))
    throw fail("SHIPPING_REFUNDED", { order_id: order.id });
  const worth = items.map((item) => worthOf(order, item));
  const amount = worth.reduce((sum, part) => sum + part, shipping ? paidFor(order.shipping) : 0n);
  if (!isAll || atMost === undefined) return { items, shipping, amount };
  if (atMost === 0n && amount > 0n) throw refundTooLarge(order, 0n);
  return { items, shipping, amount: least(amount, atMost) };
}

/** Whether all that is left is asked for. */
export function isForAll({ items, shipping }: RefundWish): boolean {
  return items.length === 0 && !shipping;
}

/** Units of a SKU whose money was or is being given back. */
export function refundedUnits({ refunds }: Pick<Order, "refunds">, sku: string): number {
  const items = refunds.flatMap((refund) => refund.items).filter((item) => item.sku === sku);
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** The refusal of a refund of more than is left. */
export function refundTooLarge({ id, currencyCode }: Pick<Order, "id" | "currencyCode">, refundable: bigint) {
  return fail("REFUND_TOO_LARGE", {
    order_id: id,
    refundable: String(refundable),
    currency_code: currencyCode,
  });
}

function rest(order: Refunded): RefundWish {
  const items = order.lines.map((line) => ({ sku: line.sku, quantity: left(order, line) }));
  const shipping = order.shipping.total > 0 && !isShippingRefunded(order);
  return { items: items.filter(({ quantity }) => quantity > 0), shipping };
}

function worthOf(order: Refunded, { sku, quantity }: RefundItem): bigint {
  const line = order.lines.find((each) => each.sku === sku);
  if (line === undefined) throw fail("SKU_NOT_IN_ORDER", { order_id: order.id, sku });
  const refundable = left(order, line);
  if (quantity > refundable) {
    throw fail("REFUND_QUANTITY_TOO_LARGE", {
      order_id: order.id,
      sku,
      requested: String(quantity),
      refundable: String(refundable),
    });
  }
  const paid = paidFor(line);
  const shareOfFirst = (units: number) => shareOf(paid, BigInt(units), BigInt(line.quantity));
  const before = line.quantity - refundable;
  return shareOfFirst(before + quantity) - shareOfFirst(before);
}

function left(order: Refunded, { sku, quantity }: OrderLine): number {
  return quantity - refundedUnits(order, sku);
}

function isShippingRefunded({ refunds }: Refunded): boolean {
  return refunds.some(({ shipping }) => shipping);
}
