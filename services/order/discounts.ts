/** What promotions take off an order, and what of their limits it uses up. */
import type { CallOptions } from "@connectrpc/connect";
import type { Evaluation, ShippingDiscount } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { isGuest, type Order, type OrderLine, type RefusedCode } from "./order.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import type { Discount } from "./totals.ts";

/** How often a cart is evaluated before others, who are quicker each time, are left to have it. */
const maxTries = 3;

/** What Promotion is asked about. */
type Basket = Pick<Order, "id" | "currencyCode" | "lines" | "owner" | "contact">;

/** The lines with what is taken off them, what is redeemed for that, and the codes that give nothing. */
export type Discounted = Pick<Order, "lines" | "promotions" | "refusedCodes">;

/**
 * Has promotions take something off the lines of an order that is being made, and counts that against their limits,
 * under the order's id. `finish` completes the prices, and may refuse them: so nothing is redeemed at a price that
 * the buyer has not agreed to. `beforeRedeeming` is called then, since a redemption does not end by itself. A promotion
 * that others use up in between gives nothing: then the cart is evaluated, and finished, anew.
 *
 * @throws PROMOTION_EXHAUSTED when that happens again and again; and what Redeem refuses an order whose id was used
 *   with other promotions, or was given up.
 */
export async function redeemDiscounts(
  { promotions }: Pick<OrderDeps, "promotions">,
  {
    basket,
    codes,
    finish,
    beforeRedeeming,
  }: {
    basket: Basket;
    codes: string[];
    finish: (discounted: Discounted) => Promise<Discounted>;
    beforeRedeeming: () => Promise<void>;
  },
  call: CallOptions,
): Promise<Discounted> {
  for (let tried = 1; ; tried++) {
    const evaluation = await promotions.evaluate({ ...evaluable(basket), codes }, call);
    const applied = evaluation.applied.map(({ promotionId, code }) => ({ promotionId, code }));
    const discounted = await finish({
      lines: withDiscounts(basket.lines, evaluation),
      promotions: applied,
      refusedCodes: evaluation.refusedCodes.map(({ code, reason }): RefusedCode => ({ code, reason })),
    });
    if (applied.length === 0) return discounted;
    if (tried === 1) await beforeRedeeming();
    try {
      const request = { orderId: basket.id, promotions: applied, customerKey: customerKeyOf(basket) };
      await promotions.redeem(request, call);
      return discounted;
    } catch (err) {
      const info = errorInfo(err);
      if (info === undefined || !usedUp.has(info.reason)) throw err;
      const { promotion_id = "", code = "" } = info.metadata;
      if (tried === maxTries) throw fail("PROMOTION_EXHAUSTED", { promotion_id, code }, { cause: err });
    }
  }
}

const usedUp: ReadonlySet<string> = new Set([
  "LIMIT_REACHED",
  "CUSTOMER_LIMIT_REACHED",
  "PROMOTION_NOT_ACTIVE",
]);

/**
 * What the promotions that the order has redeemed take off a shipping price. Those it has not are not for it, though
 * they may have begun since.
 */
export async function discountShipping(
  { promotions }: Pick<OrderDeps, "promotions">,
  { order, price }: { order: Order; price: number },
  call: CallOptions,
): Promise<Discount[]> {
  if (order.promotions.length === 0) return [];
  const codes = order.promotions.map(({ code }) => code).filter((code) => code !== "");
  const shippingPrice = money(order.currencyCode, BigInt(price));
  const { shippingDiscounts } = await promotions.evaluate(
    { ...evaluable(order), codes, shippingPrice },
    call,
  );
  const redeemed = new Set(order.promotions.map(({ promotionId }) => promotionId));
  return shippingDiscounts.filter(({ promotionId }) => redeemed.has(promotionId)).map(toDiscount);
}

function evaluable(basket: Basket) {
  const { id: orderId, currencyCode } = basket;
  const lines = basket.lines.map(({ sku, productId, categoryIds = [], quantity, unitPrice }) => ({
    ...{ sku, productId, categoryIds: [...categoryIds] },
    quantity: BigInt(quantity),
    unitPrice: money(currencyCode, BigInt(unitPrice)),
  }));
  return { orderId, lines, customerKey: customerKeyOf(basket) };
}

/** Under what a buyer's orders are counted: the account, or the e-mail address, or at least the cart's token. */
function customerKeyOf({ owner, contact }: Basket): string {
  return isGuest(owner) ? contact?.email || owner : owner;
}

function withDiscounts(lines: readonly OrderLine[], { lineDiscounts }: Evaluation): OrderLine[] {
  return lines.map((line) => {
    const discounts = lineDiscounts.filter(({ sku }) => sku === line.sku).map(toDiscount);
    return discounts.length === 0 ? line : { ...line, discounts };
  });
}

type Off = Pick<ShippingDiscount, "promotionId" | "title" | "code" | "amount">;

function toDiscount({ promotionId, title, code, amount }: Off): Discount {
  return { promotionId, title, code, amount: Number(amount?.amount ?? 0n) };
}
