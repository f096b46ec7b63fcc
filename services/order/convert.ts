import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Order_State,
  type OrderEvent,
  OrderEventSchema,
  type Order as OrderMessage,
  OrderPayment_State,
  OrderSchema,
  OrderShipment_State,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Order } from "./order.ts";
import { refundedUnits } from "./refund.ts";
import type { EventRow } from "./store-event.ts";
import { discounted, totalOf } from "./totals.ts";

/** An order as a message. */
export function toOrderMessage(order: Order): OrderMessage {
  const inCurrency = (amount: number | bigint) => money(order.currencyCode, BigInt(amount));
  const withMoney = <T extends { amount: number }>(part: T) => ({ ...part, amount: inCurrency(part.amount) });
  const refunds = order.refunds.filter(({ state }) => state === "DONE");
  return create(OrderSchema, {
    id: order.id,
    cartId: order.cartId,
    channel: order.channel,
    metadata: order.metadata,
    pickUp: order.pickUp,
    state: Order_State[order.state],
    currencyCode: order.currencyCode,
    lines: order.lines.map((line) => ({
      ...{ sku: line.sku, productId: line.productId, title: line.title, variantTitle: line.variantTitle },
      quantity: BigInt(line.quantity),
      unitPrice: inCurrency(line.unitPrice),
      total: inCurrency(line.total),
      discounts: (line.discounts ?? []).map(withMoney),
      discountedTotal: inCurrency(discounted(line)),
      taxes: (line.taxes ?? []).map(withMoney),
      refundedQuantity: BigInt(refundedUnits({ refunds }, line.sku)),
      originCountryCode: line.originCountryCode ?? "",
      tariffNumber: line.tariffNumber ?? "",
    })),
    ...(order.contact && { contact: order.contact }),
    ...(order.shippingAddress && { shippingAddress: order.shippingAddress }),
    shippingMethods: order.shippingMethods.map((method) => ({ ...method, price: inCurrency(method.price) })),
    shippingMethodId: order.shippingMethodId,
    refusedCodes: order.refusedCodes,
    itemTotal: inCurrency(order.itemTotal),
    itemDiscount: inCurrency(order.itemDiscount),
    shippingTotal: inCurrency(order.shippingTotal),
    shippingDiscounts: order.shippingDiscounts.map(withMoney),
    shippingDiscount: inCurrency(order.shippingDiscount),
    shippingTaxes: order.shippingTaxes.map(withMoney),
    taxTotal: inCurrency(order.taxTotal),
    includedTaxTotal: inCurrency(order.includedTaxTotal),
    total: inCurrency(totalOf(order)),
    refunds: refunds.map(({ id, items, shipping, amount, reason, createTime }) => ({
      ...{ id, shipping, reason, amount: inCurrency(amount) },
      items: items.map(({ sku, quantity }) => ({ sku, quantity: BigInt(quantity) })),
      createTime: timestampFromDate(new Date(createTime)),
    })),
    ...(order.paymentId !== null && { payment: toOrderPayment(order, order.paymentId) }),
    ...(order.fulfillment !== null && {
      fulfillment: { shipmentId: order.shipmentId, ...order.fulfillment },
    }),
    shipments: order.shipments.map(({ state, items, ...shipment }) => ({
      ...shipment,
      state: OrderShipment_State[state],
      items: items.map(({ sku, quantity }) => ({ sku, quantity: BigInt(quantity) })),
    })),
    holdExpireTime: timestampFromDate(order.holdExpireTime),
    cancelReason: order.cancelReason,
    createTime: timestampFromDate(order.createTime),
    updateTime: timestampFromDate(order.updateTime),
  });
}

function toOrderPayment(order: Order, id: string) {
  const { payment, paymentState } = order;
  const transfer = payment?.transfer;
  const inCurrency = (amount: bigint) => money(order.currencyCode, amount);
  const total = totalOf(order);
  const received = BigInt(transfer?.received ?? 0);
  return {
    id,
    state: OrderPayment_State[paymentState ?? "PROCESSING"],
    method: payment?.method ?? "",
    clientSecret: payment?.clientSecret ?? "",
    redirectUrl: payment?.redirectUrl ?? "",
    declineCode: payment?.declineCode ?? "",
    ...(transfer !== undefined && {
      transfer: {
        bank: payment?.method ?? "",
        accountNumber: transfer.accountNumber,
        reference: transfer.reference,
        amount: inCurrency(total),
        received: inCurrency(received),
        missing: inCurrency(received < total ? total - received : 0n),
        ...(transfer.bankAccount && { bankAccount: transfer.bankAccount }),
        deadline: timestampFromDate(new Date(transfer.deadline)),
      },
    }),
  };
}

/** An entry of an order's timeline as a message. */
export function toOrderEvent(row: EventRow): OrderEvent {
  return create(OrderEventSchema, { ...row, createTime: timestampFromDate(row.createTime) });
}
