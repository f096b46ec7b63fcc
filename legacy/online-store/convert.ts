import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { OrderSchema, PaymentSchema } from "../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { type Order, Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { less, toAmount } from "../amount.ts";

/** Under what a cart, and the order made of it, keep the storefront's name of the customer. */
export const customerKey = "customer_id";

/** A cart as an order that is not checked out yet. */
export function fromCart(cart: Cart): MessageInitShape<typeof OrderSchema> {
  return {
    id: cart.id,
    status: "created",
    items: cart.lines.map((line) => ({
      productId: line.sku,
      name: line.title,
      price: toAmount(line.unitPrice),
      quantity: line.requestedQuantity,
      subtotal: toAmount(line.total),
      available: line.available,
    })),
    discount: toAmount(cart.itemDiscount),
    total: toAmount(cart.total),
    currency: cart.currencyCode,
    customerId: cart.metadata[customerKey] ?? "",
  };
}

/** An order, under the id that it had before it was checked out. */
export function fromOrder(order: Order): MessageInitShape<typeof OrderSchema> {
  const holds = order.state === Order_State.PENDING_PAYMENT && order.holdExpireTime !== undefined;
  return {
    id: order.cartId,
    number: order.id,
    status: orderStatus(order.state),
    items: order.lines.map((line) => ({
      productId: line.sku,
      name: line.title,
      price: toAmount(line.unitPrice),
      quantity: line.quantity,
      subtotal: toAmount(line.total),
    })),
    discount: toAmount(order.itemDiscount),
    shipping: toAmount(less(order.shippingTotal, order.shippingDiscount)),
    total: toAmount(order.total),
    currency: order.currencyCode,
    ...(holds && { reservedUntil: order.holdExpireTime }),
    paymentId: order.payment?.id ?? "",
    customerId: order.metadata[customerKey] ?? "",
  };
}

/** A payment with its order. */
export function fromPayment(payment: Payment, order: Order): MessageInitShape<typeof PaymentSchema> {
  const { accountNumber, reference, deadline, amount } = payment;
  const waits = payment.state === Payment_State.AWAITING_TRANSFER;
  return {
    id: payment.id,
    orderId: order.cartId,
    status: paymentStatus(payment.state),
    paymentMethod: payment.method,
    amount: toAmount(amount),
    currency: amount?.currencyCode ?? "",
    ...(waits && { accountNumber, reference, ...(deadline && { deadline }) }),
    order: fromOrder(order),
  };
}

/** What is paid with nothing: an order whose goods cost nothing has no payment. */
export function freePayment(order: Order): MessageInitShape<typeof PaymentSchema> {
  return {
    orderId: order.cartId,
    status: "confirmed",
    currency: order.currencyCode,
    order: fromOrder(order),
  };
}

function orderStatus(state: Order_State): string {
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

function paymentStatus(state: Payment_State): string {
  switch (state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
    case Payment_State.AUTHORIZED:
      return "pending";
    case Payment_State.CAPTURED:
      return "confirmed";
    case Payment_State.FAILED:
      return "rejected";
    case Payment_State.CANCELED:
      return "canceled";
    case Payment_State.REFUNDED:
      return "refunded";
  }
}
