import type { MethodImpl } from "@connectrpc/connect";
import type { OrderManagementService } from "../../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { setLines } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { openCart } from "../../open-cart.ts";
import { quantitiesBySku } from "../../variant.ts";
import { buyerOf, keepCustomer } from "../buyer.ts";
import { toCart } from "../convert.ts";

/** Makes the customer's cart hold just these items. */
export function setCart(deps: FacadeDeps): MethodImpl<typeof OrderManagementService.method.setCart> {
  return async ({ customerId, items }, ctx) => {
    const buyer = buyerOf(deps, ctx, customerId);
    const quantities = await quantitiesBySku(deps, ctx, items);
    const cart = await openCart(deps, ctx, buyer);
    await keepCustomer(deps, ctx, { cart, customerId });
    return toCart(await setLines(deps, ctx, { cart, quantities }), customerId);
  };
}
