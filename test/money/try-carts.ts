import assert from "node:assert/strict";
import { toOrderMessage } from "../../services/order/convert.ts";
import { totalOf } from "../../services/order/totals.ts";
import { createRandom } from "../support/random.ts";
import { addUp, giveBack } from "./books.ts";
import { orderOf } from "./order-of.ts";
import { randomSale } from "./random-sale.ts";

/** How many of the carts had what. */
export interface Tally {
  discounted: number;
  shippingDiscounted: number;
  included: number;
  added: number;
  free: number;
}

/**
 * Orders random carts, adds each order up and gives it back in random parts. Cart `i` has the seed `seed + i`.
 *
 * @throws Error naming the seed of the first cart that does not add up.
 */
export async function tryCarts({ count, seed }: { count: number; seed: number }): Promise<Tally> {
  const tally = { discounted: 0, shippingDiscounted: 0, included: 0, added: 0, free: 0 };
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed + i);
    try {
      const order = await orderOf(randomSale(random));
      const paid = totalOf(order);
      assert.equal(addUp(toOrderMessage(giveBack(random, { order, paid }))), paid);
      if (order.itemDiscount > 0n) tally.discounted++;
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
