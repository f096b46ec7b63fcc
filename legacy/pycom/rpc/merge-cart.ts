import type { MethodImpl } from "@connectrpc/connect";
import type { PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { callerOf, outgoing } from "../../../lib/rpc/index.ts";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { toCart } from "../convert.ts";
import { fail } from "../reasons.ts";

/** The carts of the session's guest go to the account, and its orders stay: whoever knows a session may have a cart. */
export function mergeCart(deps: FacadeDeps): MethodImpl<typeof PycomService.method.mergeCart> {
  return async ({ sid }, ctx) => {
    const customer = callerOf(ctx);
    if (customer.kind !== "customer") throw fail("CUSTOMER_ONLY", {});
    const guestId = guestOf(deps, sid).id;
    await deps.carts.adoptCarts({ guestId, customerId: customer.id }, outgoing(ctx));
    return toCart(await findOpenCart(deps, ctx, customer), { sid, currencyCode: deps.currencyCode });
  };
}
