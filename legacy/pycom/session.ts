import type { HandlerContext } from "@connectrpc/connect";
import { callerOf } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { guestOf } from "../guest.ts";
import type { Buyer } from "../open-cart.ts";

/** Who buys in a session: the customer who has signed in, else the session's guest. */
export function buyerOf(deps: FacadeDeps, ctx: HandlerContext, sid: string): Buyer {
  const { kind, id } = callerOf(ctx);
  return kind === "customer" ? { kind, id } : guestOf(deps, sid);
}
