import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { getExisting } from "./access.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { recordReservation } from "./store-change.ts";

/** How long goods that had to be reserved again are held before they are committed. */
const recommitMs = 60_000;
/** How many further reservations are tried; more than one only when calls died in between. */
const maxReservations = 3;

/**
 * Commits the goods of an order; false when its hold had ended and somebody
 * else has them, or when the order itself was ended meanwhile. A hold that
 * ended while the goods are still there is made again under another id.
 */
export async function commitGoods(deps: OrderDeps, order: Order, call: CallOptions): Promise<boolean> {
  const { db, inventory } = deps;
  try {
    await inventory.commit({ reservationId: order.reservationId }, call);
    return true;
  } catch (err) {
    if (reasonOf(err) !== "RESERVATION_CLOSED") throw err;
  }
  const reservationId = await reserveAgain(deps, order, call);
  if (reservationId === undefined) return false;
  const recorded = await recordReservation(db, { orderId: order.id, reservationId });
  if (recorded === undefined) {
    const { state } = await getExisting(db, order.id);
    if (state === "PAID" || state === "FULFILLED") return true;
    // Nobody else knows of this reservation.
    await returnGoods(deps, reservationId);
    return false;
  }
  await inventory.commit({ reservationId }, call);
  return true;
}

/** Holds the goods once more; the id of the reservation, or nothing when they are gone. */
async function reserveAgain(
  { inventory }: OrderDeps,
  order: Order,
  call: CallOptions,
): Promise<string | undefined> {
  const lines = order.lines.map((line) => ({ sku: line.sku, quantity: BigInt(line.quantity) }));
  const ttl = durationFromMs(recommitMs);
  let reservationId = order.reservationId;
  for (let tried = 0; tried < maxReservations; tried++) {
    reservationId = reservationAfter(reservationId);
    try {
      await inventory.reserve({ reservationId, lines, ttl }, call);
      return reservationId;
    } catch (err) {
      const reason = reasonOf(err);
      if (reason === "INSUFFICIENT_STOCK") return undefined;
      if (reason !== "RESERVATION_CLOSED") throw err;
    }
  }
  return undefined;
}

/** `ord_x`, `ord_x:2`, `ord_x:3` …: a call that goes on where another died finds its reservation. */
function reservationAfter(id: string): string {
  const [first, round = "1"] = id.split(":");
  return `${first}:${Number(round) + 1}`;
}

/**
 * Has a hold last for `ms` from now; false when it had ended. Goods that are
 * committed already stay the order's anyway.
 */
export async function holdLonger(
  { inventory }: OrderDeps,
  { reservationId, ms }: { reservationId: string; ms: number },
  call: CallOptions,
): Promise<boolean> {
  try {
    await inventory.extend({ reservationId, ttl: durationFromMs(ms) }, call);
    return true;
  } catch (err) {
    const reason = reasonOf(err);
    if (reason === "RESERVATION_COMMITTED") return true;
    if (reason === "RESERVATION_CLOSED") return false;
    throw err;
  }
}

/** Gives a reservation's goods back, whether they were held or committed. Safe to repeat. */
export async function returnGoods({ inventory }: OrderDeps, reservationId: string): Promise<void> {
  try {
    await inventory.release({ reservationId });
  } catch (err) {
    const reason = reasonOf(err);
    if (reason === "RESERVATION_COMMITTED") await inventory.restock({ reservationId });
    else if (reason !== "RESERVATION_NOT_FOUND") throw err;
  }
}
