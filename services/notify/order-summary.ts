import type { MessageInitShape } from "@bufbuild/protobuf";
import type { OrderSummarySchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type Order, Order_State, OrderShipment_State } from "../../gen/rowlock/order/v1/order_pb.js";

/** An order of the shop's as its messages show it. What they tell besides of an event is not known of it. */
export function summaryOf(order: Order): MessageInitShape<typeof OrderSummarySchema> {
  const { payment, fulfillment, shipments, refunds, holdExpireTime, shippingAddress } = order;
  const { itemTotal, itemDiscount, shippingTotal, shippingDiscount, taxTotal, includedTaxTotal, total } =
    order;
  const titles = new Map(
    order.lines.map(({ sku, title, variantTitle }) => [
      sku,
      [title, variantTitle].filter(Boolean).join(" – "),
    ]),
  );
  const refunded = refunds.at(-1)?.amount;
  const isUnpaid = order.state === Order_State.PENDING_PAYMENT;
  return {
    orderId: order.id,
    lines: order.lines.map(({ sku, quantity, total }) => ({
      title: titles.get(sku) ?? sku,
      quantity,
      ...(total && { total }),
    })),
    ...(itemTotal && { itemTotal }),
    ...(itemDiscount && { itemDiscount }),
    ...(shippingTotal && (order.shippingMethodId !== "" || !isUnpaid) && { shippingTotal }),
    ...(shippingDiscount && { shippingDiscount }),
    ...(taxTotal && { taxTotal }),
    ...(includedTaxTotal && { includedTaxTotal }),
    ...(total && { total }),
    ...(shippingAddress && { shippingAddress }),
    ...(refunded && { refunded }),
    ...(isUnpaid && holdExpireTime && { holdExpireTime }),
    pickUp: order.pickUp,
    cancelReason: order.cancelReason,
    ...(fulfillment && {
      carrier: fulfillment.carrier,
      trackingNumber: fulfillment.trackingNumber,
      trackingUrl: fulfillment.trackingUrl,
      labelUrl: fulfillment.labelUrl,
    }),
    parcels: shipments
      .filter(({ state }) => state === OrderShipment_State.LABELED || state === OrderShipment_State.SHIPPED)
      .map(({ carrier, trackingNumber, trackingUrl, labelUrl, items }) => ({
        ...{ carrier, trackingNumber, trackingUrl, labelUrl },
        lines: items.map(({ sku, quantity }) => ({ title: titles.get(sku) ?? sku, quantity })),
      })),
    ...(payment?.transfer && {
      transfer: {
        bank: payment.method,
        accountNumber: payment.transfer.accountNumber,
        reference: payment.transfer.reference,
        ...(payment.transfer.deadline && { deadline: payment.transfer.deadline }),
        ...(payment.transfer.bankAccount && { bankAccount: payment.transfer.bankAccount }),
      },
    }),
  };
}
