import { create } from "@bufbuild/protobuf";
import { FreezeCartResponseSchema } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { PlaceOrderRequestSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { priceGoods } from "../../services/cart/pricing.ts";
import { type Discounted, discountShipping, redeemDiscounts } from "../../services/order/discounts.ts";
import { draftOrder } from "../../services/order/draft.ts";
import type { Order } from "../../services/order/order.ts";
import { taxLines, taxShipping } from "../../services/order/taxes.ts";
import { totalsOf } from "../../services/order/totals.ts";
import { offersOf, pricedBy, type Sale } from "./random-sale.ts";

const now = new Date("2026-01-31T12:00:00Z");

/** The order of a sale's cart with its shipping method, made and priced as PlaceOrder and SetShippingMethod do. */
export async function orderOf(sale: Sale): Promise<Order> {
  const deps = pricedBy(sale);
  const cart = priceGoods(sale.cart, offersOf(sale));
  const frozen = create(FreezeCartResponseSchema, { cart, owner: sale.cart.owner });
  const draft = draftOrder(frozen, create(PlaceOrderRequestSchema));
  const { codes, owner, channel, metadata, pickUp, currencyCode, contact, shippingAddress } = draft;
  const place = { currencyCode, shippingAddress };
  const basket = { id: "ord_1", owner, channel, metadata, pickUp, contact, lines: draft.lines, ...place };
  const beforeRedeeming = async () => undefined;
  const finish = async (discounted: Discounted) => {
    return { ...discounted, lines: await taxLines(deps, { ...place, lines: discounted.lines }, {}) };
  };
  const redeeming = { basket, codes, finish, beforeRedeeming };
  const { lines, promotions, refusedCodes } = await redeemDiscounts(deps, redeeming, {});
  const placed: Order = {
    ...{ ...basket, lines, promotions, refusedCodes, refunds: [] },
    ...{ cartId: "cart_1", state: "PENDING_PAYMENT" },
    ...{
      shipmentId: "shp_1",
      shipments: [],
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
