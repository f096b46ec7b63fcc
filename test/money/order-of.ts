import { discountShipping, redeemDiscounts } from "../../services/order/discounts.ts";
import type { Order } from "../../services/order/order.ts";
import { taxLines, taxShipping } from "../../services/order/taxes.ts";
import { address, contact } from "../../services/order/testing/shop.ts";
import { totalsOf } from "../../services/order/totals.ts";
import { pricedBy, type Sale } from "./random-sale.ts";

const now = new Date("2026-01-31T12:00:00Z");

/** The order of a sale with its shipping method, priced as PlaceOrder and SetShippingMethod price it. */
export async function orderOf(sale: Sale): Promise<Order> {
  const deps = pricedBy(sale);
  const place = { currencyCode: sale.currency, shippingAddress: address };
  const basket = { id: "ord_1", owner: "cus_1", contact, lines: sale.lines, ...place };
  const beforeRedeeming = async () => undefined;
  const discounted = await redeemDiscounts(deps, { basket, codes: [], beforeRedeeming }, {});
  const lines = await taxLines(deps, { ...place, lines: discounted.lines }, {});
  const placed: Order = {
    ...{ ...basket, lines, promotions: discounted.promotions, refunds: [] },
    ...{ cartId: "cart_1", channel: "", metadata: {}, pickUp: false, state: "PENDING_PAYMENT" },
    ...{
      shipmentId: "shp_1",
      shippingMethods: [],
      shippingMethodId: "",
      shippingDiscounts: [],
      shippingTaxes: [],
    },
    ...totalsOf({ lines, shipping: { total: 0 } }),
    ...{ reservationId: "ord_1", holdExpireTime: now, createTime: now, updateTime: now },
    ...{ paymentId: null, paymentState: null, payment: null, lateMoney: null },
    ...{ fulfilling: false, fulfillment: null, cancelReason: "" },
  };
  const total = sale.shippingPrice;
  const discounts = await discountShipping(deps, { order: placed, price: total }, {});
  const taxes = await taxShipping(deps, { ...place, shipping: { total, discounts } }, {});
  const totals = totalsOf({ lines, shipping: { total, discounts, taxes } });
  return {
    ...placed,
    ...totals,
    shippingMethodId: "rate_1",
    shippingDiscounts: discounts,
    shippingTaxes: taxes,
  };
}
