import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { OrderSummarySchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Fulfillment, Order, OrderLine } from "./order.ts";
import { totalOf } from "./totals.ts";

/** An order as its messages show it, with the parcel that they are about, or all that went out. */
export function orderSummary(
  order: Order,
  parcel?: Fulfillment,
): MessageInitShape<typeof OrderSummarySchema> {
  const inCurrency = (amount: number | bigint) => money(order.currencyCode, BigInt(amount));
  const transfer = order.payment?.transfer;
  const isUnpaid = order.state === "PENDING_PAYMENT";
  return {
    orderId: order.id,
    lines: order.lines.map((line) => ({
      title: titleOf(line),
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
    ...(parcel ?? order.fulfillment),
    parcels: parcelsOf(order, parcel),
    ...(transfer !== undefined && {
      transfer: {
        bank: order.payment?.method ?? "",
        accountNumber: transfer.accountNumber,
        reference: transfer.reference,
        deadline: timestampFromDate(new Date(transfer.deadline)),
        ...(transfer.bankAccount && { bankAccount: transfer.bankAccount }),
      },
    }),
    cancelReason: order.cancelReason,
    ...(isUnpaid && { holdExpireTime: timestampFromDate(order.holdExpireTime) }),
  };
}

/** The order's parcels that went out, of which Shipping may know more than the order. */
function parcelsOf({ shipments, lines }: Order, parcel: Fulfillment | undefined) {
  const titles = new Map(lines.map((line) => [line.sku, titleOf(line)]));
  return shipments
    .filter(({ state }) => state === "LABELED" || state === "SHIPPED")
    .filter(({ id }) => parcel === undefined || id === parcel.shipmentId)
    .map((shipment) => {
      const { carrier, trackingNumber, trackingUrl, labelUrl } = parcel ?? shipment;
      return {
        ...{ carrier, trackingNumber, trackingUrl, labelUrl },
        lines: shipment.items.map(({ sku, quantity }) => ({
          title: titles.get(sku) ?? sku,
          quantity: BigInt(quantity),
        })),
      };
    });
}

function titleOf({ title, variantTitle }: OrderLine): string {
  return variantTitle === "" ? title : `${title} – ${variantTitle}`;
}
