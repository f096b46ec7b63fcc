import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { getExisting } from "./access.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { recordReservation } from "./store-change.ts";

/** How long goods that had to be reserved again are held before they are committed. */
const recommitMs = 60_000;
/** What a card payment may take until its money is authorized. */
const authorizingMs = 60_000;
/** The shortest hold that Inventory knows. */
const leastHoldMs = 1_000;
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
  const from = order.reservationId;
  const late = isLateReservation(reservationId);
  const recorded = await recordReservation(db, { orderId: order.id, from, reservationId, late });
  if (recorded === undefined) {
    const present = await getExisting(db, order.id);
    if (present.state === "PAID" || present.state === "FULFILLED") return true;
    // Nobody else knows of this reservation.
    if (present.reservationId !== reservationId) await returnGoods(deps, reservationId);
    const wanted = present.state === "PENDING_PAYMENT" || present.lateMoney === "REVIVE";
    // Somebody who also reserved again was quicker.
    return wanted && present.reservationId !== from ? commitGoods(deps, present, call) : false;
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
    reservationId = reservationAfter(reservationId, order);
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

/**
 * `ord_x`, `ord_x:2`, `ord_x:3` …: a call that goes on where another died finds
 * its reservation. A revival's are `ord_x:late`, `ord_x:late:2` …: those of
 * before it are given back by whoever still has to, whatever they are.
 */
function reservationAfter(id: string, { id: orderId, lateMoney }: Order): string {
  const first = lateMoney === null ? orderId : lateReservation(orderId);
  if (!id.startsWith(first)) return first;
  const round = Number(id.slice(first.length + 1) || "1");
  return `${first}:${round + 1}`;
}

const lateReservation = (orderId: string) => `${orderId}:late`;

/** The reservations that an order knows of: the first, the present one, and those between. */
export function reservationsOf({ id, reservationId }: Order): string[] {
  const ids = [id];
  for (const first of isLateReservation(reservationId) ? [id, lateReservation(id)] : [id]) {
    if (first !== id) ids.push(first);
    const last = reservationId.startsWith(first) ? Number(reservationId.slice(first.length + 1) || "1") : 1;
    for (let round = 2; round <= last; round++) ids.push(`${first}:${round}`);
  }
  return ids;
}

/** Whether a reservation was made by money that came late. */
export function isLateReservation(id: string): boolean {
  return id.split(":")[1] === "late";
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

/**
 * Has the goods wait for a buyer whose bank wants to see them: for a whole
 * hold's time again, but never beyond three times that in all. Returns until
 * when, or nothing when that changes nothing or the hold has ended.
 */
export async function holdForBuyer(
  deps: OrderDeps,
  order: Order,
  call: CallOptions,
): Promise<Date | undefined> {
  const { unpaidMs } = deps.holds;
  const now = deps.clock().getTime();
  const until = Math.min(now + unpaidMs, order.createTime.getTime() + 3 * unpaidMs);
  if (until <= order.holdExpireTime.getTime() || until - now < leastHoldMs) return undefined;
  const { reservationId } = order;
  return (await holdLonger(deps, { reservationId, ms: until - now }, call)) ? new Date(until) : undefined;
}

/**
 * Has a hold that is about to end last until a card is authorized. Only
 * Inventory's hold: the order's own time, and with it the last moment at which
 * an attempt may begin, stays as it is.
 */
export async function holdWhileAuthorizing(deps: OrderDeps, order: Order, call: CallOptions): Promise<void> {
  const left = order.holdExpireTime.getTime() - deps.clock().getTime();
  if (left >= authorizingMs) return;
  await holdLonger(deps, { reservationId: order.reservationId, ms: authorizingMs }, call);
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
