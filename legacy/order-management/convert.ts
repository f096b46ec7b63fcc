import type { MessageInitShape } from "@bufbuild/protobuf";
import { Cart_State, type Cart as CoreCart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type {
  CartSchema,
  OrderSchema,
} from "../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { type Order as CoreOrder, Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { customerIdOf } from "./buyer.ts";

/** An order as this API shows it. */
export function toOrder(order: CoreOrder) {
  return {
    id: order.id,
    customerId: customerIdOf(order),
    status: statusOf(order.state),
    items: order.lines.map(({ sku, quantity }) => ({ productId: sku, quantity })),
    paymentId: order.payment?.id ?? "",
  } satisfies MessageInitShape<typeof OrderSchema>;
}

/** A cart as this API shows it. */
export function toCart(cart: CoreCart, customerId: string): MessageInitShape<typeof CartSchema> {
  return {
    customerId,
    status: cart.state === Cart_State.ORDERED ? "Ordered" : "Open",
    items: cart.lines.map(({ sku, requestedQuantity }) => ({ productId: sku, quantity: requestedQuantity })),
  };
}

function statusOf(state: Order_State): string {
  switch (state) {
    case Order_State.PENDING_PAYMENT:
      return "Ordered";
    case Order_State.PAID:
      return "Paid";
    case Order_State.FULFILLED:
      return "Fulfilled";
    case Order_State.CANCELED:
      return "Canceled";
    case Order_State.EXPIRED:
      return "Expired";
    case Order_State.UNSPECIFIED:
      return "";
  }
}
