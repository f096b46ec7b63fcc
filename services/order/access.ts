import type { HandlerContext } from "@connectrpc/connect";
import type { Queryable } from "../../lib/db/index.ts";
import { requireOwner } from "../../lib/rpc/index.ts";
import type { Order } from "./order.ts";
import { fail } from "./reasons.ts";
import { findOrder } from "./store-order.ts";

/** One order. @throws ORDER_NOT_FOUND. */
export async function getExisting(db: Queryable, id: string): Promise<Order> {
  const order = await findOrder(db, id);
  if (order === undefined) throw fail("ORDER_NOT_FOUND", { order_id: id });
  return order;
}

/** One order, for a caller who may see it. @throws ORDER_NOT_FOUND, NOT_OWNER. */
export async function getOwned(db: Queryable, ctx: HandlerContext, id: string): Promise<Order> {
  const order = await getExisting(db, id);
  requireOwner(ctx, order.owner);
  return order;
}
