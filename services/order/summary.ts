import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { OrderSummarySchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Order } from "./order.ts";
import { totalOf } from "./totals.ts";

/** An order as its messages show it. */
export function orderSummary(order: Order): MessageInitShape<typeof OrderSummarySchema> {
  const inCurrency = (amount: number | bigint) => money(order.currencyCode, BigInt(amount));
  const transfer = order.payment?.transfer;
  const isUnpaid = order.state === "PENDING_PAYMENT";
  return {
    orderId: order.id,
    lines: order.lines.map((line) => ({
      title: line.variantTitle === "" ? line.title : `${line.title} – ${line.variantTitle}`,
      quantity: BigInt(line.quantity),
      total: inCurrency(line.total),
    })),
    itemTotal: inCurrency(order.itemTotal),
    itemDiscount: inCurrency(order.itemDiscount),
    // Of a shipping method that is not chosen nobody knows the price.
    ...((!isUnpaid || order.shippingMethodId !== "") && { shippingTotal: inCurrency(order.shippingTotal) }),
    shippingDiscount: inCurrency(order.shippingDiscount),
    taxTotal: inCurrency(order.taxTotal),
    includedTaxTotal: inCurrency(order.includedTaxTotal),
    total: inCurrency(totalOf(order)),
    ...(order.shippingAddress && { shippingAddress: order.shippingAddress }),
    pickUp: order.pickUp,
    ...order.fulfillment,
    ...(transfer !== undefined && {
      transfer: {
        bank: order.payment?.method ?? "",
        accountNumber: transfer.accountNumber,
        reference: transfer.reference,
        deadline: timestampFromDate(new Date(transfer.deadline)),
      },
    }),
    cancelReason: order.cancelReason,
    ...(isUnpaid && { holdExpireTime: timestampFromDate(order.holdExpireTime) }),
  };
}
