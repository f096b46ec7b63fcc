import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Cart, Notice_Kind } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { CartSchema, OrderSchema } from "../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { type Order, Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { less, toAmount } from "../amount.ts";

/** The session's cart; an empty one when there is none. */
export function toCart(
  cart: Cart | undefined,
  { sid, currencyCode }: { sid: string; currencyCode: string },
): MessageInitShape<typeof CartSchema> {
  if (cart === undefined) return { sid, currency: currencyCode };
  return {
    sid,
    products: cart.lines.map((line) => ({
      id: line.sku,
      name: line.title,
      price: toAmount(line.unitPrice),
      incart: line.quantity,
      instock: line.available,
      requested: line.requestedQuantity,
      discount: toAmount(less(line.total, line.discountedTotal)),
      total: toAmount(line.discountedTotal),
      notices: line.notices.flatMap(({ kind }) => noticeOf(kind)),
    })),
    coupons: cart.coupons.map(({ code, applied, reason }) => ({ id: code, applied, reason })),
    subtotal: toAmount(cart.itemTotal),
    discount: toAmount(cart.itemDiscount),
    total: toAmount(cart.total),
    currency: cart.currencyCode,
  };
}

function noticeOf(kind: Notice_Kind): string[] {
  switch (kind) {
    case Notice_Kind.UNSPECIFIED:
      return [];
    case Notice_Kind.GONE:
      return ["deleted"];
    case Notice_Kind.OUT_OF_STOCK:
      return ["out_of_stock"];
    case Notice_Kind.QUANTITY_LOWERED:
      return ["lowered"];
    case Notice_Kind.PRICE_CHANGED:
      return ["price_changed"];
  }
}

/** An order, with where its money goes as long as it is waited for. */
export function toOrder(order: Order): MessageInitShape<typeof OrderSchema> {
  const { payment } = order;
  const transfer = payment?.state === OrderPayment_State.AWAITING_TRANSFER ? payment.transfer : undefined;
  return {
    id: order.id,
    status: statusOf(order.state),
    products: order.lines.map((line) => ({
      id: line.sku,
      name: line.title,
      price: toAmount(line.unitPrice),
      quantity: line.quantity,
      total: toAmount(line.discountedTotal),
    })),
    subtotal: toAmount(order.itemTotal),
    discount: toAmount(order.itemDiscount),
    shipping: toAmount(less(order.shippingTotal, order.shippingDiscount)),
    total: toAmount(order.total),
    currency: order.currencyCode,
    ...(payment &&
      transfer && {
        payment: {
          id: payment.id,
          method: payment.method,
          accountNumber: transfer.accountNumber,
          reference: transfer.reference,
          ...(transfer.deadline && { deadline: transfer.deadline }),
        },
      }),
  };
}

function statusOf(state: Order_State): string {
  switch (state) {
    case Order_State.UNSPECIFIED:
    case Order_State.PENDING_PAYMENT:
      return "checked_out";
    case Order_State.PAID:
    case Order_State.FULFILLED:
      return "paid";
    case Order_State.CANCELED:
      return "canceled";
    case Order_State.EXPIRED:
      return "expired";
  }
}
