import { Code, ConnectError, type MethodImpl } from "@connectrpc/connect";
import { StockShortageSchema } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { OrderManagementService } from "../../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { Order_State } from "../../../gen/rowlock/order/v1/order_pb.js";
import { errorInfo, reasonOf } from "../../../lib/errors/reasons.ts";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { findLatestOrder, orderByTransfer, payByTransfer } from "../../order.ts";
import { buyerOf, keepCustomer } from "../buyer.ts";
import { fail } from "../reasons.ts";

/** Orders the customer's open cart; without one, the order that a call before this has made of it. */
export function createOrder(deps: FacadeDeps): MethodImpl<typeof OrderManagementService.method.createOrder> {
  return async ({ customerId }, ctx) => {
    const buyer = buyerOf(deps, ctx, customerId);
    try {
      const cart = await findOpenCart(deps, ctx, buyer);
      if (cart !== undefined) {
        await keepCustomer(deps, ctx, { cart, customerId });
        const { id } = await orderByTransfer(deps, ctx, { cartId: cart.id });
        return { message, id };
      }
      const latest = await findLatestOrder(deps, ctx, buyer);
      if (latest?.state !== Order_State.PENDING_PAYMENT || !latest.pickUp) {
        throw fail("CART_NOT_FOUND", { customer_id: customerId });
      }
      const { id } = await payByTransfer(deps, ctx, { order: latest });
      return { message, id };
    } catch (err) {
      throw inOldWords(err);
    }
  };
}

const message = "Order created successfully";

/** A shortage is a 400 that names the product, and what the shop cannot do now a 500: as clients know them. */
function inOldWords(err: unknown): unknown {
  if (reasonOf(err) === "INSUFFICIENT_STOCK") {
    const { sku = "", requested = "", available = "" } = errorInfo(err)?.metadata ?? {};
    const details = err instanceof ConnectError ? err.findDetails(StockShortageSchema) : [];
    return fail(
      "ITEM_SHORT",
      { product_id: sku, requested, available },
      { cause: err, details: details.map((value) => ({ desc: StockShortageSchema, value })) },
    );
  }
  const failed =
    err instanceof ConnectError && (err.code === Code.Unavailable || err.code === Code.DeadlineExceeded);
  return failed ? fail("UPSTREAM_FAILED", {}, { cause: err }) : err;
}
