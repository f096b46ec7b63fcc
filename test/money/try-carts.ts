import assert from "node:assert/strict";
import { priceCart } from "../../services/cart/price-cart.ts";
import { toOrderMessage } from "../../services/order/convert.ts";
import { totalOf } from "../../services/order/totals.ts";
import { createRandom } from "../support/random.ts";
import { addUp, compare, giveBack } from "./books.ts";
import { orderOf } from "./order-of.ts";
import { offersOf, pricedBy, randomSale } from "./random-sale.ts";

/** How many of the carts had what. */
export interface Tally {
  discounted: number;
  coupons: number;
  shippingDiscounted: number;
  included: number;
  added: number;
  free: number;
}

/**
 * Orders random carts, compares each order with its cart, adds it up and gives it back in random parts. Cart `i` has
 * the seed `seed + i`.
 *
 * @throws Error naming the seed of the first cart that does not add up.
 */
export async function tryCarts({ count, seed }: { count: number; seed: number }): Promise<Tally> {
  const tally = { discounted: 0, coupons: 0, shippingDiscounted: 0, included: 0, added: 0, free: 0 };
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed + i);
    try {
      const sale = randomSale(random);
      const cart = await priceCart(pricedBy(sale), { cart: sale.cart, offers: offersOf(sale) }, {});
      const order = await orderOf(sale);
      compare(cart, toOrderMessage(order));
      const paid = totalOf(order);
      assert.equal(addUp(toOrderMessage(giveBack(random, { order, paid }))), paid);
      if (order.itemDiscount > 0n) tally.discounted++;
      if (order.promotions.some(({ code }) => code !== "")) tally.coupons++;
      if (order.shippingDiscount > 0n) tally.shippingDiscounted++;
      if (order.includedTaxTotal > 0n) tally.included++;
      if (order.taxTotal > order.includedTaxTotal) tally.added++;
      if (paid === 0n) tally.free++;
    } catch (cause) {
      throw new Error(`the cart of seed ${seed + i} does not add up`, { cause });
    }
  }
  return tally;
}
