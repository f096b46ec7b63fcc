import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";
import type { Order } from "./order.ts";
import { fail } from "./reasons.ts";
import { totalOf, totalsOf } from "./totals.ts";

/** An order that is being made, priced but for its shipping. */
type Priced = Pick<Order, "lines" | "currencyCode" | "refusedCodes"> & {
  /** SKUs whose price is another than when the buyer put them into the cart. */
  repriced: readonly string[];
};

/**
 * Refuses to make an order of another total than the buyer has seen. Says what is known of the cause; a tax or a
 * promotion without a code that has changed leaves none.
 *
 * @throws ORDER_TOTAL_CHANGED.
 */
export function requireExpectedTotal(
  expected: Money | undefined,
  { lines, currencyCode, refusedCodes, repriced }: Priced,
): void {
  if (expected === undefined) return;
  const actual = totalOf(totalsOf({ lines, shipping: { total: 0 } }));
  if (expected.amount === actual && expected.currencyCode === currencyCode) return;
  const notices = [
    ...(expected.currencyCode === currencyCode ? [] : [`CURRENCY ${expected.currencyCode}`]),
    ...refusedCodes.map(({ code, reason }) => `${reason} ${code}`),
    ...repriced.map((sku) => `PRICE_CHANGED ${sku}`),
  ];
  throw fail("ORDER_TOTAL_CHANGED", {
    expected: String(expected.amount),
    actual: String(actual),
    currency_code: currencyCode,
    notices: notices.slice(0, maxNotices).join("; ") || "UNKNOWN",
  });
}

/** Details travel in HTTP/2 trailers, which hold 8 KiB. */
const maxNotices = 20;
