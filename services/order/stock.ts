import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { recordReservation } from "./store-change.ts";

/** How long goods that had to be reserved again are held before they are committed. */
const recommitMs = 60_000;

/**
 * Commits the goods of an order; false when its hold had ended and somebody
 * else has them. A hold that ended while the goods are still there is made
 * again under another id.
 */
export async function commitGoods(deps: OrderDeps, order: Order, call: CallOptions): Promise<boolean> {
  const { inventory, db } = deps;
  try {
    await inventory.commit({ reservationId: order.reservationId }, call);
    return true;
  } catch (err) {
    if (reasonOf(err) !== "RESERVATION_CLOSED") throw err;
  }
  const reservationId = `${order.id}:again`;
  try {
    await inventory.reserve(
      {
        reservationId,
        lines: order.lines.map((line) => ({ sku: line.sku, quantity: BigInt(line.quantity) })),
        ttl: durationFromMs(recommitMs),
      },
      call,
    );
  } catch (err) {
    const reason = reasonOf(err);
    if (reason === "INSUFFICIENT_STOCK" || reason === "RESERVATION_CLOSED") return false;
    throw err;
  }
  await recordReservation(db, { orderId: order.id, reservationId });
  await inventory.commit({ reservationId }, call);
  return true;
}

/** Gives an order's goods back, whether they were held or committed. Safe to repeat. */
export async function returnGoods({ inventory }: OrderDeps, order: Order): Promise<void> {
  const { reservationId } = order;
  try {
    await inventory.release({ reservationId });
  } catch (err) {
    const reason = reasonOf(err);
    if (reason === "RESERVATION_COMMITTED") await inventory.restock({ reservationId });
    else if (reason !== "RESERVATION_NOT_FOUND") throw err;
  }
}
