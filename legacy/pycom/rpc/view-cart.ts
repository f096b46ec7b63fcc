import type { MethodImpl } from "@connectrpc/connect";
import type { PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { toCart } from "../convert.ts";
import { buyerOf } from "../session.ts";

/** The buyer's cart, priced and checked now. */
export function viewCart(deps: FacadeDeps): MethodImpl<typeof PycomService.method.viewCart> {
  return async ({ sid }, ctx) => {
    const cart = await findOpenCart(deps, ctx, buyerOf(deps, ctx, sid));
    return toCart(cart, { sid, currencyCode: deps.currencyCode });
  };
}
